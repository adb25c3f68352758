"""Many runs at once: counts as those of a single run, cost, pace."""

import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, event, update
from sqlmodel import col

from rexlab.store.database import writing
from rexlab.store.leases import claim
from rexlab.store.models import Outcome, State, TrialRow
from rexlab.store.progress import Waiting, pace, progress_of, waiting_trials
from rexlab.store.queries import list_runs
from rexlab.store.records import GradeRecord, cancel_queued, queue_retries, save_grade, save_result

Plan = Callable[..., list[str]]
MakeGrade = Callable[..., GradeRecord]


def finish(engine: Engine, trial: str, outcome: Outcome, grade: GradeRecord | None = None) -> None:
    held = claim(engine, trial, 60.0)
    assert held is not None
    save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="", grade=grade)


def change(engine: Engine, trial: str, **values: object) -> None:
    with writing(engine) as session:
        session.execute(update(TrialRow).where(col(TrialRow.id) == trial).values(**values))


def assert_as_single_runs(engine: Engine) -> None:
    """What many runs have in one query is what each has by itself."""
    single = list_runs(engine)
    many = progress_of(engine, [s.run.id for s in single])
    for alone in single:
        together = many[alone.run.id].summary
        assert together.outcomes == alone.outcomes
        assert (together.queued, together.running) == (alone.queued, alone.running)
        assert (together.total, together.status) == (alone.total, alone.status)
    waiting = {s.run.id: Waiting(s.queued, s.running) for s in single if s.queued or s.running}
    assert waiting_trials(engine) == waiting


def test_counts_are_those_of_each_run_also_after_retries_and_regrades(
    engine: Engine, plan: Plan, make_grade: MakeGrade
) -> None:
    first, second, third = plan(6, "r1"), plan(4, "r2"), plan(2, "r3")
    assert_as_single_runs(engine)
    finish(engine, first[0], Outcome.PASSED, make_grade(first[0]))
    finish(engine, first[1], Outcome.WRONG_RESULT, make_grade(first[1], Outcome.WRONG_RESULT))
    finish(engine, first[2], Outcome.INFRA_ERROR)
    finish(engine, second[0], Outcome.INFRA_ERROR)
    assert claim(engine, first[3], 60.0) is not None
    assert_as_single_runs(engine)
    (again,) = queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert_as_single_runs(engine)
    finish(engine, again, Outcome.INFRA_ERROR)
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    save_grade(engine, make_grade(first[1], Outcome.PASSED, reason="regrade"))
    save_grade(engine, make_grade(first[0], Outcome.MISSING_RESULT, reason="regrade"))
    cancel_queued(engine, "r2")
    for trial in third:
        finish(engine, trial, Outcome.NO_PATCH)
    assert_as_single_runs(engine)
    assert progress_of(engine, ["r1"])["r1"].summary.outcomes == Counter({Outcome.PASSED: 1, Outcome.MISSING_RESULT: 1})


def test_runs_are_read_together(engine: Engine, plan: Plan) -> None:
    for number in range(8):
        plan(2, f"r{number}")
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    assert len(progress_of(engine, [f"r{number}" for number in range(8)])) == 8
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2


def test_ids_of_no_run_are_left_out(engine: Engine, plan: Plan) -> None:
    plan(1)
    assert list(progress_of(engine, ["r1", "r9"])) == ["r1"]
    assert progress_of(engine, []) == {}


def test_a_run_with_dead_workers_alone_is_unfinished(engine: Engine, plan: Plan) -> None:
    one, two = plan(2)
    assert claim(engine, one, 60.0) is not None
    assert claim(engine, two, 60.0) is not None
    assert progress_of(engine, ["r1"])["r1"].status == "running"
    change(engine, one, lease_expires=time.time() - 1)
    half = progress_of(engine, ["r1"])["r1"]
    assert (half.silent, half.at_work, half.status) == (1, 1, "running")
    change(engine, two, lease_expires=time.time() - 1)
    dead = progress_of(engine, ["r1"])["r1"]
    assert (dead.silent, dead.at_work, dead.left, dead.status) == (2, 0, 2, "unfinished")


def test_cost_counts_replaced_trials_and_is_unknown_when_a_price_is(engine: Engine, plan: Plan) -> None:
    free, paid, broken = plan(3)
    for trial in (free, paid):
        finish(engine, trial, Outcome.PASSED)
    finish(engine, broken, Outcome.INFRA_ERROR)
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    change(engine, paid, calls=3, cost_usd=0.5)
    change(engine, broken, calls=1, cost_usd=0.25)
    cost = progress_of(engine, ["r1"])["r1"].cost
    assert (cost.asked, cost.unpriced, cost.usd) == (2, 0, pytest.approx(0.75))
    change(engine, broken, cost_usd=None)
    cost = progress_of(engine, ["r1"])["r1"].cost
    assert (cost.asked, cost.unpriced, cost.usd, cost.known_usd) == (2, 1, None, pytest.approx(0.5))


def test_time_left_comes_from_the_last_trials(engine: Engine, plan: Plan) -> None:
    ids = plan(10)
    for number, trial in enumerate(ids[:4]):
        finish(engine, trial, Outcome.PASSED)
        change(engine, trial, started_at=100.0 + 10 * number, finished_at=110.0 + 10 * number)
    assert progress_of(engine, ["r1"], now=140.0)["r1"].per_second is None  # nothing is at work
    assert claim(engine, ids[4], 1e9) is not None
    found = progress_of(engine, ["r1"], now=140.0)["r1"]
    assert found.per_second == pytest.approx(4 / 40)
    assert found.left_s == pytest.approx(60.0)
    assert found.started_at == 100.0
    assert found.ended_at == 140.0
    change(engine, ids[5], state=State.FINISHED, outcome=Outcome.CANCELLED, finished_at=140.0)
    assert progress_of(engine, ["r1"], now=140.0)["r1"].per_second == pytest.approx(4 / 40)


def test_the_pace_is_that_of_this_session_of_work() -> None:
    yesterday = [(0.0, 10.0), (1.0, 12.0)]
    today = [(86400.0, 86410.0), (86400.0, 86412.0), (86410.0, 86420.0)]
    assert pace(yesterday + today, 86420.0) == pytest.approx(3 / 20)
    assert pace(today, 86430.0) == pytest.approx(3 / 30)  # nothing has ended since
    assert pace([], 5.0) is None


def test_of_a_long_session_only_the_last_trials_count() -> None:
    slow_then_fast = [(float(t), float(t + 1)) for t in range(1000, 1040)]
    assert pace(slow_then_fast, 1040.0) == pytest.approx(1.0)


def test_a_long_trial_joins_what_ran_beside_it() -> None:
    spans = [(0.0, 500.0), (0.0, 10.0), (490.0, 510.0)]
    assert pace(spans, 510.0) == pytest.approx(3 / 510)


def test_a_run_moves_when_it_is_new_while_a_worker_has_a_trial_and_a_moment_longer(engine: Engine, plan: Plan) -> None:
    first, second, _ = plan(3, created_at=50.0)
    planned = progress_of(engine, ["r1"])["r1"]
    assert (planned.moves(52.0), planned.moves(200.0)) == (True, False)
    finish(engine, first, Outcome.PASSED)
    change(engine, first, finished_at=100.0)
    between = progress_of(engine, ["r1"])["r1"]
    assert (between.at_work, between.moves(102.0), between.moves(200.0)) == (0, True, False)
    assert claim(engine, second, 1e9) is not None
    assert progress_of(engine, ["r1"])["r1"].moves(1e6)
    change(engine, second, lease_expires=1.0)
    assert not progress_of(engine, ["r1"])["r1"].moves(200.0)
    cancel_queued(engine, "r1")
    assert not progress_of(engine, ["r1"])["r1"].moves(101.0)
