"""Reading the store: runs by name, trials with what counts of them, summaries."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from rexlab.errors import NotFoundError
from rexlab.store.leases import claim
from rexlab.store.models import Outcome
from rexlab.store.queries import find_run, find_trial, list_runs, list_trials, summarize
from rexlab.store.records import GradeRecord, cancel_queued, queue_retries, save_grade, save_result

Plan = Callable[..., list[str]]
MakeGrade = Callable[..., GradeRecord]


def finish(engine: Engine, trial: str, outcome: Outcome, grade: GradeRecord | None = None) -> None:
    held = claim(engine, trial, 60.0)
    assert held is not None
    save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="", grade=grade)


def test_a_run_is_found_by_its_id_by_what_it_alone_begins_with_and_as_latest(engine: Engine, plan: Plan) -> None:
    plan(1, "r1-abc", created_at=10.0)
    plan(1, "r1-abd", created_at=30.0)
    plan(1, "r2-xyz", created_at=20.0)
    found = {name: find_run(engine, name).id for name in ("r1-abc", "r1-abd", "r2", "r2-x", "latest")}
    assert found == {"r1-abc": "r1-abc", "r1-abd": "r1-abd", "r2": "r2-xyz", "r2-x": "r2-xyz", "latest": "r1-abd"}


def test_an_exact_id_wins_over_longer_ones_that_begin_with_it(engine: Engine, plan: Plan) -> None:
    plan(1, "r1", created_at=1.0)
    for number in range(3):
        plan(1, f"r1{number}", created_at=2.0 + number)
    assert find_run(engine, "r1").id == "r1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("r1", "several runs begin with 'r1'; `rexlab runs list` shows what there is"),
        ("r9", "there is no run 'r9'; `rexlab runs list` shows what there is"),
        ("%", "there is no run '%'; `rexlab runs list` shows what there is"),
        ("r_", "there is no run 'r_'; `rexlab runs list` shows what there is"),
        ("r1-abc-and-more", "there is no run 'r1-abc-and-more'; `rexlab runs list` shows what there is"),
    ],
)
def test_a_name_that_fits_no_run_or_several_is_told(engine: Engine, plan: Plan, name: str, said: str) -> None:
    plan(1, "r1-abc")
    plan(1, "r1-abd")
    with pytest.raises(NotFoundError) as error:
        find_run(engine, name)
    assert str(error.value) == said


def test_an_empty_store_has_no_latest_run(engine: Engine) -> None:
    with pytest.raises(NotFoundError, match="there is no run 'latest'"):
        find_run(engine, "latest")
    assert list_runs(engine) == []


def test_an_unknown_trial_is_told(engine: Engine, plan: Plan) -> None:
    plan(1)
    with pytest.raises(NotFoundError) as error:
        find_trial(engine, "r1-00009")
    assert str(error.value) == "there is no trial 'r1-00009'; `rexlab trials list RUN` shows what there is"


def test_runs_are_listed_the_newest_first(engine: Engine, plan: Plan) -> None:
    plan(1, "r1", created_at=10.0)
    plan(2, "r3", created_at=20.0)
    plan(3, "r2", created_at=20.0)
    assert [(s.run.id, s.total) for s in list_runs(engine)] == [("r3", 2), ("r2", 3), ("r1", 1)]


def test_a_summary_counts_each_trial_once_by_where_it_is(engine: Engine, plan: Plan, make_grade: MakeGrade) -> None:
    ids = plan(6)
    finish(engine, ids[0], Outcome.PASSED, make_grade(ids[0]))
    finish(engine, ids[1], Outcome.PASSED, make_grade(ids[1]))
    finish(engine, ids[2], Outcome.NO_PATCH)
    assert claim(engine, ids[3], 60.0) is not None
    summary = summarize(engine, find_run(engine, "r1"))
    assert summary.outcomes == Counter({Outcome.PASSED: 2, Outcome.NO_PATCH: 1})
    assert (summary.running, summary.queued, summary.finished, summary.total) == (1, 2, 3, 6)
    assert summary.status == "running"


def test_other_runs_do_not_count(engine: Engine, plan: Plan) -> None:
    plan(4, "r1")
    finish(engine, plan(2, "r2")[0], Outcome.PASSED)
    assert summarize(engine, find_run(engine, "r1")).queued == 4
    assert summarize(engine, find_run(engine, "r2")).outcomes == Counter({Outcome.PASSED: 1})


def test_a_trial_counts_by_its_newest_grade(engine: Engine, plan: Plan, make_grade: MakeGrade) -> None:
    first, second = plan(2)
    finish(engine, first, Outcome.PASSED, make_grade(first))
    finish(engine, second, Outcome.WRONG_RESULT, make_grade(second, Outcome.WRONG_RESULT))
    save_grade(engine, make_grade(first, Outcome.MISSING_RESULT, reason="regrade"))
    save_grade(engine, make_grade(first, Outcome.WRONG_RESULT, reason="regrade"))
    save_grade(engine, make_grade(second, Outcome.PASSED, reason="review"))
    summary = summarize(engine, find_run(engine, "r1"))
    assert summary.outcomes == Counter({Outcome.WRONG_RESULT: 1, Outcome.PASSED: 1})
    assert [r.outcome for r in list_trials(engine, ["r1"])] == [Outcome.WRONG_RESULT, Outcome.PASSED]
    assert [r.trial.outcome for r in list_trials(engine, ["r1"])] == [Outcome.PASSED, Outcome.WRONG_RESULT]
    assert summary.status == "finished"


def test_a_replaced_trial_is_not_counted_but_can_be_listed(engine: Engine, plan: Plan) -> None:
    good, bad = plan(2)
    finish(engine, good, Outcome.PASSED)
    finish(engine, bad, Outcome.INFRA_ERROR)
    run = find_run(engine, "r1")
    assert summarize(engine, run).outcomes == Counter({Outcome.PASSED: 1, Outcome.INFRA_ERROR: 1})
    (new,) = queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert summarize(engine, run).outcomes == Counter({Outcome.PASSED: 1})
    assert (summarize(engine, run).queued, summarize(engine, run).status) == (1, "unfinished")
    finish(engine, new, Outcome.INFRA_ERROR)
    (newer,) = queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    finish(engine, newer, Outcome.PASSED)
    assert summarize(engine, run).outcomes == Counter({Outcome.PASSED: 2})
    assert [r.trial.id for r in list_trials(engine, ["r1"])] == [good, newer]
    assert [r.trial.id for r in list_trials(engine, ["r1"], replaced=True)] == [good, bad, new, newer]


def test_a_cancelled_run_is_called_so_when_nothing_is_left_of_it(engine: Engine, plan: Plan) -> None:
    first, _ = plan(2)
    held = claim(engine, first, 60.0)
    assert held is not None
    run = find_run(engine, "r1")
    cancel_queued(engine, "r1")
    assert summarize(engine, run).status == "running"
    save_result(engine, held, outcome=Outcome.CANCELLED, detail="", timings={}, flags=[], sandbox="")
    summary = summarize(engine, run)
    assert summary.status == "cancelled"
    assert summary.outcomes == Counter({Outcome.CANCELLED: 2})


def test_trials_of_several_runs_are_listed_run_by_run_in_order(engine: Engine, plan: Plan) -> None:
    first, second = plan(3, "r1"), plan(2, "r2")
    assert [r.trial.id for r in list_trials(engine, ["r2", "r1"])] == first + second
    assert list_trials(engine, []) == []
