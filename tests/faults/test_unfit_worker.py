"""A worker whose sandbox works no longer, as when an engine is stopped or the kernel's settings are changed."""

import os
import shutil
from pathlib import Path

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import GRADED_AGAIN, conclude, kinds
from tests.support.cluster import await_that

from rexlab.cluster.workers import listening_workers
from rexlab.settings import Settings

pytestmark = [pytest.mark.redis, pytest.mark.postgres, pytest.mark.bubblewrap]

_SOLVE_S = 5.0
"""Long enough for the sandbox to fail before the trial is graded."""
REFUSAL = "No permissions to create a new namespace"


@pytest.fixture
def broken(bench: Bench) -> Path:
    """While this file is there, the bubblewrap of workers that are given ``path(broken)`` makes no sandbox."""
    folder = bench.folder / "breakable"
    folder.mkdir()
    wrapper = folder / "bwrap"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" != --version ] && [ -e {folder}/broken ] && echo "bwrap: {REFUSAL}" >&2 && exit 1\n'
        f'exec {shutil.which("bwrap")} "$@"\n'
    )
    wrapper.chmod(0o755)
    return folder / "broken"


def path(broken: Path) -> str:
    return f"{broken.parent}:{os.environ['PATH']}"


@pytest.mark.parametrize("fault", [Fault("sandbox of one worker fails", "solve", {"passed": 4})], ids=str)
def test_the_other_worker_does_the_trials(bench: Bench, fault: Fault, broken: Path) -> None:
    hit, other = bench.worker("hit", wait=False, PATH=path(broken)), bench.worker("other", wait=False)
    hit.await_ready()
    other.await_ready()
    bench.run(trials=2, solve_s=_SOLVE_S)
    trial = bench.await_phase(hit, "solve")
    broken.touch()
    conclude(bench, fault, hit, other)
    assert kinds(bench, trial) == GRADED_AGAIN
    assert REFUSAL in next(e["message"] for e in bench.events(trial) if e["kind"] == "interrupted")
    assert REFUSAL in hit.said
    assert hit.said.count("passed after") < 2
    assert sum(t["lease_epoch"] for t in bench.trials()) == 5, "it took a trial after it was seen to be unfit"


@pytest.mark.parametrize("fault", [Fault("sandbox of the only worker fails for a while", "solve")], ids=str)
def test_trials_wait_until_the_sandbox_works_again(bench: Bench, fault: Fault, broken: Path) -> None:
    only = bench.worker("only", PATH=path(broken))
    settings = Settings(broker_url=bench.broker.url)
    bench.run(solve_s=_SOLVE_S)
    bench.await_phase(only, fault.when)
    broken.touch()
    await_that(lambda: "no trials are taken" in only.said)
    assert {t["outcome"] for t in bench.trials()} == {None}
    await_that(lambda: [worker.queues for worker in listening_workers(settings)] == [()])
    assert "take no trials" in bench.shell("doctor", code=1).stdout
    broken.unlink()
    conclude(bench, fault, only)
    assert "trials are taken again" in only.said
