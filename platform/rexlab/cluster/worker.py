"""``rexlab worker``: a Celery worker that runs trials on this machine, and keeps house."""

import logging
import multiprocessing
import os
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from celery import signals
from celery.exceptions import Reject
from celery.platforms import SecurityWarning
from sqlalchemy import Engine

from rexlab.cluster.app import TASK, make_app, wire_name
from rexlab.cluster.broker import answers, connect, place
from rexlab.cluster.fitness import Fitness
from rexlab.cluster.hand import Hand
from rexlab.cluster.keeper import Keeper
from rexlab.cluster.metrics import serving_metrics
from rexlab.execution.request_checks import choose_backend
from rexlab.execution.scratch import use_temporary_folder
from rexlab.gpu.leases import GpuPool
from rexlab.sandbox.docker_sight import require_sight
from rexlab.settings import Settings
from rexlab.store.artifacts import Artifacts
from rexlab.store.database import open_engine

logger = logging.getLogger(__name__)
_hand: Hand | None = None
"""Of a process of the pool; made after the fork."""
_stopping = multiprocessing.Event()
"""Set when the worker is asked to end; every process of its pool sees it."""
_unfit = multiprocessing.Event()
"""Set by a process of the pool when the sandbox works no longer, cleared when it does."""
_REST_S = 0.5
"""How long a message is held that comes to a worker that is about to listen no longer."""


@dataclass(frozen=True)
class WorkerOptions:
    """What a worker is for."""

    concurrency: int
    """Trials run at the same time."""
    queues: tuple[str, ...]
    gpus: GpuPool
    """What its trials may lease."""
    metrics: tuple[str, int] | None = None
    """Address and port at which Prometheus asks; None: nowhere."""


def start_worker(settings: Settings, options: WorkerOptions, ready: Callable[[str], None]) -> int:
    """Work until asked to end; returns the exit code. ``ready`` hears, once it listens, who it is and where.

    Asked to end (SIGTERM, SIGINT), it ends its trials within seconds, and they go back into the queue.

    Raises:
        InputError: no broker is set, the sandbox's name is none, or metrics cannot be served where they should.
        BrokerError: the broker cannot be reached.
        StoreError: the store cannot, or artifacts cannot be kept.
        SandboxUnavailableError: the sandbox does not work here, or does not see the files of this process.
    """
    broker = connect(settings)
    with answers(broker):
        broker.ping()
    engine = open_engine(settings.store_url)
    if settings.artifacts_url:
        Artifacts(settings.artifacts_url).require_usable()
    backend = choose_backend(settings.sandbox)
    require_sight(backend, settings.home)
    use_temporary_folder()
    app = make_app(settings)
    app.task(_run_trial, name=TASK)
    keeper = Keeper(app, engine, broker, settings, backend)
    name = f"rexlab-{os.getpid()}@{socket.gethostname()}"
    queues = [wire_name(queue) for queue in options.queues]
    fitness = Fitness(app, name, queues, backend, _unfit)

    def on_process(**_: Any) -> None:
        global _hand  # noqa: PLW0603  (a process of the pool is one worker's)
        _hand = Hand(settings, backend.name, options.gpus, _stopping.is_set, _unfit.set)

    def on_process_end(**_: Any) -> None:
        if _hand is not None:
            _hand.close()

    def on_ready(**_: Any) -> None:
        keeper.start()
        fitness.start()
        ready(f"{name} at {place(broker)}")

    def on_shutting_down(**_: Any) -> None:
        _stopping.set()

    with (
        _metrics(settings, engine, options.metrics),
        _connected(signals.worker_process_init, on_process),
        _connected(signals.worker_process_shutdown, on_process_end),
        _connected(signals.worker_ready, on_ready),
        _connected(signals.worker_shutting_down, on_shutting_down),
    ):
        with warnings.catch_warnings():
            # it warns root of pickled messages, which are not accepted here
            warnings.simplefilter("ignore", SecurityWarning)
            worker = app.Worker(
                hostname=name,
                concurrency=options.concurrency,
                queues=queues,
                loglevel=logging.getLogger().getEffectiveLevel(),
                quiet=True,
                without_mingle=True,
                without_gossip=True,
                optimization="fair",
            )
        # at WARNING it prints a traceback of every message that is given back
        logging.getLogger("celery.app.trace").setLevel(logging.ERROR)
        worker.start()
    fitness.stop()
    keeper.stop()
    return int(worker.exitcode or 0)


def _run_trial(*arguments: object, **_: object) -> str | None:
    """The task, given a trial's id. A trial that had to stop goes back into the queue with its message."""
    assert _hand is not None, "this process is none of a worker's pool"
    match arguments:
        case (str(trial_id),):
            pass
        case _:
            logger.warning("a message was dropped: it names no trial")
            return None
    began = time.monotonic()
    outcome = None if _unfit.is_set() else _hand.run(trial_id)
    if outcome is None and _stopping.is_set():
        raise Reject("the worker was asked to end", requeue=True)
    if outcome is None and _unfit.is_set():
        time.sleep(_REST_S)
        raise Reject("the worker's sandbox does not work", requeue=True)
    logger.info("trial %.100s: %s after %.1f s", trial_id, outcome or "nothing to do", time.monotonic() - began)
    return outcome


def _metrics(settings: Settings, engine: Engine, address: tuple[str, int] | None) -> AbstractContextManager[object]:
    if address is None:
        return nullcontext()
    host, port = address
    return serving_metrics(settings, engine, port, host)


@contextmanager
def _connected(signal: Any, receiver: Callable[..., None]) -> Iterator[None]:
    signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        signal.disconnect(receiver)
