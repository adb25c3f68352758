"""Workers with their leases, and the queue of every run; refreshed by itself while somebody works."""

import time

import streamlit as st

from rexlab.cluster.workers import ListeningWorker, listening_workers
from rexlab.dashboard.system import Waiting, Worker, queue_of, workers_of
from rexlab.reports.cells import duration
from webui.parts.page import empty, guard
from webui.parts.pages import go
from webui.parts.state import engine, read_only, settings
from webui.parts.tables import show_table

_EVERY_S = 2.0
_SHOWN = 3
"""So many trials and runs of a worker are named; of more, the number is."""


def show_work() -> None:
    """Figures, workers, queue."""
    busy = bool(workers_of(engine()))
    st.fragment(_draw, run_every=_EVERY_S if busy else None)(busy)


def _draw(was_busy: bool) -> None:
    with guard():
        workers, waiting = workers_of(engine()), queue_of(engine())
        if was_busy and not workers:
            st.rerun()  # nobody is at work any more: no further refreshes
        with st.container(horizontal=True):
            alive = sum(worker.state == "at work" for worker in workers)
            st.metric(
                "Busy processes", f"{alive:,}", border=True, width="content", help="Processes that have a trial now."
            )
            st.metric("Trials at work", f"{sum(len(w.trials) for w in workers):,}", border=True, width="content")
            st.metric("Queued trials", f"{sum(run.queued for run in waiting):,}", border=True, width="content")
        _show_listening()
        st.subheader("Processes with trials", anchor=False)
        if workers:
            show_table([_worker(worker) for worker in workers], key="system-workers")
        else:
            empty("Nobody works now. A worker appears here while rexlab run or a job of the UI runs trials.")
        st.subheader("Queue", anchor=False)
        _show_queue(waiting)


@st.cache_data(show_spinner=False, ttl=10.0, max_entries=1)
def _listening() -> list[ListeningWorker]:
    return listening_workers(settings())


def _show_listening() -> None:
    """The cluster's workers, where there is one; whoever answers, at work or not."""
    if settings().broker_url is None:
        return
    st.subheader("Workers that listen", anchor=False)
    with guard():
        found = _listening()
        if not found:
            empty("No worker listens to the broker. Start one on each machine: rexlab worker")
            return
        rows = [{"Worker": w.name, "Queues": ", ".join(w.queues), "Trials at a time": w.concurrency} for w in found]
        show_table(rows, key="system-listening")


def _show_queue(waiting: list[Waiting]) -> None:
    if not waiting:
        empty("No run has a trial left to do.")
        return
    resume = "" if read_only() else " Where nobody works on it, it can be resumed there."
    st.caption(f"Choose a row to open the run.{resume}")
    rows = [{"Run": r.run_id, "Name": r.name, "Queued": r.queued, "Running": r.running} for r in waiting]
    chosen = show_table(rows, key="system-queue", select=True)
    if chosen is not None:
        go("runs", id=waiting[chosen].run_id)


def _worker(worker: Worker) -> dict[str, object]:
    left = worker.lease_left_s
    return {
        "Host": worker.host,
        "Process": worker.process,
        "State": worker.state,
        "Trials": _few(worker.trials),
        "Runs": _few(worker.runs),
        "Since": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(worker.since)),
        "Lease": f"{left:.0f} s left" if left >= 0 else f"ran out {duration(-left)} ago",
    }


def _few(ids: tuple[str, ...]) -> str:
    return ", ".join(ids) if len(ids) <= _SHOWN else f"{len(ids)}: {', '.join(ids[:_SHOWN])} …"
