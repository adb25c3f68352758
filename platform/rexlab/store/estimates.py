"""What finished trials took and cost, summed by agent and task in the database: what estimates of new runs rest on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import AgentRow, Outcome, State, TrialRow, VariantRow

_SAY_NOTHING = (Outcome.CANCELLED, Outcome.INFRA_ERROR)
"""Ends that came from outside, at any moment."""


@dataclass(frozen=True)
class Past:
    """Sums over the finished trials of one agent at one task."""

    agent_id: str
    harness: str
    model: str | None
    simulated: bool
    task: str
    trials: int
    """With a known time."""
    seconds: float
    """From a trial's start to its end, summed."""
    seconds_squared: float
    """Sum of squares."""
    costs: int
    """Trials with a known cost."""
    usd: float
    usd_squared: float


def past_trials(engine: Engine, harnesses: Sequence[str]) -> list[Past]:
    """The sums of all agents of these harnesses; those without a finished trial have none.

    Raises:
        StoreError: the store cannot be read.
    """
    took = col(TrialRow.finished_at) - col(TrialRow.started_at)
    cost = col(TrialRow.cost_usd)
    query = (
        select(  # type: ignore[call-overload]
            AgentRow.id,
            AgentRow.harness,
            AgentRow.model,
            AgentRow.simulated,
            VariantRow.task,
            func.count(took),
            func.coalesce(func.sum(took), 0.0),
            func.coalesce(func.sum(took * took), 0.0),
            func.count(cost),
            func.coalesce(func.sum(cost), 0.0),
            func.coalesce(func.sum(cost * cost), 0.0),
        )
        .select_from(TrialRow)
        .join(AgentRow, col(AgentRow.id) == TrialRow.agent_id)
        .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
        .where(col(AgentRow.harness).in_(harnesses), TrialRow.state == State.FINISHED)
        .where(col(TrialRow.outcome).not_in(_SAY_NOTHING))
        .group_by(
            col(AgentRow.id),
            col(AgentRow.harness),
            col(AgentRow.model),
            col(AgentRow.simulated),
            col(VariantRow.task),
        )
        .order_by(col(AgentRow.id), col(VariantRow.task))
    )
    with reading(engine) as session:
        return [Past(*row) for row in session.exec(query).all()]


def models_seen(engine: Engine) -> list[str]:
    """Names of the models that agents of the store ask, sorted.

    Raises:
        StoreError: the store cannot be read.
    """
    query = select(AgentRow.model).where(col(AgentRow.model).is_not(None)).distinct()
    with reading(engine) as session:
        return sorted(name for name in session.exec(query).all() if name)
