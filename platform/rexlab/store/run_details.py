"""One run in SQL: its trials by task, agent and outcome, and how long their phases took."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, func
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import GradeRow, Outcome, State, TrialRow, VariantRow
from rexlab.store.queries import newest_grade

PHASES = ("prepare", "solve", "capture", "grade")
"""Of ``TrialRow.timings``, in the order in which a trial goes through them."""


@dataclass(frozen=True)
class Tally:
    """How many trials of one task and one agent are where."""

    task: str
    agent_id: str
    state: State
    outcome: Outcome | None
    """By the newest grade; None: not finished."""
    trials: int


@dataclass(frozen=True)
class PhaseTimes:
    """Seconds per phase of finished trials."""

    agent_id: str
    seconds: tuple[float | None, ...]
    """Of one trial, as ``PHASES``; None: it did not come that far."""


def tally_run(engine: Engine, run_id: str) -> list[Tally]:
    """The run's trials by task, agent and outcome; those that a retry replaced are not counted.

    Raises:
        StoreError: the store cannot be read.
    """
    outcome = func.coalesce(col(GradeRow.outcome), col(TrialRow.outcome))
    replaced = select(TrialRow.replaces_id).where(TrialRow.run_id == run_id, col(TrialRow.replaces_id).is_not(None))
    keys = (VariantRow.task, TrialRow.agent_id, TrialRow.state, outcome)
    query = (
        select(*keys, func.count())  # type: ignore[call-overload]
        .select_from(TrialRow)
        .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
        .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
        .where(TrialRow.run_id == run_id, col(TrialRow.id).not_in(replaced))
        .group_by(*keys)
        .order_by(col(VariantRow.task))
    )
    with reading(engine) as session:
        return [
            Tally(task, agent, State(state), Outcome(ended) if ended else None, count)
            for task, agent, state, ended, count in session.exec(query).all()
        ]


def phase_times(engine: Engine, run_id: str, *, most: int) -> Sequence[PhaseTimes]:
    """Of the run's last finished trials in the order of its plan, at most so many: the seconds of their phases.

    Raises:
        StoreError: the store cannot be read.
    """
    timings = TrialRow.__table__.c.timings  # type: ignore[attr-defined]
    query = (
        select(TrialRow.agent_id, *(timings[phase].as_float() for phase in PHASES))
        .where(TrialRow.run_id == run_id, TrialRow.state == State.FINISHED, col(TrialRow.started_at).is_not(None))
        .order_by(col(TrialRow.position).desc())
        .limit(most)
    )
    with reading(engine) as session:
        return [PhaseTimes(agent, tuple(seconds)) for agent, *seconds in session.exec(query).all()]
