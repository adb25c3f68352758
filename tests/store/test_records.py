"""Writing what happened: whole or not at all, once, and never over something older."""

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import Engine, func
from sqlmodel import SQLModel, col, select

from rexlab.errors import NotFoundError, StoreError
from rexlab.store.database import reading
from rexlab.store.leases import Claim, claim
from rexlab.store.models import AgentRow, ArtifactRow, EventRow, GradeRow, MetricRow, Outcome, RunRow, State, TrialRow
from rexlab.store.models import VariantRow as Variant
from rexlab.store.queries import (
    artifacts_of,
    cancel_requested,
    events_of,
    find_trial,
    grades_of,
    list_trials,
    metrics_of,
    summarize,
    unfinished_trials,
)
from rexlab.store.records import (
    GradeRecord,
    cancel_queued,
    clear_cancel,
    queue_retries,
    save_grade,
    save_result,
    save_run,
    save_solved,
    trial_id,
)

Plan = Callable[..., list[str]]
MakeGrade = Callable[..., GradeRecord]


def taken(engine: Engine, trial: str) -> Claim:
    held = claim(engine, trial, 60.0)
    assert held is not None
    return held


def finish(engine: Engine, trial: str, outcome: Outcome, grade: GradeRecord | None = None) -> None:
    save_result(
        engine,
        taken(engine, trial),
        outcome=outcome,
        detail=f"it is {outcome}",
        timings={"grade": 2.0},
        flags=["tampered"],
        sandbox="process",
        grade=grade,
    )


def count(engine: Engine, table: type[SQLModel]) -> int:
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(table)).one()


def artifact(trial: str, kind: str = "patch") -> ArtifactRow:
    return ArtifactRow(trial_id=trial, kind=kind, path=f"{trial}/{kind}", size=1, sha256="0")


def test_a_planned_run_is_stored_with_everything_it_refers_to(engine: Engine, plan: Plan) -> None:
    ids = plan(3)
    assert ids == ["r1-00001", "r1-00002", "r1-00003"] == unfinished_trials(engine, "r1")
    record = find_trial(engine, ids[0])
    assert (record.variant.functions, record.variant.shown) == (["a.py:f"], {"paper": True})
    assert (record.agent.params, record.agent.reference) == ({"p": 0.5}, True)
    assert (record.trial.state, record.trial.outcome, record.trial.flags) == (State.QUEUED, None, [])
    assert (record.grade, record.outcome) == (None, None)


def test_runs_share_variants_and_agents_and_keep_the_first_as_they_are(engine: Engine, plan: Plan) -> None:
    plan(3, "r1")
    plan(2, "r2")
    assert [count(engine, t) for t in (RunRow, Variant, AgentRow, TrialRow)] == [2, 2, 1, 5]


def test_a_run_is_stored_whole_or_not_at_all(engine: Engine, plan: Plan, refused: Callable[[str], str]) -> None:
    trial = TrialRow(id="r9-1", run_id="r9", position=1, variant_id="nowhere", agent_id="a1", attempt=1, seed=0)
    with pytest.raises(StoreError, match=refused("FOREIGN KEY")):
        save_run(engine, plan.run("r9"), plan.variants(), plan.agents(), [trial])  # type: ignore[attr-defined]
    assert [count(engine, t) for t in (RunRow, Variant, AgentRow, TrialRow)] == [0, 0, 0, 0]


def test_one_run_cannot_be_stored_twice(engine: Engine, plan: Plan, refused: Callable[[str], str]) -> None:
    plan(1)
    with pytest.raises(StoreError, match=refused("UNIQUE")):
        plan(1)


def test_ten_thousand_trials_are_stored_and_listed(engine: Engine, plan: Plan) -> None:
    ids = plan(10_000)
    assert ids[-1] == "r1-10000"
    assert unfinished_trials(engine, "r1") == ids
    assert [r.trial.id for r in list_trials(engine, ["r1"])] == ids
    with reading(engine) as session:
        run = session.exec(select(RunRow)).one()
    assert summarize(engine, run).queued == 10_000


def test_trial_ids_sort_like_their_positions_and_go_on_beyond_five_digits() -> None:
    assert trial_id("r1", 42) == "r1-00042"
    assert trial_id("r1", 123_456) == "r1-123456"
    assert all(trial_id("r1", a) < trial_id("r1", b) for a, b in pairwise((1, 9, 10, 99, 100, 99_999)))


USAGE = {"calls": 3, "input_tokens": 40, "output_tokens": 2, "cost_usd": None}


def test_what_the_agent_left_is_kept_before_it_is_graded(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    save_solved(
        engine,
        held,
        agent_outcome=Outcome.AGENT_TIMEOUT,
        detail="it did not end",
        timings={"prepare": 1.0, "solve": 2.0},
        claims={"main": {"sum": [3.0]}},
        claims_problem="",
        mutations={"a.py:f": "+ became -"},
        usage=USAGE,
        selection={"chosen": 2},
        file_recall=0.5,
        notes=["a pipe was left out"],
        artifacts=[artifact(trial), artifact(trial, "agent_stdout")],
    )
    row = find_trial(engine, trial).trial
    assert (row.state, row.agent_outcome, row.outcome) == (State.RUNNING, Outcome.AGENT_TIMEOUT, None)
    assert (row.claims, row.mutations) == ({"main": {"sum": [3.0]}}, {"a.py:f": "+ became -"})
    assert (row.usage, row.selection, row.file_recall) == (USAGE, {"chosen": 2}, 0.5)
    assert (row.calls, row.tokens, row.cost_usd, row.solve_s) == (3, 42, None, 2.0)
    assert [a.kind for a in artifacts_of(engine, trial)] == ["patch", "agent_stdout"]
    assert [(e.kind, e.message) for e in events_of(engine, trial)[-2:]] == [
        ("noted", "a pipe was left out"),
        ("solved", "agent_timeout"),
    ]
    save_result(engine, held, outcome=Outcome.AGENT_TIMEOUT, detail="", timings={"solve": 3.0}, flags=[], sandbox="")
    assert find_trial(engine, trial).trial.timings == {"prepare": 1.0, "solve": 3.0}


def test_a_result_is_stored_with_its_grade_values_and_artifacts(
    engine: Engine, plan: Plan, make_grade: MakeGrade
) -> None:
    (trial, *_) = plan(1)
    grade = make_grade(trial, Outcome.WRONG_RESULT, metrics=3)
    grade.artifacts.append(artifact(trial, "experiment_log"))
    finish(engine, trial, Outcome.WRONG_RESULT, grade)
    record = find_trial(engine, trial)
    assert (record.trial.state, record.trial.outcome) == (State.FINISHED, Outcome.WRONG_RESULT)
    assert (record.trial.lease_owner, record.trial.lease_expires) == (None, None)
    assert (record.trial.flags, record.trial.timings) == (["tampered"], {"grade": 2.0})
    assert record.grade is not None
    assert record.detail == "graded as wrong_result"
    assert [m.position for m in metrics_of(engine, record.grade)] == [0, 1, 2]
    assert [a.grade_id for a in artifacts_of(engine, trial)] == [record.grade.id]
    assert [e.kind for e in events_of(engine, trial)] == ["claimed", "recorded"]


def test_a_result_that_cannot_be_stored_whole_leaves_the_trial_as_it_was(
    engine: Engine, plan: Plan, make_grade: MakeGrade, refused: Callable[[str], str]
) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    broken = make_grade(trial)
    broken.metrics[1].experiment = None  # type: ignore[assignment]
    with pytest.raises(StoreError, match=refused("NOT NULL")):
        save_result(engine, held, outcome=Outcome.PASSED, detail="", timings={}, flags=[], sandbox="", grade=broken)
    row = find_trial(engine, trial).trial
    assert (row.state, row.outcome, row.finished_at, row.lease_epoch) == (State.RUNNING, None, None, held.epoch)
    assert [count(engine, t) for t in (GradeRow, MetricRow, EventRow)] == [0, 0, 1]
    whole = make_grade(trial)
    save_result(engine, held, outcome=Outcome.PASSED, detail="", timings={}, flags=[], sandbox="", grade=whole)
    assert [count(engine, t) for t in (GradeRow, MetricRow, EventRow)] == [1, 2, 2]


KILLED_WHILE_WRITING = """
import os, sys, time
from sqlalchemy import event
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.models import GradeRow, MetricRow, Outcome
from rexlab.store.records import GradeRecord, save_result

url, trial, statement = sys.argv[1:]
engine = open_engine(url)
held = claim(engine, trial, 60.0)

@event.listens_for(engine, "commit" if statement == "commit" else "after_cursor_execute")
def stop(connection, *rest):
    if statement == "commit" or rest[1].startswith(statement):
        print("writing", flush=True)
        time.sleep(600)

grade = GradeRow(trial_id=trial, created_at=1.0, reason="trial", outcome=Outcome.PASSED, credit=1.0, seconds=1.0,
                 sandbox="", platform_version="", task_digest="")
metrics = [MetricRow(grade_id=0, experiment="e", metric="m", position=n, hidden=False, observed=1.0, target=1.0,
                     tolerance=1.0, margin=1.0, passed=True) for n in range(2)]
save_result(engine, held, outcome=Outcome.PASSED, detail="", timings={}, flags=[], sandbox="",
            grade=GradeRecord(grade, metrics))
"""


@pytest.mark.parametrize("statement", ["UPDATE trial", "INSERT INTO metric", "commit"])
def test_a_worker_killed_while_it_records_leaves_nothing_half_written(
    engine: Engine, url: str, plan: Plan, start_python: Callable[..., "subprocess.Popen[str]"], statement: str
) -> None:
    (trial, *_) = plan(1)
    worker = start_python(KILLED_WHILE_WRITING, url, trial, statement)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "writing\n"
    worker.kill()
    worker.wait()
    row = find_trial(engine, trial).trial
    assert (row.state, row.outcome, row.finished_at, row.lease_epoch) == (State.RUNNING, None, None, 1)
    assert [count(engine, t) for t in (GradeRow, MetricRow)] == [0, 0]
    assert [e.kind for e in events_of(engine, trial)] == ["claimed"]


def test_a_later_grade_is_added_and_the_earlier_ones_stay(engine: Engine, plan: Plan, make_grade: MakeGrade) -> None:
    (trial, *_) = plan(1)
    finish(engine, trial, Outcome.PASSED, make_grade(trial))
    number = save_grade(engine, make_grade(trial, Outcome.WRONG_RESULT, metrics=4, reason="regrade"))
    record = find_trial(engine, trial)
    assert record.grade is not None
    assert (record.grade.id, record.outcome, record.trial.outcome) == (number, Outcome.WRONG_RESULT, Outcome.PASSED)
    assert [(g.reason, g.outcome) for g in grades_of(engine, trial)] == [
        ("trial", Outcome.PASSED),
        ("regrade", Outcome.WRONG_RESULT),
    ]
    assert [len(metrics_of(engine, g)) for g in grades_of(engine, trial)] == [2, 4]
    assert [e.kind for e in events_of(engine, trial)] == ["claimed", "recorded", "regrade"]


def test_a_grade_of_no_trial_is_refused(engine: Engine, make_grade: MakeGrade, refused: Callable[[str], str]) -> None:
    with pytest.raises(StoreError, match=refused("FOREIGN KEY")):
        save_grade(engine, make_grade("r1-00001"))
    assert count(engine, GradeRow) == 0


def test_cancelling_ends_queued_trials_and_leaves_the_others(engine: Engine, plan: Plan, make_grade: MakeGrade) -> None:
    done, working, *queued = plan(4)
    finish(engine, done, Outcome.PASSED, make_grade(done))
    held = taken(engine, working)
    assert cancel_queued(engine, "r1") == 2
    assert cancel_requested(engine, "r1")
    outcomes = [r.outcome for r in list_trials(engine, ["r1"])]
    assert outcomes == [Outcome.PASSED, None, Outcome.CANCELLED, Outcome.CANCELLED]
    assert [claim(engine, t, 60.0) for t in queued] == [None, None]
    assert find_trial(engine, queued[0]).detail == "cancelled before it was run"
    save_result(engine, held, outcome=Outcome.CANCELLED, detail="", timings={}, flags=[], sandbox="")
    assert cancel_queued(engine, "r1") == 0
    clear_cancel(engine, "r1")
    assert not cancel_requested(engine, "r1")


def test_cancelling_a_finished_run_does_not_make_it_a_cancelled_one(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    finish(engine, trial, Outcome.PASSED)
    assert cancel_queued(engine, "r1") == 0
    assert not cancel_requested(engine, "r1")


def test_an_unknown_run_cannot_be_cancelled(engine: Engine) -> None:
    with pytest.raises(NotFoundError, match=r"^there is no run r7$"):
        cancel_queued(engine, "r7")
    assert not cancel_requested(engine, "r7")


def test_a_retry_is_a_new_trial_that_points_to_the_one_it_replaces(engine: Engine, plan: Plan) -> None:
    good, bad, waiting = plan(3)
    finish(engine, good, Outcome.PASSED)
    finish(engine, bad, Outcome.INFRA_ERROR)
    assert queue_retries(engine, "r1", [Outcome.INFRA_ERROR]) == ["r1-00004"]
    old, new = find_trial(engine, bad).trial, find_trial(engine, "r1-00004").trial
    assert (old.outcome, old.state) == (Outcome.INFRA_ERROR, State.FINISHED)
    assert (new.replaces_id, new.state, new.outcome, new.lease_epoch) == (bad, State.QUEUED, None, 0)
    assert (new.variant_id, new.agent_id, new.attempt, new.seed) == (
        old.variant_id,
        old.agent_id,
        old.attempt,
        old.seed,
    )
    assert unfinished_trials(engine, "r1") == [waiting, "r1-00004"]


def test_a_trial_is_replaced_once_and_its_retry_may_be_replaced_in_turn(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    finish(engine, trial, Outcome.INFRA_ERROR)
    assert queue_retries(engine, "r1", [Outcome.INFRA_ERROR]) == ["r1-00002"]
    assert queue_retries(engine, "r1", [Outcome.INFRA_ERROR]) == []
    finish(engine, "r1-00002", Outcome.INFRA_ERROR)
    assert queue_retries(engine, "r1", [Outcome.INFRA_ERROR]) == ["r1-00003"]
    assert find_trial(engine, "r1-00003").trial.replaces_id == "r1-00002"
    assert queue_retries(engine, "r1", [Outcome.PASSED]) == []
    assert queue_retries(engine, "r7", [Outcome.INFRA_ERROR]) == []


def test_retries_asked_for_at_the_same_moment_are_queued_once(engine: Engine, plan: Plan) -> None:
    for trial in plan(5):
        finish(engine, trial, Outcome.INFRA_ERROR)
    with ThreadPoolExecutor(6) as pool:
        made = list(pool.map(lambda _: queue_retries(engine, "r1", [Outcome.INFRA_ERROR]), range(6)))
    assert sorted(len(m) for m in made) == [0, 0, 0, 0, 0, 5]


def test_times_are_seconds_since_the_epoch(engine: Engine, plan: Plan) -> None:
    before = time.time()
    (trial, *_) = plan(1)
    finish(engine, trial, Outcome.PASSED)
    row = find_trial(engine, trial).trial
    assert row.started_at is not None
    assert row.finished_at is not None
    assert before <= row.started_at <= row.finished_at <= time.time()
    with reading(engine) as session:
        at = session.exec(select(EventRow.at).order_by(col(EventRow.id))).all()
    assert list(at) == sorted(at)
