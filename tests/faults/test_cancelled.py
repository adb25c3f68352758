"""Runs that are cancelled: what waits ends at once, what is at work within seconds."""

import time

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import conclude
from tests.support.cluster import await_that

pytestmark = [pytest.mark.redis, pytest.mark.postgres]


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault("run cancelled", phase, {"cancelled": 4}) for phase in ("solve", "grade")),
        Fault("run cancelled", "solve", {"cancelled": 4}, "docker"),
    ],
    ids=str,
)
def test_a_run_is_cancelled(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    slow = fault.when == "grade"
    bench.run(trials=2, solve_s=0 if slow else 60, grade_s=15 if slow else 0)
    bench.await_phase(worker, fault.when)
    bench.shell("runs", "cancel", "latest")
    asked = time.monotonic()
    await_that(lambda: not bench.at_work(worker), 10)
    took = time.monotonic() - asked
    bench.seen.append(f"sandbox ended after {took:.1f} s")
    assert took < 5
    said = conclude(bench, fault, worker, code=1)
    assert "was cancelled" in said


@pytest.mark.parametrize("fault", [Fault("run cancelled", "queued, no worker", {"cancelled": 2})], ids=str)
def test_a_run_that_waits_is_cancelled(bench: Bench, fault: Fault) -> None:
    bench.run()
    await_that(lambda: len(bench.messages()) == 2)
    bench.shell("runs", "cancel", "latest")
    late = bench.worker("late")
    await_that(lambda: late.said.count("nothing to do") == 2)
    conclude(bench, fault, late, code=1)
