"""What the page Trial asks of the store: trials around one, its calls by the page, a person's decision."""

import time

import pytest
from sqlalchemy import Engine

from rexlab.errors import InputError, NotFoundError
from rexlab.execution.review import accept_trial
from rexlab.store.call_row import CallRow
from rexlab.store.calls import count_calls, page_of_calls, save_calls
from rexlab.store.database import open_engine, writing
from rexlab.store.models import AgentRow, GradeRow, MetricRow, Outcome, RunRow, State, TrialRow, VariantRow
from rexlab.store.neighbours import neighbours
from rexlab.store.queries import find_trial, grades_of, metrics_of
from rexlab.store.records import GradeRecord, queue_retries, save_grade, save_run


@pytest.fixture
def engine(tmp_path) -> Engine:
    """Two runs of three finished trials each."""
    engine = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    variant = VariantRow(
        id="v", task="tiny/moments", task_digest="d", task_folder="", kind="masking", functions=["a.py:f"], masks=1,
        shown={},
    )  # fmt: skip
    agent = AgentRow(id="a", harness="react", harness_digest="d", params={}, reference=False)
    for name in ("r1", "r2"):
        run = RunRow(id=name, created_at=time.time(), name=name, spec={}, digest="d", platform_version="0")
        trials = [
            TrialRow(
                id=f"{name}-0000{i}", run_id=name, position=i, variant_id="v", agent_id="a", attempt=1, seed=i,
                state=State.FINISHED, outcome=Outcome.INFRA_ERROR if i == 2 else Outcome.WRONG_RESULT,
            )
            for i in (1, 2, 3)
        ]  # fmt: skip
        save_run(engine, run, [variant], [agent], trials)
    return engine


def grade(engine: Engine, *passed: bool, flags: tuple[str, ...] = ("tampered",)) -> None:
    row = GradeRow(
        trial_id="r1-00001", created_at=1.0, reason="trial", outcome=Outcome.WRONG_RESULT, credit=1.0,
        flags=list(flags), seconds=1.0, sandbox="process", platform_version="0", task_digest="d",
    )  # fmt: skip
    values = [
        MetricRow(
            grade_id=0, experiment="e", metric="m", position=i, hidden=i > 0, observed=1.0, target=1.0, tolerance=0.1,
            margin=0.1, passed=good,
        )
        for i, good in enumerate(passed)
    ]  # fmt: skip
    save_grade(engine, GradeRecord(row, values))


def test_trials_around_one_are_of_its_run(engine: Engine) -> None:
    first, middle, last = (find_trial(engine, f"r1-0000{i}").trial for i in (1, 2, 3))
    assert (neighbours(engine, first).previous, neighbours(engine, first).following) == (None, "r1-00002")
    assert (neighbours(engine, middle).previous, neighbours(engine, middle).following) == ("r1-00001", "r1-00003")
    assert (neighbours(engine, last).previous, neighbours(engine, last).following) == ("r1-00002", None)
    assert neighbours(engine, middle).replaced_by is None
    queue_retries(engine, "r1", [Outcome.INFRA_ERROR])
    assert neighbours(engine, middle).replaced_by == "r1-00004"
    assert neighbours(engine, first).replaced_by is None


def test_calls_come_by_the_page_and_in_order(engine: Engine) -> None:
    assert count_calls(engine, "r1-00001") == 0
    save_calls(
        engine,
        [
            CallRow(
                trial_id="r1-00001", run_id="r1", epoch=epoch, number=number, at=1.0, protocol="chat", model="m",
                status=200,
            )
            for epoch in (2, 1)
            for number in (3, 2, 1)
        ],
    )  # fmt: skip
    assert count_calls(engine, "r1-00001") == 6
    assert count_calls(engine, "r1-00002") == 0
    page = page_of_calls(engine, "r1-00001", offset=2, limit=2)
    assert [(c.epoch, c.number) for c in page] == [(1, 3), (2, 1)]


def test_a_decision_is_a_grade_beside_the_others(engine: Engine) -> None:
    grade(engine, True, True)
    old = accept_trial(engine, "r1-00001", " looked at it ")
    assert old.outcome is Outcome.WRONG_RESULT
    record = find_trial(engine, "r1-00001")
    assert record.grade is not None
    assert (record.outcome, record.detail) == (Outcome.PASSED, "accepted by a person: looked at it")
    assert record.grade.flags == ["tampered", "accepted"]
    assert record.grade.visible_passed is True
    assert [g.reason for g in grades_of(engine, "r1-00001")] == ["trial", "review"]
    assert len(metrics_of(engine, record.grade)) == 2
    with pytest.raises(InputError, match="this one ended as passed"):
        accept_trial(engine, "r1-00001", "again")


@pytest.mark.parametrize(
    ("passed", "flags", "why"),
    [((True,), ("tampered",), "  "), ((True, False), ("tampered",), "fine"), ((True,), (), "fine")],
    ids=["no-reason", "a-value-fails", "not-tampered"],
)
def test_what_cannot_be_accepted(engine: Engine, passed: tuple[bool, ...], flags: tuple[str, ...], why: str) -> None:
    grade(engine, *passed, flags=flags)
    with pytest.raises(InputError):
        accept_trial(engine, "r1-00001", why)
    assert [g.reason for g in grades_of(engine, "r1-00001")] == ["trial"]


def test_an_ungraded_or_unknown_trial_cannot_be_accepted(engine: Engine) -> None:
    with pytest.raises(InputError, match="this one ended as infra_error"):
        accept_trial(engine, "r1-00002", "fine")
    with pytest.raises(NotFoundError):
        accept_trial(engine, "nothing", "fine")
    with writing(engine) as session:
        assert session.get(TrialRow, "r1-00002") is not None
