"""Watch over one trial at work: its lease is renewed, and what must end it is noticed within seconds."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rexlab.errors import StoreError
from rexlab.execution.trial import Worker
from rexlab.store.leases import renew
from rexlab.store.queries import cancel_requested

logger = logging.getLogger(__name__)
_TICK_S = 0.25
_ASK_S = 2.0
"""How often the store is asked whether the run is cancelled."""
GRACE_S = 300.0
"""What a trial that is past its limit gets to end by itself, before its process is killed."""


class Watch:
    """A thread for as long as the context lasts; it sets the worker's ``stop`` when the trial must end."""

    def __init__(self, worker: Worker, run_id: str, stopping: Callable[[], bool]) -> None:
        """``stopping`` tells whether this process has been asked to end."""
        self._worker = worker
        self._run_id = run_id
        self._stopping = stopping
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._began = self._renewed = self._asked = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_TICK_S) and not self._worker.stop.is_set():
            try:
                self._look()
            except StoreError as error:
                # the trial goes on: the store may be back before the lease has run out, or before anybody notices
                logger.warning("run %s: %s", self._run_id, error)
        stopped = time.monotonic()
        while not self._over.wait(_TICK_S):  # what ends takes a moment, and keeps its lease meanwhile
            self._keep()
            if self._worker.overdue and time.monotonic() - stopped > GRACE_S:
                # Celery's own limit would count what the trial waited for GPUs
                logger.error("run %s: a trial past its limit does not end; its process is killed", self._run_id)
                os.kill(os.getpid(), signal.SIGKILL)

    def _look(self) -> None:
        now = time.monotonic()
        limit = self._worker.settings.trial_limit_s
        if self._worker.gpus is not None and self._worker.gpus.waiting:
            self._began = now  # a trial that waits for GPUs has not begun
        if self._stopping():
            self._worker.stop.set()
        elif now - self._began > limit:
            self._worker.overdue = f"the trial took longer than {limit:g} s, the limit that REXLAB_TRIAL_LIMIT_S sets"
            self._worker.stop.set()
        elif now - self._asked > _ASK_S:
            self._asked = now
            if cancel_requested(self._worker.engine, self._run_id):
                self._worker.cancel.set()
                self._worker.stop.set()
        self._renew(now)

    def _keep(self) -> None:
        try:
            self._renew(time.monotonic())
        except StoreError as error:
            logger.warning("run %s: %s", self._run_id, error)

    def _renew(self, now: float) -> None:
        lease_s = self._worker.settings.lease_s
        if now - self._renewed < lease_s / 3:
            return
        self._renewed = now
        held = list(self._worker.held.values())
        if len(renew(self._worker.engine, held, lease_s)) < len(held):
            # whoever has it now runs it from the beginning; ours would be refused when it comes to recording
            self._worker.stop.set()
