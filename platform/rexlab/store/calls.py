"""Calls to models, as the gateway metered them: written as they happen, summed per claim and per run."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, func, insert
from sqlmodel import col, select

from rexlab.store.database import reading, writing
from rexlab.store.models import CallRow

REFUSED = "budget_exceeded"
"""``CallRow.failure`` of a call that never reached the model."""


@dataclass(frozen=True)
class Spent:
    """Sums over calls that reached the model."""

    calls: int
    failures: int
    retries: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    """None: unknown, because the price of at least one answered call is."""
    seconds: float


def save_calls(engine: Engine, rows: Sequence[CallRow]) -> None:
    """Add the rows in one transaction.

    Raises:
        StoreError: the store refused.
    """
    if rows:
        with writing(engine) as session:
            session.execute(insert(CallRow), [row.model_dump(exclude={"id"}) for row in rows])


def spent_by_run(engine: Engine, run_id: str) -> Spent:
    """What all claims of the run's trials have used so far."""
    return _spent(engine, col(CallRow.run_id) == run_id)


def spent_by_trial(engine: Engine, trial_id: str) -> Spent:
    """What all claims of one trial have used."""
    return _spent(engine, col(CallRow.trial_id) == trial_id)


def calls_of(engine: Engine, trial_id: str) -> list[CallRow]:
    """A trial's calls in order, refused ones too."""
    with reading(engine) as session:
        query = select(CallRow).where(CallRow.trial_id == trial_id).order_by(col(CallRow.epoch), col(CallRow.number))
        return list(session.exec(query).all())


def count_calls(engine: Engine, trial_id: str) -> int:
    """How many calls a trial made, refused ones too."""
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(CallRow).where(CallRow.trial_id == trial_id)).one()


def page_of_calls(engine: Engine, trial_id: str, *, offset: int, limit: int) -> list[CallRow]:
    """A trial's calls in order, from this one on, at most so many."""
    with reading(engine) as session:
        query = select(CallRow).where(CallRow.trial_id == trial_id).order_by(col(CallRow.epoch), col(CallRow.number))
        return list(session.exec(query.offset(offset).limit(limit)).all())


def _spent(engine: Engine, condition: ColumnElement[bool]) -> Spent:
    query = select(
        func.count(),
        func.count().filter(col(CallRow.failure) != ""),
        func.count().filter(col(CallRow.failure) == "", col(CallRow.cost_usd).is_(None)),
        *(
            func.coalesce(func.sum(column), 0)
            for column in (
                CallRow.retries,
                CallRow.input_tokens,
                CallRow.cached_tokens,
                CallRow.output_tokens,
                CallRow.cost_usd,
                CallRow.seconds,
            )
        ),
    ).where(condition, col(CallRow.failure) != REFUSED)
    with reading(engine) as session:
        calls, failures, unpriced, retries, read, cached, written, cost, seconds = session.execute(query).one()
    return Spent(calls, failures, retries, read, cached, written, None if unpriced else float(cost), float(seconds))
