"""Workers that live and are not heard of for longer than their lease: frozen, or cut off; and clocks that are wrong."""

import re
import signal
import time
from collections.abc import Iterator

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.faults.steps import AGAIN, await_taken_over, conclude, elsewhere, kinds
from tests.support.cluster import WorkerProcess, await_that
from tests.support.proxy import Proxy, proxy_to

pytestmark = [pytest.mark.redis, pytest.mark.postgres]

_SOLVE_S = 20.0


def assert_gives_up(bench: Bench, worker: WorkerProcess) -> None:
    """Heard of again, it ends the sandbox of the trial that is another's now, well before the agent would."""
    began = time.monotonic()
    await_that(lambda: not bench.bubblewraps(worker), 5)
    bench.seen.append(f"its sandbox ended {time.monotonic() - began:.1f} s after")


@pytest.mark.parametrize("fault", [Fault("worker frozen for longer than its lease", "solve", {"passed": 1})], ids=str)
def test_a_worker_is_frozen(bench: Bench, fault: Fault) -> None:
    hit = bench.worker("hit")
    bench.run(limit=1, solve_s=_SOLVE_S)
    trial = bench.await_phase(hit, fault.when)
    other = bench.worker("other")
    hit.signal_all(signal.SIGSTOP)
    await_taken_over(bench, trial)
    assert bench.bubblewraps(hit)
    hit.signal_all(signal.SIGCONT)
    assert_gives_up(bench, hit)
    conclude(bench, fault, hit, other)
    assert kinds(bench, trial) == AGAIN
    assert "passed" not in hit.said


@pytest.fixture
def cables(bench: Bench) -> Iterator[list[Proxy]]:
    """To the broker and to the database."""
    ports = [int(re.search(r":(\d+)/", bench.shell.variables[name])[1]) for name in ADDRESSES]
    with proxy_to(ports[0]) as one, proxy_to(ports[1]) as other:
        yield [one, other]


ADDRESSES = ("REXLAB_BROKER_URL", "REXLAB_DATABASE_URL")


@pytest.mark.parametrize(
    "fault",
    [Fault("worker cut off from Redis and PostgreSQL for longer than its lease", "solve", {"passed": 1})],
    ids=str,
)
def test_a_worker_is_cut_off(bench: Bench, fault: Fault, cables: list[Proxy]) -> None:
    through = {
        name: re.sub(r":\d+/", f":{cable.port}/", bench.shell.variables[name])
        for name, cable in zip(ADDRESSES, cables, strict=True)
    }
    hit = bench.worker("hit", below=elsewhere("cut-off"), **through)
    bench.run(limit=1, solve_s=_SOLVE_S)
    trial = bench.await_phase(hit, fault.when)
    other = bench.worker("other")
    for cable in cables:
        cable.cut()
    await_taken_over(bench, trial)
    assert bench.bubblewraps(hit)
    for cable in cables:
        cable.mend()
    assert_gives_up(bench, hit)
    conclude(bench, fault, hit, other)
    assert kinds(bench, trial) == AGAIN


SHIFT = """
import time
_true, _shift = time.time, {shift}
time.time = lambda: _true() + _shift
"""


@pytest.mark.parametrize(
    "fault",
    [Fault(f"clock of one worker 10 min {way}", "from its start", {"passed": 4}) for way in ("ahead", "behind")],
    ids=str,
)
def test_a_worker_has_another_time(bench: Bench, fault: Fault) -> None:
    shift = 600 if "ahead" in fault.name else -600
    (bench.folder / "shifted").mkdir()
    (bench.folder / "shifted" / "sitecustomize.py").write_text(SHIFT.format(shift=shift))
    hit = bench.worker("hit", wait=False, below=elsewhere("shifted"), PYTHONPATH=str(bench.folder / "shifted"))
    other = bench.worker("other")
    hit.await_ready()
    bench.run(trials=2, solve_s=4)
    conclude(bench, fault, hit, other)
    for trial in bench.trials():
        assert kinds(bench, trial["id"]) == ["claimed", "solved", "recorded"]
    assert "passed after" in hit.said
    assert "passed after" in other.said
