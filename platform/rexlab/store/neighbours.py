"""What stands around a trial: the one before and the one after it in its run, and the one that replaced it."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import Outcome, TrialRow

_REPEATED = (Outcome.INFRA_ERROR, Outcome.CANCELLED)
"""Outcomes of trials that a retry may replace; for all others there is no need to look through the run."""


@dataclass(frozen=True)
class Neighbours:
    """Ids of trials of the same run; None where there is none."""

    previous: str | None
    following: str | None
    replaced_by: str | None
    """The retry that repeats it."""


def neighbours(engine: Engine, trial: TrialRow) -> Neighbours:
    """The trials around this one, by their place in the run.

    Raises:
        StoreError: the store cannot be read.
    """
    of_run = select(TrialRow.id).where(TrialRow.run_id == trial.run_id)
    position = col(TrialRow.position)
    retry = of_run.where(col(TrialRow.replaces_id) == trial.id).limit(1)
    with reading(engine) as session:
        return Neighbours(
            previous=session.exec(of_run.where(position < trial.position).order_by(position.desc()).limit(1)).first(),
            following=session.exec(of_run.where(position > trial.position).order_by(position).limit(1)).first(),
            replaced_by=session.exec(retry).first() if trial.outcome in _REPEATED else None,
        )
