"""How many trials wait and how many are at work, over all runs."""

from collections import Counter
from typing import Literal

from sqlalchemy import ColumnElement, Engine, func
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.leases import shared_clock
from rexlab.store.models import RunRow, State, TrialRow

Standing = Literal["queued", "running", "silent"]


def standing(engine: Engine) -> Counter[tuple[str, Standing]]:
    """Unfinished trials by their run's executor and how they stand: ``silent`` ones are at work as far as the store
    knows, but their lease has run out.

    Raises:
        StoreError: the store cannot be read.
    """

    def count(state: State, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        # run by run, for the index knows the states of a run's trials: what is finished is not looked at
        query = select(func.count()).where(TrialRow.run_id == RunRow.id, TrialRow.state == state, *conditions)
        return query.correlate(RunRow).scalar_subquery()

    found: Counter[tuple[str, Standing]] = Counter()
    with reading(engine) as session:
        late = col(TrialRow.lease_expires) < shared_clock(session)
        numbers = (count(State.QUEUED), count(State.RUNNING), count(State.RUNNING, late))
        for executor, queued, claimed, silent in session.execute(select(RunRow.executor, *numbers)):
            found[executor, "queued"] += queued
            found[executor, "running"] += claimed - silent
            found[executor, "silent"] += silent
    return found
