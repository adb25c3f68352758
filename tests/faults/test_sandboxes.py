"""Sandboxes that die without a word."""

import subprocess

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import conclude, kill
from tests.support.cluster import await_that

pytestmark = [pytest.mark.redis, pytest.mark.postgres]


@pytest.mark.bubblewrap
@pytest.mark.parametrize(
    "fault", [Fault("bubblewrap killed", p, {"infra_error": 1, "passed": 1}) for p in ("solve", "grade")], ids=str
)
def test_a_bubblewrap_is_killed(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    bench.run(limit=1)
    bench.await_phase(worker, fault.when)
    for process in bench.bubblewraps(worker):
        kill(process.pid)
    said = bench.finish(code=1)
    assert "bubblewrap failed" in said
    bench.command("runs", "retry", "latest")
    bench.seen.append("retried: passed")
    conclude(bench, fault, worker)


@pytest.mark.docker
@pytest.mark.parametrize(
    "fault",
    [
        Fault("container killed", "solve", {"agent_crashed": 1}, "docker"),
        Fault("container killed", "grade", {"experiment_crashed": 1}, "docker"),
    ],
    ids=str,
)
def test_a_container_is_killed(bench: Bench, fault: Fault) -> None:
    worker = bench.worker("only")
    bench.run(limit=1, solve_s=2, grade_s=2)
    bench.await_phase(worker, fault.when)
    subprocess.run(["docker", "kill", *ids(bench)], check=True, capture_output=True)
    conclude(bench, fault, worker)


def ids(bench: Bench) -> list[str]:
    found: list[str] = []
    form = '{{.ID}} {{.Label "rexlab.name"}}'

    def some() -> bool:
        done = subprocess.run(
            ["docker", "ps", "--filter", "label=rexlab=1", "--format", form], capture_output=True, text=True, check=True
        )
        run = bench.trials()[0]["run_id"]
        found[:] = [line.split()[0] for line in done.stdout.splitlines() if f" {run}" in line]
        return bool(found)

    await_that(some)
    return found
