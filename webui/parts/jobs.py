"""A background job on a page: its state, its command, the end of its log."""

import shlex
from pathlib import Path

import streamlit as st

from rexlab.execution.jobs import Job, JobState, end_job
from rexlab.reports.cells import duration
from webui.parts.state import read_only
from webui.parts.text import plain, show_text

_TAIL_BYTES = 20_000
_STATES = {"running": "blue", "done": "green", "failed": "red", "stopped": "orange", "lost": "orange"}
_CTRL_C = 130
"""Exit code of a command that somebody stopped."""


def show_job(job: Job) -> None:
    """The job as it is, refreshed by itself while it runs."""
    running = job.state == "running"
    st.fragment(_draw, run_every=1.0 if running else None)(job, running)


def tail(log: Path, size: int = _TAIL_BYTES) -> bytes:
    """The end of a log, from the beginning of a line."""
    with log.open("rb") as file:
        length = file.seek(0, 2)
        file.seek(max(0, length - size))
        data = file.read(size)
    return data if length <= size else data.partition(b"\n")[2]


def _draw(job: Job, was_running: bool) -> None:
    state = job.state
    if was_running and state != "running":
        st.rerun()  # the page around it may show what the job has changed
    with st.container(border=True, key=f"job-{job.id}"):
        head, stop = st.columns([5, 1], vertical_alignment="center")
        with head:
            words = state_in_words(job, state)
            st.badge(words, color=_STATES[words.partition(",")[0]])  # type: ignore[arg-type]
            st.caption(plain(shlex.join(["rexlab", *job.arguments])))
        if (
            state == "running"
            and not read_only()
            and stop.button("Stop", key=f"stop-{job.id}", help="As Ctrl-C does: what is finished stays.")
        ):
            end_job(job)
        log = tail(job.log)
        show_text(log or "It has printed nothing yet.", height=260 if log.count(b"\n") > 9 else None)


def state_in_words(job: Job, state: JobState) -> str:
    """``running``, ``done``, ``stopped``, ``lost`` or ``failed, exit code 2``."""
    if state != "failed":
        return state
    return "stopped" if job.exit_code == _CTRL_C else f"failed, exit code {job.exit_code}"


def when(job: Job, now: float) -> str:
    """How long ago it was started."""
    return f"{duration(now - job.started_at)} ago"
