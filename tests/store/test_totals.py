"""Totals grow with what is recorded, whatever order it comes in, and are those of a look at everything."""

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from tests.support.stored import change, finish, plan_run, start

from rexlab.store import totals
from rexlab.store.call_row import CallRow
from rexlab.store.calls import save_calls
from rexlab.store.database import writing
from rexlab.store.models import AgentRow, EventRow, Outcome, RunRow
from rexlab.store.records import cancel_queued
from rexlab.store.standing import standing
from rexlab.store.totals import PHASES, finished_totals, spending_totals


def call(trial: str, number: int, model: str = "m", **values: object) -> CallRow:
    given = {"status": 200, "input_tokens": 10, "cached_tokens": 4, "output_tokens": 2, "cost_usd": 0.5, **values}
    return CallRow(trial_id=trial, epoch=1, run_id="r1", number=number, at=0.0, protocol="chat", model=model, **given)


def test_trials_are_counted_by_agent_and_outcome_and_their_phases_summed(engine: Engine) -> None:
    trials = plan_run(engine, trials=6)
    found = finished_totals(engine)
    assert found.read() == {}
    finish(engine, trials[0], solve=2.0, grade=1.0)
    finish(engine, trials[2], solve=3.0)
    finish(engine, trials[1], Outcome.NO_PATCH, prepare=0.25)
    solve, grade, prepare = (1 + 2 * PHASES.index(phase) for phase in ("solve", "grade", "prepare"))
    sums = found.read()
    assert set(sums) == {("reference", "passed"), ("agent", "no_patch")}
    passed, none = sums["reference", "passed"], sums["agent", "no_patch"]
    assert (passed[0], passed[solve : solve + 2], passed[grade : grade + 2]) == (2, (2, 5.0), (1, 1.0))
    assert (none[0], none[prepare : prepare + 2], none[solve]) == (1, (1, 0.25), 0)


def test_simulated_agents_are_apart(engine: Engine) -> None:
    trials = plan_run(engine, trials=2, agents=("noop",))
    with writing(engine) as session:
        session.exec(select(AgentRow)).one().simulated = True
    finish(engine, trials[0])
    assert set(finished_totals(engine).read()) == {("simulated", "passed")}


def test_trials_that_were_cancelled_before_they_ran_are_not_counted(engine: Engine) -> None:
    plan_run(engine)
    cancel_queued(engine, "r1")
    assert finished_totals(engine).read() == {}


def test_what_is_written_late_is_not_missed_and_what_settled_is_not_read_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = plan_run(engine, trials=3, agents=("noop",))
    found = finished_totals(engine)
    finish(engine, trials[0])
    finish(engine, trials[1])
    with writing(engine) as session:
        early = session.exec(select(EventRow).where(EventRow.trial_id == trials[0], EventRow.kind == "recorded")).one()
        kept = early.model_dump()
        session.delete(early)
    assert found.read()["agent", "passed"][0] == 1
    with writing(engine) as session:  # as of a transaction that began first and is over last
        session.add(EventRow(**kept))
    assert found.read()["agent", "passed"][0] == 2
    monkeypatch.setattr(totals, "_SETTLES_S", -1.0)
    found.read()
    found.read()
    change(engine, trials[0], outcome=Outcome.NO_PATCH)  # happens to no finished trial; here it tells what is read
    finish(engine, trials[2])
    assert {group: sums[0] for group, sums in found.read().items()} == {("agent", "passed"): 3}


def test_spending_is_summed_by_model(engine: Engine) -> None:
    (trial, *_) = plan_run(engine, trials=1)
    found = spending_totals(engine)
    rows = [
        call(trial, 1),
        call(trial, 2, cost_usd=None),
        call(trial, 3, failure="RateLimitError", cost_usd=None, output_tokens=None),
        call(trial, 4, failure="budget_exceeded", cost_usd=None, input_tokens=None, output_tokens=None),
        call(trial, 5, "other"),
    ]
    save_calls(engine, rows[:2])
    assert found.read()["m",] == (2, 0, 0, 1, 20, 8, 4, 0.5)
    save_calls(engine, rows[2:])
    assert found.read() == {("m",): (2, 1, 1, 1, 30, 16, 4, 0.5), ("other",): (1, 0, 0, 0, 10, 4, 2, 0.5)}


def test_unfinished_trials_are_queued_running_or_silent(engine: Engine) -> None:
    assert not standing(engine).total()
    local = plan_run(engine, "r1", trials=3)
    plan_run(engine, "r2", trials=2)
    with writing(engine) as session:
        session.get(RunRow, "r2").executor = "celery"
    start(engine, local[0])
    start(engine, local[1])
    change(engine, local[1], lease_expires=1.0)
    finish(engine, local[2])
    assert +standing(engine) == {("local", "running"): 1, ("local", "silent"): 1, ("celery", "queued"): 2}
