"""How far many runs are, with one query for all of them: counts per outcome, cost so far, pace of the last trials."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from rexlab.store.database import reading
from rexlab.store.models import GradeRow, Outcome, RunRow, State, TrialRow
from rexlab.store.queries import RunSummary, newest_grade

_RECENT = 40
"""So many of a run's last trials say how fast it goes."""
_PAUSE_S = 60.0
"""A run in which nothing was at work for so long had been stopped: what came before says nothing of its pace."""

_BREATH_S = 5.0
"""Between two trials a worker holds none, for a moment."""
_START_S = 60.0
"""From its plan to its first claim, a run needs the gateway, and environments."""


@dataclass(frozen=True)
class Waiting:
    """A run's trials that have not finished."""

    queued: int = 0
    running: int = 0


@dataclass(frozen=True)
class Cost:
    """What trials have paid for their models, those that a retry replaced too."""

    asked: int = 0
    """Finished trials that asked a model."""
    unpriced: int = 0
    """Those of them whose price is unknown."""
    known_usd: float = 0.0
    """Sum over the others."""

    @property
    def usd(self) -> float | None:
        """None: unknown, because the price of at least one trial is."""
        return None if self.unpriced else self.known_usd


@dataclass(frozen=True)
class Progress:
    """A run, how far it has come, and how it goes on."""

    summary: RunSummary
    silent: int
    """Of the running trials, those whose lease has run out: their workers are dead, or cut off."""
    cost: Cost
    started_at: float | None
    """When the first trial was claimed, in seconds since the epoch; None: none was yet."""
    ended_at: float | None
    """When the last of the finished trials ended."""
    per_second: float | None
    """Finished trials per second, lately; None: nothing is at work, or nothing has ended since work began."""

    @property
    def run(self) -> RunRow:
        return self.summary.run

    @property
    def at_work(self) -> int:
        """Running trials whose workers are alive."""
        return self.summary.running - self.silent

    @property
    def left(self) -> int:
        """Trials that have not finished."""
        return self.summary.queued + self.summary.running

    @property
    def status(self) -> str:
        """As in ``RunSummary``, but that a run on which only dead workers are is ``unfinished``."""
        return self.summary.status if self.at_work or not self.summary.running else "unfinished"

    def moves(self, now: float | None = None) -> bool:
        """Whether somebody works on what is left, did a moment ago, or is about to: it was only just planned."""
        if not self.left or self.at_work or self.run.cancel_requested:
            return bool(self.at_work)
        moment = time.time() if now is None else now
        if self.started_at is None:
            return moment - self.run.created_at < _START_S
        return self.ended_at is not None and moment - self.ended_at < _BREATH_S

    @property
    def left_s(self) -> float | None:
        """Seconds to go at the pace of the last trials; None: that is not known."""
        return self.left / self.per_second if self.left and self.per_second else None


def waiting_trials(engine: Engine) -> dict[str, Waiting]:
    """The unfinished trials of every run that has some, by run id; read from an index alone.

    Raises:
        StoreError: the store cannot be read.
    """
    counts = select(TrialRow.run_id, TrialRow.state, func.count()).group_by(col(TrialRow.run_id), col(TrialRow.state))
    with reading(engine) as session:
        found = session.exec(counts.where(TrialRow.state != State.FINISHED)).all()
    numbers = {(run_id, State(state)): count for run_id, state, count in found}
    return {
        run_id: Waiting(numbers.get((run_id, State.QUEUED), 0), numbers.get((run_id, State.RUNNING), 0))
        for run_id in dict.fromkeys(run_id for run_id, _ in numbers)
    }


def progress_of(engine: Engine, run_ids: Sequence[str], *, now: float | None = None) -> dict[str, Progress]:
    """How far these runs are, by run id; ids of no run are left out. Trials that a retry replaced are not counted.

    Args:
        engine: The store.
        run_ids: A page of runs: they are read in one query.
        now: Seconds since the epoch; the present when None.

    Raises:
        StoreError: the store cannot be read.
    """
    moment = time.time() if now is None else now
    with reading(engine) as session:
        runs = session.exec(select(RunRow).where(col(RunRow.id).in_(run_ids))).all()
        tallies = {run.id: _Tally() for run in runs}
        for run_id, *group in session.execute(_groups(run_ids, moment)):
            tallies[run_id].add(*group)
        busy = [run_id for run_id, tally in tallies.items() if tally.unfinished[State.RUNNING] > tally.silent]
        spans = _recent_spans(session, busy)
    return {run.id: tallies[run.id].progress(run, pace(spans.get(run.id, []), moment)) for run in runs}


def pace(spans: Iterable[tuple[float, float]], now: float) -> float | None:
    """Trials per second from when the last ones of a run started and ended; None: there are none to tell from.

    Args:
        spans: Start and end of each, in seconds since the epoch.
        now: Seconds since the epoch: a run that has slowed down since the last end is slower.
    """
    began = ended = None
    ends: list[float] = []
    for start, end in sorted(spans):
        if began is None or ended is None or start > ended + _PAUSE_S:
            began, ended, ends = start, end, []
        ended = max(ended, end)
        ends.append(end)
    if began is None:
        return None
    if len(ends) == _RECENT:  # the session is longer than what was read of it: count from the first end
        began = min(ends)
        ends.remove(began)
    return len(ends) / max(now - began, 1e-3)


@dataclass
class _Tally:
    """Sums up the groups of one run."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    unfinished: Counter[State] = field(default_factory=Counter)
    silent: int = 0
    asked: int = 0
    unpriced: int = 0
    usd: float = 0.0
    started: float | None = None
    ended: float | None = None

    def add(
        self,
        state: str,
        outcome: str | None,
        replaced: bool,
        count: int,
        silent: int,
        asked: int,
        unpriced: int,
        usd: float | None,
        started: float | None,
        ended: float | None,
    ) -> None:
        if not replaced and state == State.FINISHED:
            self.outcomes[Outcome(outcome or "")] += count
        elif not replaced:
            self.unfinished[State(state)] += count
        self.silent += silent
        self.asked += asked
        self.unpriced += unpriced
        self.usd += usd or 0.0
        self.started = min((t for t in (self.started, started) if t is not None), default=None)
        self.ended = max((t for t in (self.ended, ended) if t is not None), default=None)

    def progress(self, run: RunRow, per_second: float | None) -> Progress:
        summary = RunSummary(run, self.outcomes, self.unfinished[State.QUEUED], self.unfinished[State.RUNNING])
        cost = Cost(self.asked, self.unpriced, self.usd)
        return Progress(summary, self.silent, cost, self.started, self.ended, per_second)


def _groups(run_ids: Sequence[str], now: float) -> Any:
    """Trials of these runs by run, state, outcome, and whether a retry replaced them."""
    replaced = select(TrialRow.replaces_id).where(
        col(TrialRow.run_id).in_(run_ids), col(TrialRow.replaces_id).is_not(None)
    )
    trials = (
        select(  # type: ignore[call-overload,misc]
            TrialRow.run_id,
            TrialRow.state,
            func.coalesce(col(GradeRow.outcome), col(TrialRow.outcome)).label("outcome"),
            col(TrialRow.id).in_(replaced).label("replaced"),
            TrialRow.lease_expires,
            TrialRow.calls,
            TrialRow.cost_usd,
            TrialRow.started_at,
            TrialRow.finished_at,
        )
        .select_from(TrialRow)
        .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
        .where(col(TrialRow.run_id).in_(run_ids))
        .subquery()
    ).c
    keys = (trials.run_id, trials.state, trials.outcome, trials.replaced)
    asked = (trials.state == State.FINISHED) & trials.calls.is_not(None)
    return select(  # type: ignore[call-overload]
        *keys,
        func.count(),
        func.count().filter(trials.state == State.RUNNING, trials.lease_expires < now),
        func.count().filter(asked),
        func.count().filter(asked, trials.cost_usd.is_(None)),
        func.sum(trials.cost_usd),
        func.min(trials.started_at),
        func.max(trials.finished_at),
    ).group_by(*keys)


def _recent_spans(session: Session, run_ids: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    """Start and end of the last trials that these runs' workers finished, by run id."""
    if not run_ids:
        return {}
    place = func.row_number().over(partition_by=col(TrialRow.run_id), order_by=col(TrialRow.finished_at).desc())
    last = (
        select(TrialRow.run_id, TrialRow.started_at, TrialRow.finished_at, place.label("place"))
        .where(col(TrialRow.run_id).in_(run_ids), TrialRow.state == State.FINISHED)
        .where(col(TrialRow.started_at).is_not(None), col(TrialRow.outcome) != Outcome.CANCELLED)
        .subquery()
    ).c
    spans: dict[str, list[tuple[float, float]]] = {run_id: [] for run_id in run_ids}
    query = select(last.run_id, last.started_at, last.finished_at).where(last.place <= _RECENT)
    for run_id, started, ended in session.execute(query):
        spans[run_id].append((started, ended))
    return spans
