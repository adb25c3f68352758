"""Calls to models, as the gateway metered them: written as they happen, summed per claim and per run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, insert
from sqlmodel import col, select

from rexlab.store.call_row import CallRow
from rexlab.store.database import reading, writing

REFUSED = "budget_exceeded"
"""``CallRow.failure`` of a call that never reached the model."""

_REACHED: ColumnElement[bool] = col(CallRow.failure) != REFUSED


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


@dataclass(frozen=True)
class ModelUse:
    """What a model was asked, over all runs."""

    model: str
    spent: Spent
    refused: int
    """Calls that never reached the model, for a budget was used up."""


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


def use_by_model(engine: Engine, since: float | None = None) -> list[ModelUse]:
    """What every model was asked, the most expensive first.

    Args:
        engine: The store.
        since: Seconds since the epoch: of calls from then on; None: of all.

    Raises:
        StoreError: the store cannot be read.
    """
    query = select(CallRow.model, func.count().filter(~_REACHED), *_sums(_REACHED)).group_by(col(CallRow.model))
    if since is not None:
        query = query.where(col(CallRow.at) >= since)
    with reading(engine) as session:
        found = [ModelUse(model, _as_spent(sums), refused) for model, refused, *sums in session.execute(query)]
    return sorted(found, key=lambda use: (-(use.spent.cost_usd or 0.0), -use.spent.calls, use.model))


def _spent(engine: Engine, condition: ColumnElement[bool]) -> Spent:
    query = select(*_sums(_REACHED)).where(condition)
    with reading(engine) as session:
        return _as_spent(session.execute(query).one())


def _sums(counted: ColumnElement[bool]) -> list[Any]:
    """What ``_as_spent`` reads, over the calls that count."""
    return [
        func.count().filter(counted),
        func.count().filter(counted, col(CallRow.failure) != ""),
        func.count().filter(col(CallRow.failure) == "", col(CallRow.cost_usd).is_(None)),
        *(
            func.coalesce(func.sum(column).filter(counted), 0)
            for column in (
                CallRow.retries,
                CallRow.input_tokens,
                CallRow.cached_tokens,
                CallRow.output_tokens,
                CallRow.cost_usd,
                CallRow.seconds,
            )
        ),
    ]


def _as_spent(sums: Sequence[Any]) -> Spent:
    *counts, cost, seconds = sums
    calls, failures, unpriced, retries, read, cached, written = map(int, counts)  # PostgreSQL's sums may be decimals
    return Spent(calls, failures, retries, read, cached, written, None if unpriced else float(cost), float(seconds))
