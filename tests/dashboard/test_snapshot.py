"""What is kept in memory is what the store holds, whatever changed in between."""

import random
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from rexlab.dashboard.snapshot import Snapshots
from rexlab.store import columns as reading_columns
from rexlab.store.columns import Coded, TrialColumns, read_trials
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.models import AgentRow, GradeRow, Outcome, RunRow, TrialRow, VariantRow
from rexlab.store.queries import list_trials, unfinished_trials
from rexlab.store.records import (
    GradeRecord,
    cancel_queued,
    clear_cancel,
    queue_retries,
    save_grade,
    save_result,
    save_run,
    trial_id,
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    yield opened
    opened.dispose()


def plan(engine: Engine, run: str, trials: int, created_at: float) -> None:
    """A run of three agents and four variants; which ones, its name says."""
    number = int(run.removeprefix("r"))
    agents = [
        AgentRow(
            id=f"a{(number + i) % 5}", harness=f"h{(number + i) % 5}", harness_digest="d", params={}, reference=False
        )
        for i in range(3)
    ]
    variants = [
        VariantRow(
            id=f"v{(number + i) % 7}",
            task=f"suite/t{(number + i) % 7}",
            task_digest="d",
            task_folder="",
            kind="masking",
            functions=["a.py:f"],
            masks=1,
            shown={},
        )
        for i in range(4)
    ]
    rows = [
        TrialRow(
            id=trial_id(run, position),
            run_id=run,
            position=position,
            variant_id=variants[position % 4].id,
            agent_id=agents[position % 3].id,
            attempt=1,
            seed=position,
        )
        for position in range(1, trials + 1)
    ]
    row = RunRow(id=run, created_at=created_at, name=run, spec={}, digest="d", platform_version="0")
    save_run(engine, row, variants, agents, rows)


def graded(trial: str, outcome: Outcome, chance: random.Random) -> GradeRecord:
    grade = GradeRow(
        trial_id=trial,
        created_at=time.time(),
        reason="trial",
        outcome=outcome,
        credit=chance.random(),
        flags=chance.choice([[], ["false_claim"], ["tampered"]]),
        functions=chance.choice([None, {"f": True}, {"f": False}]),
        seconds=1.0,
        sandbox="process",
        platform_version="0",
        task_digest="d",
    )
    return GradeRecord(grade)


def change(engine: Engine, chance: random.Random) -> None:
    """One thing that happens to a store, drawn by chance."""
    runs = [f"r{i}" for i in range(1, 6)]
    known = {run.id for run in read_trials(engine).runs}
    run = chance.choice(runs)
    if run not in known:
        plan(engine, run, chance.randint(1, 9), chance.random())
        return
    waiting = unfinished_trials(engine, run)
    finished = [r.trial.id for r in list_trials(engine, [run]) if r.grade]
    kind = chance.choice(["finish", "finish", "finish", "finish", "regrade", "retry", "cancel"])
    outcome = chance.choice([Outcome.PASSED, Outcome.WRONG_RESULT, Outcome.INFRA_ERROR])
    if kind == "finish" and waiting:
        trial = chance.choice(waiting)
        held = claim(engine, trial, 60.0)
        assert held is not None
        grade = None if outcome is Outcome.INFRA_ERROR else graded(trial, outcome, chance)
        save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="process", grade=grade)
    elif kind == "regrade" and finished:
        save_grade(engine, graded(chance.choice(finished), outcome, chance))
    elif kind == "retry":
        queue_retries(engine, run, [Outcome.INFRA_ERROR])
    elif kind == "cancel" and chance.random() < 0.2:
        cancel_queued(engine, run)
        clear_cancel(engine, run)


def plain(trials: TrialColumns) -> dict[str, Any]:
    """The columns in a form that can be compared: names in place of codes."""
    found: dict[str, Any] = {
        "runs": [r.model_dump() for r in trials.runs],
        "agents": [a.model_dump() for a in trials.agents],
        "variants": [v.model_dump() for v in trials.variants],
    }
    for column in fields(trials):
        value = getattr(trials, column.name)
        if isinstance(value, Coded):
            found[column.name] = [value.values[i] for i in value.codes]
        elif isinstance(value, np.ndarray):
            found[column.name] = np.nan_to_num(value.astype(float), nan=-1e9).tolist()
    return found | {"planned": trials.planned}


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_same_as_reading_the_store_afresh(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    kept = Snapshots(engine)
    for _ in range(60):
        for _ in range(chance.randint(1, 3)):
            change(engine, chance)
        assert plain(kept.view().trials) == plain(read_trials(engine))
    assert len(kept.view()) > 5


def test_an_unchanged_store_is_not_read_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan(engine, "r1", 3, 0.0)
    kept = Snapshots(engine)
    first, key = kept.view(), kept.key()
    monkeypatch.setattr(reading_columns, "_query", None)
    assert kept.view() is first
    assert kept.key() == key


def test_the_key_moves_with_every_change(engine: Engine) -> None:
    kept = Snapshots(engine)
    keys = {kept.key()}
    plan(engine, "r1", 3, 0.0)
    keys.add(kept.key())
    plan(engine, "r2", 3, 0.0)
    keys.add(kept.key())
    cancel_queued(engine, "r1")
    keys.add(kept.key())
    cancel_queued(engine, "r2")
    keys.add(kept.key())
    assert len(keys) == 5
