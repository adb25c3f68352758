"""Workers that are killed: as a whole, only what runs the trials, only what minds them; and workers that are asked to
end."""

import random
import signal
import time

import pytest
from tests.faults.bench import PHASES, Bench
from tests.faults.scenario import Fault
from tests.faults.steps import AGAIN, GRADED_AGAIN, conclude, elsewhere, end, kill, kinds, owner, two_workers
from tests.support.cluster import await_that

pytestmark = [pytest.mark.redis, pytest.mark.postgres]
ELSEWHERE = "worker of another machine killed"


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault("worker killed", phase) for phase in PHASES),
        Fault("worker killed", "solve", sandbox="docker"),
        Fault(ELSEWHERE, "solve"),
    ],
    ids=str,
)
def test_a_worker_is_killed(bench: Bench, fault: Fault, chance: random.Random) -> None:
    hit, other = two_workers(bench, fault.when, elsewhere("another-machine") if fault.name == ELSEWHERE else ())
    bench.run()
    trial = bench.await_phase(hit, fault.when, chance)
    hit.signal_all(signal.SIGKILL)
    bench.open_gate()
    conclude(bench, fault, other)
    assert kinds(bench, trial) == (GRADED_AGAIN if fault.when == "grade" else AGAIN)


@pytest.mark.parametrize("fault", [Fault("process of a worker's pool killed", p) for p in ("solve", "grade")], ids=str)
def test_a_process_of_the_pool_is_killed(bench: Bench, fault: Fault, chance: random.Random) -> None:
    hit = bench.worker("hit")
    bench.run()
    trial = bench.await_phase(hit, fault.when, chance)
    kill(owner(bench, trial))
    conclude(bench, fault, hit, complaint="WorkerLostError")  # it made itself a new one
    assert kinds(bench, trial) == (GRADED_AGAIN if fault.when == "grade" else AGAIN)


@pytest.mark.parametrize("fault", [Fault("first process of a worker killed", "solve")], ids=str)
def test_only_the_first_process_of_a_worker_is_killed(bench: Bench, fault: Fault, chance: random.Random) -> None:
    hit, other = two_workers(bench)
    bench.run()
    bench.await_phase(hit, fault.when, chance)
    left = bench.pids(hit)[1:]
    kill(hit.process.pid)
    hit.process.wait()
    conclude(bench, fault, other)
    assert not set(left) & {p.pid for p in bench.processes()}


@pytest.mark.parametrize("fault", [Fault("worker asked to end (SIGTERM)", p) for p in ("solve", "grade")], ids=str)
def test_a_worker_is_asked_to_end(bench: Bench, fault: Fault, chance: random.Random) -> None:
    hit = bench.worker("hit")
    bench.run(solve_s=6)
    trial = bench.await_phase(hit, fault.when, chance)
    began = time.monotonic()
    end(hit)
    took = time.monotonic() - began
    bench.seen.append(f"ended after {took:.1f} s")
    assert took < 10
    assert {t["state"] for t in bench.trials()} == {"queued"}
    assert not bench.at_work(hit)
    conclude(bench, fault, bench.worker("other"))
    assert kinds(bench, trial) == (GRADED_AGAIN if fault.when == "grade" else AGAIN)


@pytest.mark.parametrize(
    "fault", [Fault("trial that kills whoever runs it", "solve, each time", {"infra_error": 1})], ids=str
)
def test_a_trial_that_kills_its_workers_ends(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("hit")
    bench.run(limit=1, solve_s=60)
    (trial,) = (t["id"] for t in bench.trials())
    for claim in range(1, 6):
        await_that(lambda n=claim: bench.trial(trial)["lease_epoch"] == n and bench.at_work(worker))
        kill(owner(bench, trial))
    said = conclude(bench, fault, worker, code=1, complaint="WorkerLostError")
    assert "5 workers died or fell silent over it" in said
    assert kinds(bench, trial) == [*["claimed", "interrupted"] * 4, "claimed", "recorded"]
