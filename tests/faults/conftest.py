"""The bench of each scenario, and the table of faults and outcomes at the end of the run."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults.bench import Bench
from tests.faults.scenario import Fault
from tests.support.redis import RedisServer, redis_server
from tests.support.require import require

HEADER = ("fault", "when", "sandbox", "trials end as", "claims", "what was seen", "s")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """Of the bench's store; scenarios that stop the database have one of their own."""
    return postgres_url


@pytest.fixture
def bench(
    fault: Fault, tmp_path: Path, broker: RedisServer, database_url: str, record_property: Any
) -> Iterator[Bench]:
    """A cluster for the scenario, ended at its end; what came of it is a row of the table."""
    require(fault.sandbox)
    made = Bench(tmp_path / "bench", broker, database_url, fault.sandbox)
    began = time.monotonic()
    try:
        yield made
    finally:
        outcomes, claims = _ended(made)
        took = f"{time.monotonic() - began:.0f}"
        record_property("fault", [fault.name, fault.when, fault.sandbox, outcomes, claims, "; ".join(made.seen), took])
        made.close()


@pytest.fixture
def chance(fault: Fault) -> random.Random:
    """Of the scenario's schedule."""
    return random.Random(fault.seed)


def _ended(bench: Bench) -> tuple[str, str]:
    """Outcomes, and how often each trial was claimed."""
    trials = bench.trials()
    outcomes = Counter(t["outcome"] or t["state"] for t in trials)
    claims = " ".join(str(t["lease_epoch"]) for t in trials)
    return ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())), claims


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what was done and what came of it."""
    broken = {report.nodeid for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, [])}
    rows = [
        [*value, "FAILED" if report.nodeid in broken else ""]
        for report in terminalreporter.stats.get("", [])  # of ends of tests, in which the rows are
        if report.when == "teardown"
        for name, value in report.user_properties
        if name == "fault"
    ]
    if not rows:
        return
    terminalreporter.section("faults and outcomes")
    table = [[*HEADER, ""], *sorted(rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        terminalreporter.write_line(" | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip(" |"))
