"""Read the store: the one place that knows how runs, trials and grades hang together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Engine, ScalarSelect, func
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, select

from rexlab.errors import NotFoundError
from rexlab.store.database import reading
from rexlab.store.models import (
    AgentRow,
    ArtifactRow,
    EventRow,
    GradeRow,
    MetricRow,
    Outcome,
    RunRow,
    State,
    TrialRow,
    VariantRow,
)

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class RunSummary:
    """A run and how far it has come. Trials that a retry replaced are not counted."""

    run: RunRow
    outcomes: Counter[Outcome]
    queued: int
    running: int

    @property
    def finished(self) -> int:
        return self.outcomes.total()

    @property
    def total(self) -> int:
        return self.finished + self.queued + self.running

    @property
    def status(self) -> str:
        if self.running:
            return "running"
        if self.queued:
            return "unfinished"
        return "cancelled" if self.run.cancel_requested else "finished"


@dataclass(frozen=True)
class TrialRecord:
    """A trial with what it was and how it ended."""

    trial: TrialRow
    variant: VariantRow
    agent: AgentRow
    grade: GradeRow | None
    """The newest grade; None when it never came to grading."""

    @property
    def outcome(self) -> Outcome | None:
        """What counts: the newest grade's outcome where there is a grade, else how the trial ended."""
        return self.grade.outcome if self.grade else self.trial.outcome

    @property
    def detail(self) -> str:
        return self.grade.detail if self.grade else self.trial.detail


def find_run(engine: Engine, run_id: str) -> RunRow:
    """The run with this id, or whose id alone begins so; ``latest`` is the newest.

    Raises:
        NotFoundError: none or several.
    """
    with reading(engine) as session:
        if exact := session.get(RunRow, run_id):
            return exact
        query = select(RunRow).order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())
        if run_id != "latest":
            query = query.where(col(RunRow.id).startswith(run_id, autoescape=True))
        found = session.exec(query.limit(2)).all()
    if len(found) == 1 or (run_id == "latest" and found):
        return found[0]
    problem = f"several runs begin with {run_id!r}" if found else f"there is no run {run_id!r}"
    raise NotFoundError(f"{problem}; `rexlab runs list` shows what there is")


def find_trial(engine: Engine, trial_id: str) -> TrialRecord:
    """One trial.

    Raises:
        NotFoundError: there is none with that id.
    """
    records = _records(engine, col(TrialRow.id) == trial_id)
    if not records:
        raise NotFoundError(f"there is no trial {trial_id!r}; `rexlab trials list RUN` shows what there is")
    return records[0]


def list_runs(engine: Engine) -> list[RunSummary]:
    """All runs, the newest first."""
    with reading(engine) as session:
        runs = session.exec(select(RunRow).order_by(col(RunRow.created_at).desc(), col(RunRow.id).desc())).all()
    return [summarize(engine, run) for run in runs]


def summarize(engine: Engine, run: RunRow) -> RunSummary:
    """Count a run's trials by outcome, each trial by its newest grade."""
    effective = func.coalesce(col(GradeRow.outcome), col(TrialRow.outcome))
    replaced = select(TrialRow.replaces_id).where(TrialRow.run_id == run.id, col(TrialRow.replaces_id).is_not(None))
    query = (
        select(TrialRow.state, effective, func.count())
        .select_from(TrialRow)
        .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
        .where(TrialRow.run_id == run.id, col(TrialRow.id).not_in(replaced))
        .group_by(col(TrialRow.state), effective)
    )
    outcomes: Counter[Outcome] = Counter()
    unfinished: Counter[State] = Counter()
    with reading(engine) as session:
        fresh = session.get(RunRow, run.id) or run
        for state, outcome, count in session.exec(query).all():
            if state is State.FINISHED:
                outcomes[Outcome(outcome)] += count
            else:
                unfinished[State(state)] += count
    return RunSummary(fresh, outcomes, unfinished[State.QUEUED], unfinished[State.RUNNING])


def list_trials(engine: Engine, run_ids: Sequence[str], *, replaced: bool = False) -> list[TrialRecord]:
    """The runs' trials in order; those that a retry replaced only when asked for."""
    records = _records(engine, col(TrialRow.run_id).in_(run_ids))
    gone = {r.trial.replaces_id for r in records}
    return [r for r in records if replaced or r.trial.id not in gone]


def agents_of_run(engine: Engine, run_id: str) -> list[AgentRow]:
    """The agents of a run, in the order of their first trials."""
    first = func.min(col(TrialRow.position))
    with reading(engine) as session:
        query = (
            select(AgentRow)
            .join(TrialRow, col(TrialRow.agent_id) == AgentRow.id)
            .where(TrialRow.run_id == run_id)
            .group_by(col(AgentRow.id))
            .order_by(first)
        )
        return list(session.exec(query).all())


def unfinished_trials(engine: Engine, run_id: str) -> list[str]:
    """Ids of the run's queued trials, in order."""
    with reading(engine) as session:
        query = select(TrialRow.id).where(TrialRow.run_id == run_id, TrialRow.state == State.QUEUED)
        return list(session.exec(query.order_by(col(TrialRow.position))).all())


def running_trials(engine: Engine) -> list[TrialRow]:
    """All trials that some worker has claimed and not finished."""
    with reading(engine) as session:
        return list(session.exec(select(TrialRow).where(TrialRow.state == State.RUNNING)).all())


def cancel_requested(engine: Engine, run_id: str) -> bool:
    """Whether somebody asked for the run's end."""
    with reading(engine) as session:
        return bool(session.exec(select(RunRow.cancel_requested).where(RunRow.id == run_id)).one_or_none())


def grades_of(engine: Engine, trial_id: str) -> list[GradeRow]:
    """All grades of a trial, the oldest first."""
    with reading(engine) as session:
        return list(
            session.exec(select(GradeRow).where(GradeRow.trial_id == trial_id).order_by(col(GradeRow.id))).all()
        )


def metrics_of(engine: Engine, grade: GradeRow) -> list[MetricRow]:
    """The values of a grade, in the task's order."""
    with reading(engine) as session:
        return list(
            session.exec(select(MetricRow).where(MetricRow.grade_id == grade.id).order_by(col(MetricRow.id))).all()
        )


def artifacts_of(engine: Engine, trial_id: str) -> list[ArtifactRow]:
    """The artifacts of a trial, the oldest first."""
    return _of_trial(engine, ArtifactRow, trial_id)


def events_of(engine: Engine, trial_id: str) -> list[EventRow]:
    """What happened to a trial, in order."""
    return _of_trial(engine, EventRow, trial_id)


def _of_trial(engine: Engine, table: type[Row], trial_id: str) -> list[Row]:
    columns = table.__table__.c  # type: ignore[attr-defined]
    with reading(engine) as session:
        return list(session.exec(select(table).where(columns.trial_id == trial_id).order_by(columns.id)).all())


def newest_grade() -> ScalarSelect[int]:
    """In a query of trials, the id of a trial's newest grade: the one that counts.

    It is looked up trial by trial: a run is read as fast in a store of a million trials as in one of its own.
    """
    grade = aliased(GradeRow)
    return select(func.max(grade.id)).where(grade.trial_id == TrialRow.id).correlate(TrialRow).scalar_subquery()


def _records(engine: Engine, condition: object) -> list[TrialRecord]:
    query = (
        select(TrialRow, VariantRow, AgentRow, GradeRow)
        .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
        .join(AgentRow, col(AgentRow.id) == TrialRow.agent_id)
        .join(GradeRow, col(GradeRow.id) == newest_grade(), isouter=True)
        .where(condition)  # type: ignore[arg-type]
        .order_by(col(TrialRow.run_id), col(TrialRow.position))
    )
    with reading(engine) as session:
        return [TrialRecord(*row) for row in session.exec(query).all()]
