"""GPUs for what runs on a task: how many it needs, whether this machine has them, and a lease of them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rexlab.errors import InputError
from rexlab.execution.hardware import calibrated_elsewhere
from rexlab.gpu.devices import Gpu
from rexlab.gpu.leases import GpuPool, Need
from rexlab.gpu.pool import pool_for
from rexlab.grading.experiments import never
from rexlab.settings import Settings
from rexlab.task.load import Task


def need_of(task: Task) -> Need:
    """What the manifest asks for."""
    environment = task.manifest.environment
    return Need(environment.gpus, environment.gpu_memory_mb)


def check_gpus(tasks: Iterable[Task], settings: Settings) -> None:
    """See that this machine has the GPUs that each of the tasks needs.

    Raises:
        InputError: it has not; the text says what is missing.
    """
    for task in tasks:
        need = need_of(task)
        if need.count and (reason := pool_for(settings).unmet(need)):
            raise InputError(f"task {task.id} needs {need}, but {reason}")


def hardware_warning(tasks: Iterable[Task], settings: Settings) -> str:
    """A sentence when tasks were calibrated on hardware that this machine, with all its GPUs, is not; else empty."""
    said = []
    for task in tasks:
        need = need_of(task)
        said.append(calibrated_elsewhere(task, pool_for(settings).fitting(need) if need.count else ()))
    found = [text for text in said if text]
    return "".join(found[:1]) + (f"; and so it is with {len(found) - 1} more of the tasks" if found[1:] else "")


@contextmanager
def leased(
    task: Task, settings: Settings, holder: str, cancelled: Callable[[], bool] = never, pool: GpuPool | None = None
) -> Iterator[tuple[Gpu, ...]]:
    """Have the GPUs that the task needs; waits for them, and gives none to a task that needs none.

    Args:
        task: What is to run.
        settings: Say where leases are agreed on.
        holder: What they are for, for others to read.
        cancelled: Asked while waiting.
        pool: Where to take them from; None means all GPUs of this machine.

    Raises:
        InputError: there are not so many.
        WaitEndedError: it was cancelled.
    """
    need = need_of(task)
    if not need.count:  # whether there is a driver is not even asked
        yield ()
        return
    chosen = pool_for(settings) if pool is None else pool
    with chosen.lease(need, holder, cancelled) as gpus:
        yield gpus
