"""Trials page by page: what a filter leaves, counted and read in SQL, so that a list of a million opens at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Engine, func, null, or_
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import AgentRow, GradeRow, Outcome, State, TrialRow, VariantRow
from rexlab.store.queries import TrialRecord, newest_grade


@dataclass(frozen=True)
class TrialFilter:
    """Which trials are wanted. An empty tuple, and None, ask for nothing: such a field lets every trial through."""

    runs: tuple[str, ...] = ()
    """Ids, of which the trial's run is one; so are those that follow."""
    agents: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    """``suite/name``"""
    masks: tuple[int, ...] = ()
    """Numbers of masked functions; with any, trials of extension tasks are left out."""
    hints: tuple[str, ...] = ()
    """Hint levels; with any, trials of masking tasks are left out."""
    states: tuple[State, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    """Of the newest grade, else of the trial; with any, trials that have not finished are left out."""
    ended_from: float | None = None
    """Seconds since the epoch, that second included; trials that have not ended are left out."""
    ended_before: float | None = None
    """Likewise, that second not included."""
    replaced: bool = False
    """Whether those that a retry replaced are wanted too."""


class Place(NamedTuple):
    """Where a trial stands in the matrix of its run; of those there, the one that no retry replaced counts."""

    run: str
    agent: str
    """Its id; so are the two around it."""
    variant: str
    attempt: int


def count_trials(engine: Engine, wanted: TrialFilter) -> int:
    """How many trials the filter leaves.

    Raises:
        StoreError: the store cannot be read.
    """
    query = select(func.count()).select_from(TrialRow)
    if wanted.outcomes:
        query = query.join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
    with reading(engine) as session:
        return session.exec(query.where(*_conditions(wanted))).one()


def page_of_trials(
    engine: Engine, wanted: TrialFilter, *, offset: int, limit: int, newest_first: bool = False
) -> list[TrialRecord]:
    """The trials that the filter leaves, from this one on, at most so many.

    Args:
        engine: The store.
        wanted: Which trials.
        offset: How many to skip.
        limit: How many at most.
        newest_first: Those that have not ended first, then by their end, the latest first; else by run and position.

    Raises:
        StoreError: the store cannot be read.
    """
    order: list[Any] = [col(TrialRow.run_id), col(TrialRow.position)]
    if newest_first:
        order = [col(TrialRow.finished_at).is_(None).desc(), col(TrialRow.finished_at).desc(), *order]
    ids = select(TrialRow.id)
    if wanted.outcomes:
        ids = ids.join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
    ids = ids.where(*_conditions(wanted)).order_by(*order).offset(offset).limit(limit)
    with reading(engine) as session:
        here = session.exec(ids).all()  # rows are wide: only those of the page are read whole
        query = (
            select(TrialRow, VariantRow, AgentRow, GradeRow)
            .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
            .join(AgentRow, col(AgentRow.id) == TrialRow.agent_id)
            .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
            .where(col(TrialRow.id).in_(here))
            .order_by(*order)
        )
        return [TrialRecord(*row) for row in session.exec(query).all()]


def trials_at(engine: Engine, places: Sequence[Place]) -> dict[Place, str]:
    """Ids of the trials that stand at these places; a place is left out where no trial does.

    Raises:
        StoreError: the store cannot be read.
    """
    columns = [col(TrialRow.run_id), col(TrialRow.agent_id), col(TrialRow.variant_id), col(TrialRow.attempt)]
    query = select(*columns, col(TrialRow.id))  # type: ignore[call-overload]
    for column, values in zip(columns, zip(*places, strict=True), strict=True) if places else ():
        query = query.where(column.in_(set(values)))  # more than the places, and far fewer than all
    query = query.where(*_conditions(TrialFilter(runs=tuple({place.run for place in places}))))
    wanted = set(places)
    with reading(engine) as session:
        rows = session.exec(query).all() if places else []
    return {place: row[-1] for row in rows if (place := Place(*row[:-1])) in wanted}


def _conditions(wanted: TrialFilter) -> list[ColumnElement[bool]]:
    found: list[Any] = []
    if wanted.runs:
        found.append(col(TrialRow.run_id).in_(wanted.runs))
    if wanted.agents:
        found.append(col(TrialRow.agent_id).in_(wanted.agents))
    if of_variant := _variant_conditions(wanted):
        found.append(col(TrialRow.variant_id).in_(select(VariantRow.id).where(*of_variant)))
    if wanted.states:
        found.append(col(TrialRow.state).in_(wanted.states))
    if wanted.outcomes:
        found.append(col(TrialRow.state) == State.FINISHED)
        found.append(func.coalesce(col(GradeRow.outcome), col(TrialRow.outcome)).in_(wanted.outcomes))
    if wanted.ended_from is not None:
        found.append(col(TrialRow.finished_at) >= wanted.ended_from)
    if wanted.ended_before is not None:
        found.append(col(TrialRow.finished_at) < wanted.ended_before)
    if not wanted.replaced:
        gone = select(TrialRow.replaces_id).where(col(TrialRow.replaces_id).is_not(null()))
        if wanted.runs:  # a retry is of the same run
            gone = gone.where(col(TrialRow.run_id).in_(wanted.runs))
        found.append(col(TrialRow.id).not_in(gone))
    return found


def _variant_conditions(wanted: TrialFilter) -> list[ColumnElement[bool]]:
    found: list[Any] = []
    if wanted.suites:
        found.append(or_(*(col(VariantRow.task).startswith(f"{suite}/", autoescape=True) for suite in wanted.suites)))
    if wanted.tasks:
        found.append(col(VariantRow.task).in_(wanted.tasks))
    if wanted.masks:
        found += [col(VariantRow.kind) == "masking", col(VariantRow.masks).in_(wanted.masks)]
    if wanted.hints:
        level = func.coalesce(VariantRow.__table__.c.shown["hints"].as_string(), "default")  # type: ignore[attr-defined]
        found += [col(VariantRow.kind) == "extension", level.in_(wanted.hints)]
    return found
