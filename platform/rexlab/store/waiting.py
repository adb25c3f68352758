"""What a run still has to do, task by task."""

from collections.abc import Sequence

from sqlalchemy import Engine, func
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import Outcome, State, TrialRow, VariantRow
from rexlab.store.queries import TrialRecord, find_trial


def waiting_by_task(engine: Engine, run_id: str, ended: Sequence[Outcome] = ()) -> list[TrialRecord]:
    """Of each task that has queued trials in the run, or finished ones with these outcomes, the first of them."""
    wanted = col(TrialRow.state) == State.QUEUED
    if ended:
        wanted |= col(TrialRow.outcome).in_(ended)
    query = (
        select(func.min(TrialRow.id))
        .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
        .where(TrialRow.run_id == run_id, wanted)
        .group_by(col(VariantRow.task), col(VariantRow.task_digest))
        .order_by(func.min(TrialRow.position))
    )
    with reading(engine) as session:
        ids = session.exec(query).all()
    return [find_trial(engine, trial_id) for trial_id in ids]
