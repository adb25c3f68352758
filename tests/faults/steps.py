"""What scenarios have in common: how they begin and how they end."""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress

from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.verdict import assert_ended_once, assert_nothing_left, assert_swept
from tests.support.cluster import WorkerProcess, await_that
from tests.support.require import lacking

AGAIN = ["claimed", "interrupted", "claimed", "solved", "recorded"]
"""Events of a trial that is done from its beginning by the next worker."""
GRADED_AGAIN = ["claimed", "solved", "interrupted", "claimed", "recorded"]
"""Of one whose agent is not asked again."""


def elsewhere(host: str) -> list[str]:
    """What starts a worker as if on a machine of that name, whose processes those of other machines cannot look at."""
    if os.getuid():
        lacking("root", "only root can give a process another host name", "run the tests as root")
    return ["unshare", "--uts", "sh", "-c", f'hostname {host} && exec "$@"', "sh"]


def two_workers(bench: Bench, phase: str = "", below: Sequence[str] = ()) -> tuple[WorkerProcess, WorkerProcess]:
    """One to be hit (its git waits where it is hit while it prepares) and one to go on; both listen."""
    gate = bench.shut_gate() if phase == "prepare" else {}
    hit, other = bench.worker("hit", wait=False, below=below, **gate), bench.worker("other", wait=False)
    hit.await_ready()
    other.await_ready()
    return hit, other


def conclude(bench: Bench, fault: Fault, *living: WorkerProcess, code: int = 0, complaint: str = "") -> str:
    """The run ends, what was left is swept, the workers end, and all is as it must be; what the command said.

    Celery tells with a traceback of what ``complaint`` names; there must be no other.
    """
    said = bench.finish(code)
    assert_ended_once(bench, fault.outcomes)
    assert_swept(bench)
    await_that(lambda: not bench.messages())
    for worker in living:
        end(worker, complaint)
    assert_nothing_left(bench)
    return said


def end(worker: WorkerProcess, complaint: str = "") -> None:
    """As a service manager ends it."""
    assert worker.end() == 0
    if complaint:
        assert complaint in worker.said, worker.said
    else:
        assert "Traceback" not in worker.said, worker.said


def kinds(bench: Bench, trial: str) -> list[str]:
    """Kinds of the trial's events, in order."""
    return [e["kind"] for e in bench.events(trial)]


def owner(bench: Bench, trial: str) -> int:
    """The pid of the process that has claimed it."""
    return int(bench.trial(trial)["lease_owner"].rsplit("|", 2)[1])


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def await_taken_over(bench: Bench, trial: str) -> None:
    """Until another worker has claimed it."""
    await_that(lambda: bench.trial(trial)["lease_epoch"] > 1)
