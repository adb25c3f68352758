"""Which workers listen now, as they say themselves over the broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError
from sqlalchemy import Engine

from rexlab.cluster.app import make_app
from rexlab.cluster.broker import check_broker
from rexlab.cluster.routing import PREFIX, queue_of
from rexlab.errors import BrokerError
from rexlab.settings import Settings
from rexlab.store.dispatching import needs_of_queued

_ANSWER_S = 1.0
"""How long they have to answer; one that is busy answers all the same."""


@dataclass(frozen=True)
class ListeningWorker:
    """A worker that answered."""

    name: str
    queues: tuple[str, ...]
    """None while its sandbox fails."""
    concurrency: int
    """Trials it runs at the same time."""


def listening_workers(settings: Settings) -> list[ListeningWorker]:
    """All workers that answer within a second or two, by name.

    Raises:
        InputError: no broker is set, or its address is none.
        BrokerError: it does not answer.
    """
    check_broker(settings)
    asked = make_app(settings).control.inspect(timeout=_ANSWER_S)
    with _asking():
        queues = asked.active_queues() or {}
        stats = (asked.stats() or {}) if queues else {}
    return [
        ListeningWorker(
            name,
            tuple(str(queue["name"]).removeprefix(PREFIX) for queue in found),
            int(stats.get(name, {}).get("pool", {}).get("max-concurrency", 0)),
        )
        for name, found in sorted(queues.items())
    ]


def idle_queues(app: Celery, engine: Engine, run_id: str) -> list[str]:
    """Queues in which trials of the run wait and to which no worker listens.

    Raises:
        BrokerError: the broker does not answer.
    """
    needed = dict.fromkeys(queue_of(gpus, memory_mb) for gpus, memory_mb in needs_of_queued(engine, run_id))
    if not needed:
        return []
    with _asking():
        answers = app.control.inspect(timeout=_ANSWER_S).active_queues() or {}
    listened = {str(queue["name"]).removeprefix(PREFIX) for found in answers.values() for queue in found}
    return [queue for queue in needed if queue not in listened]


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerError(f"which workers listen cannot be asked: {error}") from error
