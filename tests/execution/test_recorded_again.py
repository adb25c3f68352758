"""What the agent left, or a result, whose transaction the database broke off is recorded once more, and once only."""

from typing import Any

import pytest
from sqlalchemy import Engine, event
from tests.store.conftest import Planner
from tests.support.postgres import Postgres

from rexlab.errors import StoreError
from rexlab.execution.trial import Worker
from rexlab.sandbox import backend
from rexlab.settings import Settings
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.models import ArtifactRow, GradeRow, MetricRow, Outcome
from rexlab.store.queries import artifacts_of, events_of, find_trial, grades_of, metrics_of
from rexlab.store.records import GradeRecord, save_solved

pytestmark = pytest.mark.postgres


def graded(trial_id: str) -> GradeRecord:
    grade = GradeRow(
        trial_id=trial_id,
        created_at=1.0,
        reason="trial",
        outcome=Outcome.PASSED,
        credit=1.0,
        seconds=1.0,
        sandbox="process",
        platform_version="0",
        task_digest="t",
    )
    value = MetricRow(
        grade_id=0,
        experiment="main",
        metric="sum",
        position=0,
        hidden=False,
        observed=1.0,
        target=1.0,
        tolerance=0.1,
        margin=0.1,
        passed=True,
    )
    return GradeRecord(grade, [value])


def cut_off(engine: Engine, postgres: Postgres, moment: str, times: int) -> list[str]:
    """From now on the server ends so many transactions when they come to that moment; the list tells of each."""
    cuts: list[str] = []
    database = engine.url.database

    @event.listens_for(engine, moment)
    def cut(_connection: object) -> None:
        if len(cuts) < times:
            cuts.append(moment)
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")

    return cuts


@pytest.mark.parametrize("moment", ["commit", "begin"])
@pytest.mark.parametrize("times", [1, 2])
def test_it_is_recorded_once_more(postgres: Postgres, postgres_url: str, moment: str, times: int) -> None:
    engine = open_engine(postgres_url)
    (trial_id,) = Planner(engine)(1)
    held = claim(engine, trial_id, 60.0)
    assert held is not None
    cuts = cut_off(engine, postgres, moment, times)
    worker = Worker(engine, Settings(), backend("process"))
    if times == 1:
        worker._finish(held, Outcome.PASSED, "", grade=graded(trial_id))
    else:  # twice is no accident
        with pytest.raises(StoreError):
            worker._finish(held, Outcome.PASSED, "", grade=graded(trial_id))
    assert len(cuts) == times
    assert find_trial(engine, trial_id).trial.outcome == (Outcome.PASSED if times == 1 else None)
    assert [e.kind for e in events_of(engine, trial_id)].count("recorded") == (1 if times == 1 else 0)
    assert [len(metrics_of(engine, grade)) for grade in grades_of(engine, trial_id)] == ([1] if times == 1 else [])
    engine.dispose()


@pytest.mark.parametrize("moment", ["commit", "begin"])
def test_what_the_agent_left_is_kept_once(postgres: Postgres, postgres_url: str, moment: str) -> None:
    engine = open_engine(postgres_url)
    (trial_id,) = Planner(engine)(1)
    held = claim(engine, trial_id, 60.0)
    assert held is not None
    what: dict[str, Any] = dict.fromkeys(("agent_outcome", "claims", "mutations", "usage", "selection", "file_recall"))
    what |= {"detail": "", "timings": {"solve": 2.0}, "claims_problem": "", "notes": ["a link was left out"]}
    what["artifacts"] = [ArtifactRow(trial_id=trial_id, kind="patch", path="p", size=1, sha256="0")]
    cuts = cut_off(engine, postgres, moment, 1)
    worker = Worker(engine, Settings(), backend("process"))
    worker._record(save_solved, held, **what)
    assert cuts == [moment]
    worker._record(save_solved, held, **what)  # as after an answer that was lost
    assert find_trial(engine, trial_id).trial.solve_s == 2.0
    assert [e.kind for e in events_of(engine, trial_id)] == ["claimed", "noted", "solved"]
    assert [a.kind for a in artifacts_of(engine, trial_id)] == ["patch"]
    engine.dispose()
