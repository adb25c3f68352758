"""The local dispatcher: runs a run's queued trials on threads of this process, until done, stopped or cancelled."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from rexlab.errors import StoreError
from rexlab.execution.trial import Worker
from rexlab.store.leases import renew, requeue_dead
from rexlab.store.models import Outcome
from rexlab.store.queries import cancel_requested, unfinished_trials

logger = logging.getLogger(__name__)
_TICK_S = 0.25


def dispatch(
    worker: Worker,
    run_id: str,
    *,
    workers: int,
    on_start: Callable[[str], None] = lambda trial_id: None,
    on_end: Callable[[str, Outcome | None], None] = lambda trial_id, outcome: None,
) -> None:
    """Run every queued trial of the run; returns when none is left, or when ``worker.stop`` is set.

    Trials of workers that died are queued again first. Other processes may work on the same run at the same time.

    Raises:
        StoreError: the store is gone; trials at work are ended, and a resume takes them up again.
    """
    requeue_dead(worker.engine, run_id)
    waiting = unfinished_trials(worker.engine, run_id)[::-1]
    at_work: dict[Future[Outcome | None], str] = {}
    lease_s = worker.settings.lease_s
    renewed = looked = time.monotonic()
    with ThreadPoolExecutor(workers, thread_name_prefix="trial") as pool:
        try:
            while (waiting and not worker.stop.is_set()) or at_work:
                while waiting and len(at_work) < workers and not worker.stop.is_set():
                    trial_id = waiting.pop()
                    on_start(trial_id)
                    at_work[pool.submit(worker.run_trial, trial_id)] = trial_id
                done, _ = wait(at_work, timeout=_TICK_S, return_when=FIRST_COMPLETED)
                for future in done:
                    on_end(at_work.pop(future), future.result())
                now = time.monotonic()
                if now - renewed > lease_s / 3:
                    renew(worker.engine, list(worker.held.values()), lease_s)
                    renewed = now
                if now - looked > 1:
                    looked = now
                    if cancel_requested(worker.engine, run_id):
                        worker.cancel.set()
                        worker.stop.set()
        except BaseException as error:
            worker.stop.set()
            if isinstance(error, StoreError):
                logger.error("the store failed, stopping: %s", error)
            raise
