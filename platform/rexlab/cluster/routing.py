"""Which queue a trial waits in, and how soon it is taken: by what its task needs, and its run's priority."""

from collections.abc import Iterable

from rexlab.errors import InputError
from rexlab.execution.request import RUN_PRIORITIES

LARGE_MB = 8192
"""A task that asks for more memory goes to workers that say they have it."""
QUEUES = ("cpu", "cpu-large", "gpu", "gpu-large")
"""All queues; a worker listens to those it can serve."""
PREFIX = "rexlab."
"""Before a queue's name in Redis, which others may use too."""
PRIORITIES = dict(zip(RUN_PRIORITIES, (0, 3, 6), strict=True))
"""Celery's number of each priority on Redis, where 0 comes first."""


def queue_of(gpus: int, memory_mb: int) -> str:
    """The queue of a task's trials.

    Args:
        gpus: How many it asks for.
        memory_mb: How much it asks for.
    """
    return ("gpu" if gpus else "cpu") + ("-large" if memory_mb > LARGE_MB else "")


def default_queues(gpus: int, memory_mb: int) -> tuple[str, ...]:
    """All that a machine with so many GPUs and so much memory can serve; GPU tasks first, for few machines can."""
    kinds = ("gpu", "cpu") if gpus else ("cpu",)
    sizes = ("-large", "") if memory_mb >= 2 * LARGE_MB else ("",)
    return tuple(f"{kind}{size}" for kind in kinds for size in sizes)


def check_queues(names: Iterable[str]) -> tuple[str, ...]:
    """The names, once each is one.

    Raises:
        InputError: there is no such queue.
    """
    found = tuple(dict.fromkeys(names))
    unknown = [name for name in found if name not in QUEUES]
    if unknown or not found:
        raise InputError(f"--queues {','.join(unknown)}: choose from {', '.join(QUEUES)}")
    return found
