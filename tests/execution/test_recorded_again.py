"""A result whose transaction the database broke off is recorded once more, and once only."""

import pytest
from sqlalchemy import event
from tests.store.conftest import Planner
from tests.support.postgres import Postgres

from rexlab.errors import StoreError
from rexlab.execution.trial import Worker
from rexlab.sandbox import backend
from rexlab.settings import Settings
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.models import Outcome
from rexlab.store.queries import events_of, find_trial

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("moment", ["commit", "begin"])
@pytest.mark.parametrize("times", [1, 2])
def test_it_is_recorded_once_more(postgres: Postgres, postgres_url: str, moment: str, times: int) -> None:
    engine = open_engine(postgres_url)
    (trial_id,) = Planner(engine)(1)
    held = claim(engine, trial_id, 60.0)
    assert held is not None
    database = postgres_url.rsplit("/", 1)[1]
    cuts: list[str] = []

    @event.listens_for(engine, moment)
    def cut(_connection: object) -> None:
        if len(cuts) < times:
            cuts.append(moment)
            postgres.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")

    worker = Worker(engine, Settings(), backend("process"))
    if times == 1:
        worker._finish(held, Outcome.NO_PATCH, "the agent changed nothing")
    else:  # twice is no accident
        with pytest.raises(StoreError):
            worker._finish(held, Outcome.NO_PATCH, "the agent changed nothing")
    assert len(cuts) == times
    assert find_trial(engine, trial_id).trial.outcome == (Outcome.NO_PATCH if times == 1 else None)
    assert [e.kind for e in events_of(engine, trial_id)].count("recorded") == (1 if times == 1 else 0)
    engine.dispose()
