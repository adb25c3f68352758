"""A worker whose sandbox works no longer takes no trials until it works again: others may do them meanwhile."""

import logging
import threading
from multiprocessing.synchronize import Event

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from rexlab.sandbox import SandboxBackend

logger = logging.getLogger(__name__)
_TICK_S = 0.25
_LOOK_S = 3.0
"""How often a sandbox that failed is looked at."""


class Fitness:
    """A thread of a worker's first process. Its pool says with ``unfit`` that the sandbox has failed; the thread then
    lets the worker listen to no queue, and clears it when the sandbox works and the worker listens again."""

    def __init__(self, app: Celery, worker: str, queues: list[str], backend: SandboxBackend, unfit: Event) -> None:
        """``worker`` is its name among Celery's, ``queues`` those it listens to, by their names on the wire."""
        self._control = app.control
        self._worker = worker
        self._queues = queues
        self._backend = backend
        self._unfit = unfit
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fitness", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; returns when it has ended."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_TICK_S):
            if not self._unfit.is_set():
                continue
            self._listen(False)
            found = self._backend.check()
            if not found.ok:
                logger.error("no trials are taken: %s; %s", found.detail, found.remedy)
            while not found.ok:
                if self._over.wait(_LOOK_S):
                    return
                found = self._backend.check()
            self._unfit.clear()
            self._listen(True)
            logger.warning("trials are taken again: %s", found.detail)

    def _listen(self, listen: bool) -> None:
        """Ask the worker over the broker, for its consumer belongs to another thread; until the broker takes it."""
        change = self._control.add_consumer if listen else self._control.cancel_consumer
        for queue in self._queues:
            while not self._over.is_set():
                try:
                    change(queue, destination=[self._worker])
                    break
                except (OperationalError, redis.RedisError, OSError) as error:
                    logger.warning("the worker cannot be asked over the broker: %s", error)
                    self._over.wait(_LOOK_S)
