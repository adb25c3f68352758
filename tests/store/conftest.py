"""Stores in a real SQLite file and on a real PostgreSQL server, and a run to put into them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rexlab.store.database import open_engine
from rexlab.store.models import AgentRow, GradeRow, MetricRow, Outcome, RunRow, TrialRow, VariantRow
from rexlab.store.records import GradeRecord, save_run, trial_id

LEASE_S = 60.0


DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store in which nothing is."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'store' / 'rexlab.db'}"


@pytest.fixture(params=DATABASES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rexlab.db'}"
        return
    server = request.getfixturevalue("postgres")
    address = server.empty_database()
    yield address
    server.drop(address)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def refused(engine: Engine) -> Callable[[str], str]:
    """What the database says of a row that has no value, one that is there already, one that another must point to."""
    words = {
        "NOT NULL": "violates not-null constraint",
        "UNIQUE": "violates unique constraint",
        "FOREIGN KEY": "violates foreign key constraint",
    }
    return words.__getitem__ if engine.dialect.name == "postgresql" else str


@dataclass
class Planner:
    """Writes runs of as many trials as wanted."""

    engine: Engine

    def __call__(self, trials: int = 3, run_id: str = "r1", created_at: float | None = None) -> list[str]:
        """The ids of the new run's trials."""
        rows = [
            TrialRow(
                id=trial_id(run_id, position),
                run_id=run_id,
                position=position,
                variant_id=f"v{position % 2}",
                agent_id="a1",
                attempt=1,
                seed=position,
            )
            for position in range(1, trials + 1)
        ]
        save_run(self.engine, self.run(run_id, created_at), self.variants(), self.agents(), rows)
        return [row.id for row in rows]

    @staticmethod
    def run(run_id: str, created_at: float | None = None) -> RunRow:
        return RunRow(
            id=run_id,
            created_at=time.time() if created_at is None else created_at,
            name="classic",
            spec={"masks": [1]},
            digest="d",
            platform_version="0.1.0",
        )

    @staticmethod
    def variants() -> list[VariantRow]:
        return [
            VariantRow(
                id=f"v{n}",
                task="suite/tiny",
                task_digest="t",
                task_folder="/tasks/tiny",
                kind="masking",
                functions=["a.py:f"],
                masks=1,
                shown={"paper": True},
            )
            for n in range(2)
        ]

    @staticmethod
    def agents() -> list[AgentRow]:
        return [AgentRow(id="a1", harness="oracle", harness_digest="h", params={"p": 0.5}, reference=True)]


@pytest.fixture
def plan(engine: Engine) -> Planner:
    return Planner(engine)


@pytest.fixture
def make_grade() -> Callable[..., GradeRecord]:
    def make(
        trial_id: str, outcome: Outcome = Outcome.PASSED, *, metrics: int = 2, reason: str = "trial"
    ) -> GradeRecord:
        grade = GradeRow(
            trial_id=trial_id,
            created_at=time.time(),
            reason=reason,
            outcome=outcome,
            detail=f"graded as {outcome}",
            credit=1.0 if outcome is Outcome.PASSED else 0.5,
            seconds=0.5,
            sandbox="process",
            platform_version="0.1.0",
            task_digest="t",
        )
        values = [
            MetricRow(
                grade_id=0,
                experiment="main",
                metric="sum",
                position=position,
                hidden=False,
                observed=1.0,
                target=1.0,
                tolerance=0.1,
                margin=0.1,
                passed=True,
            )
            for position in range(metrics)
        ]
        return GradeRecord(grade, values)

    return make


FORK = """
import contextlib, io, os, sys
import alembic.command, alembic.script
import rexlab.store.database, rexlab.store.leases, rexlab.store.records, rexlab.store.queries
rexlab.store.leases.this_process()
children, [gate, opener] = [], os.pipe()
for number in range(int(sys.argv[1])):
    pid = os.fork()
    if pid == 0:
        os.close(opener)
        os.read(gate, 1)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(sys.argv[2])
        os.write(1, printed.getvalue().encode())  # at once, so that no other's line comes between
        os._exit(0)
    children.append(pid)
os.close(opener)
failed = [pid for pid in children if os.waitpid(pid, 0)[1]]
sys.exit(f"{len(failed)} failed" if failed else 0)
"""


@pytest.fixture
def in_processes() -> Callable[..., list[str]]:
    """Runs a program in several processes that start at one moment; returns the lines they print.

    They are forks of one that has the store imported, which takes seconds; ``number`` tells them apart, and
    ``arguments`` are what they are given.
    """

    def run(count: int, code: str, *arguments: str) -> list[str]:
        command = [sys.executable, "-c", FORK, str(count), f"arguments = {arguments!r}\n{code}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.fixture
def start_python() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts Python programs in processes of their own; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
