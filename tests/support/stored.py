"""Runs in a real store, made without running anything."""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import col

from rexlab.store.database import writing
from rexlab.store.leases import claim
from rexlab.store.models import AgentRow, GradeRow, Outcome, RunRow, TrialRow, VariantRow
from rexlab.store.records import GradeRecord, save_grade, save_result, save_run, trial_id

LONG_S = 1e9
"""A lease that does not run out during a test."""


def plan_run(
    engine: Engine,
    run_id: str = "r1",
    trials: int = 4,
    *,
    name: str = "classic",
    created_at: float = 100.0,
    tasks: Sequence[str] = ("classic/deis", "classic/lion"),
    agents: Sequence[str] = ("oracle", "noop"),
    **spec: Any,
) -> list[str]:
    """Queue so many trials, turn by turn of the agents at the tasks; returns their ids."""
    variants = [_variant(task) for task in tasks]
    rows = [_agent(harness) for harness in agents]
    queued = [
        TrialRow(
            id=trial_id(run_id, number + 1),
            run_id=run_id,
            position=number + 1,
            variant_id=variants[number // len(rows) % len(variants)].id,
            agent_id=rows[number % len(rows)].id,
            attempt=1,
            seed=number,
        )
        for number in range(trials)
    ]
    asked = {"tasks": list(tasks), "harnesses": list(agents), "models": [], "masks": [1], "attempts": 1, **spec}
    run = RunRow(id=run_id, created_at=created_at, name=name, spec=asked, digest="d1", platform_version="0.1.0")
    save_run(engine, run, variants, rows, queued)
    return [trial.id for trial in queued]


def start(engine: Engine, trial: str) -> None:
    """A worker of this process claims the trial."""
    assert claim(engine, trial, LONG_S) is not None


def finish(engine: Engine, trial: str, outcome: Outcome = Outcome.PASSED, **timings: float) -> None:
    """Claim and finish it; what comes to grading gets a grade."""
    held = claim(engine, trial, LONG_S)
    assert held is not None
    graded = outcome in (Outcome.PASSED, Outcome.WRONG_RESULT)
    record = _grade(trial, outcome) if graded else None
    save_result(engine, held, outcome=outcome, detail="", timings=timings, flags=[], sandbox="", grade=record)


def regrade(engine: Engine, trial: str, outcome: Outcome) -> None:
    """Add a grade, which then counts."""
    save_grade(engine, _grade(trial, outcome))


def change(engine: Engine, trial: str, **values: object) -> None:
    """Set columns of the trial, as no function of the store does."""
    with writing(engine) as session:
        session.execute(update(TrialRow).where(col(TrialRow.id) == trial).values(**values))


def _variant(task: str) -> VariantRow:
    return VariantRow(
        id=f"v-{task}",
        task=task,
        task_digest="t",
        task_folder="/tasks",
        kind="masking",
        functions=["a.py:f"],
        masks=1,
        shown={},
    )


def _agent(harness: str) -> AgentRow:
    return AgentRow(
        id=f"a-{harness}", harness=harness, label=harness, harness_digest="h", params={}, reference=harness == "oracle"
    )


def _grade(trial: str, outcome: Outcome) -> GradeRecord:
    return GradeRecord(
        GradeRow(
            trial_id=trial,
            created_at=time.time(),
            reason="trial",
            outcome=outcome,
            credit=float(outcome is Outcome.PASSED),
            seconds=0.5,
            sandbox="process",
            platform_version="0.1.0",
            task_digest="t",
        )
    )
