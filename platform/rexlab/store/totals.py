"""Totals over everything the store ever recorded, kept up to date from what is new: no look reads it all again."""

import time
from collections.abc import Callable, Iterator

from sqlalchemy import ColumnElement, Engine, func
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col, select

from rexlab.store.call_row import CallRow
from rexlab.store.calls import REFUSED
from rexlab.store.database import reading
from rexlab.store.models import AgentRow, EventRow, TrialRow

PHASES = ("prepare", "solve", "verify", "capture", "grade")
Sums = dict[tuple[str, ...], tuple[float, ...]]
_Sum = Callable[[Session, int, int], Iterator[tuple[tuple[str, ...], tuple[float, ...]]]]
"""Gives the sums by group over the rows after one id, up to another."""
_SETTLES_S = 30.0
"""No transaction takes so long: afterwards every row with a smaller id is there, or will never be."""


class Totals:
    """Sums over a table that only grows, by groups. One thread at a time may read it."""

    def __init__(self, engine: Engine, table: type[EventRow] | type[CallRow], sums: _Sum) -> None:
        self._engine = engine
        self._table = table
        self._sums = sums
        self._known: Sums = {}
        self._settled = 0
        self._mark, self._marked_at = 0, time.monotonic()

    def read(self) -> Sums:
        """The sums of each group as they are now.

        Raises:
            StoreError: the store cannot be read.
        """
        now = time.monotonic()
        with reading(self._engine) as session:
            newest = session.exec(select(func.max(self._table.id))).one() or 0
            if now - self._marked_at > _SETTLES_S or not self._mark:
                self._known = self._with(session, self._settled, self._mark)
                self._settled, self._mark, self._marked_at = self._mark, newest, now
            return self._with(session, self._settled, newest)

    def _with(self, session: Session, after: int, last: int) -> Sums:
        """What is known and the rows after one id up to another."""
        found = dict(self._known)
        if last > after:
            for group, new in self._sums(session, after, last):
                old = found.get(group)
                found[group] = new if old is None else tuple(a + b for a, b in zip(old, new, strict=True))
        return found


def finished_totals(engine: Engine) -> Totals:
    """Trials that were run to an end, by kind of agent (``reference``, ``simulated``, ``agent``) and outcome: how many,
    and for each of ``PHASES`` how many went through it and the seconds it took them all."""

    def sums(session: Session, after: int, last: int) -> Iterator[tuple[tuple[str, ...], tuple[float, ...]]]:
        groups = (col(AgentRow.reference), col(AgentRow.simulated), col(TrialRow.outcome))
        seconds = [col(TrialRow.timings)[phase].as_float() for phase in PHASES]
        measured = [of(column) for column in seconds for of in (func.count, func.sum)]
        query = (
            select(*groups, func.count(), *measured)
            .select_from(EventRow)
            .join(TrialRow, col(TrialRow.id) == EventRow.trial_id)
            .join(AgentRow, col(AgentRow.id) == TrialRow.agent_id)
            .where(*_between(col(EventRow.id), after, last), EventRow.kind == "recorded")
            .group_by(*groups)
        )
        for reference, simulated, outcome, *numbers in session.execute(query):
            agent = "reference" if reference else "simulated" if simulated else "agent"
            yield (agent, str(outcome)), tuple(float(n or 0) for n in numbers)

    return Totals(engine, EventRow, sums)


def spending_totals(engine: Engine) -> Totals:
    """Calls to models by model: answered, failed, refused, answered at an unknown price; tokens read, cached of these,
    and written; US dollars."""

    def sums(session: Session, after: int, last: int) -> Iterator[tuple[tuple[str, ...], tuple[float, ...]]]:
        failure, tokens = col(CallRow.failure), (CallRow.input_tokens, CallRow.cached_tokens, CallRow.output_tokens)
        query = (
            select(  # type: ignore[call-overload]
                CallRow.model,
                func.count().filter(failure == ""),
                func.count().filter(failure.not_in(["", REFUSED])),
                func.count().filter(failure == REFUSED),
                func.count().filter(failure == "", col(CallRow.cost_usd).is_(None)),
                *(func.sum(column) for column in (*tokens, CallRow.cost_usd)),
            )
            .where(*_between(col(CallRow.id), after, last))
            .group_by(CallRow.model)
        )
        for model, *numbers in session.execute(query):
            yield (model,), tuple(float(n or 0) for n in numbers)

    return Totals(engine, CallRow, sums)


def _between(column: "Mapped[int | None]", after: int, last: int) -> tuple[ColumnElement[bool], ...]:
    return column > after, column <= last
