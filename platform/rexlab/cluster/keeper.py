"""Housekeeping of a cluster: trials of dead workers are queued again, lost messages sent again, leftovers removed.

Every worker has a keeper; of all keepers one at a time looks at the runs, and each looks after its own machine.
"""

import logging
import random
import threading
import time

import redis
from celery import Celery
from sqlalchemy import Engine

from rexlab.cluster.app import wire_name
from rexlab.cluster.routing import PREFIX, PRIORITIES, queue_of
from rexlab.cluster.send import send
from rexlab.errors import RexlabError
from rexlab.execution.scratch import sweep_folders
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.store.dispatching import OpenRun, Queued, open_runs, queued_trials
from rexlab.store.leases import requeue_dead
from rexlab.store.records import cancel_queued

logger = logging.getLogger(__name__)
MOST_CLAIMS = 5
"""A trial whose workers died so often takes no further one with it: it ends as an infrastructure error."""
_AT_ONCE = 10_000
"""Of a run's waiting trials so many are looked at: enough to keep all workers busy until the next look."""
_LOCK = f"{PREFIX}keeper"


class Keeper:
    """A thread that looks every few seconds."""

    def __init__(
        self, app: Celery, engine: Engine, broker: "redis.Redis", settings: Settings, backend: SandboxBackend
    ) -> None:
        self._app = app
        self._engine = engine
        self._broker = broker
        self._settings = settings
        self._backend = backend
        self._every_s = max(1.0, settings.lease_s / 3)
        self._sweep_every_s = 2 * settings.lease_s
        self._over = threading.Event()
        self._dry: dict[str, set[str]] = {}
        self._swept = 0.0
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End it; returns when it has ended."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        # not all at once: workers are often started together
        while not self._over.wait(self._every_s * random.uniform(0.8, 1.2)):  # noqa: S311
            try:
                if self._broker.set(_LOCK, "1", nx=True, px=int(self._every_s * 900)):
                    self.look()
                self._sweep()
            except (RexlabError, redis.RedisError) as error:
                logger.warning("housekeeping waits: %s", error)
            except Exception:  # a mistake of ours must not end it: without it dead workers' trials would wait for ever
                logger.exception("housekeeping failed inside rexlab")

    def look(self) -> None:
        """Once over all runs that are the workers' to do.

        Raises:
            RexlabError: store or broker cannot be reached.
        """
        for run in open_runs(self._engine):
            again = set(requeue_dead(self._engine, run.run_id, most_claims=MOST_CLAIMS))
            if run.cancel_requested:
                cancel_queued(self._engine, run.run_id)
                continue
            waiting = queued_trials(self._engine, run.run_id, _AT_ONCE)
            dry = self._without_message(run, waiting)
            lost = [trial for trial in waiting if trial.trial_id in again or trial.trial_id in dry]
            if lost:
                logger.info("run %s: %d trials are sent again", run.run_id, len(lost))
                send(self._app, lost, run.priority)

    def _without_message(self, run: OpenRun, waiting: list[Queued]) -> set[str]:
        """Trials that wait although their queue was empty, now and at the last look: their messages are lost."""
        queues = {trial.trial_id: queue_of(trial.gpus, trial.memory_mb) for trial in waiting}
        empty = {queue for queue in set(queues.values()) if not self._broker.llen(list_key(queue, run.priority))}
        dry = {trial_id for trial_id, queue in queues.items() if queue in empty}
        before = self._dry.get(run.run_id, set())
        self._dry[run.run_id] = dry
        return dry & before

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < self._sweep_every_s:
            return
        self._swept = time.monotonic()
        removed = [*self._backend.sweep(), *sweep_folders(self._settings)]
        if removed:
            logger.info("removed what killed workers left behind: %s", ", ".join(removed))


def list_key(queue: str, priority: str) -> str:
    """Redis's list of the messages that wait in a queue with this priority."""
    number = PRIORITIES[priority]
    return f"{wire_name(queue)}\x06\x16{number}" if number else wire_name(queue)
