"""Write what happened: a run's plan, an agent's patch, a trial's result, a later grade. One transaction each."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from rexlab.errors import NotFoundError
from rexlab.store.changes import raise_revision
from rexlab.store.database import BY_ONE_WRITER, writing
from rexlab.store.leases import Claim, log, require_held
from rexlab.store.models import (
    AgentRow,
    ArtifactRow,
    GradeRow,
    MetricRow,
    Outcome,
    RunRow,
    State,
    TrialRow,
    VariantRow,
)

_BATCH = 500


@dataclass
class GradeRecord:
    """A grade with all its values, ready to be written."""

    grade: GradeRow
    metrics: list[MetricRow] = field(default_factory=list)
    artifacts: list[ArtifactRow] = field(default_factory=list)


def save_run(
    engine: Engine,
    run: RunRow,
    variants: Sequence[VariantRow],
    agents: Sequence[AgentRow],
    trials: Sequence[TrialRow],
) -> None:
    """Write a planned run with all its trials; variants and agents that other runs share are kept as they are."""
    with writing(engine) as session:
        session.add(run)
        session.flush()
        _insert_new(session, VariantRow, variants)
        _insert_new(session, AgentRow, agents)
        rows = [trial.model_dump() for trial in trials]
        for start in range(0, len(rows), _BATCH):
            session.execute(insert(TrialRow), rows[start : start + _BATCH])


def _insert_new(
    session: Session, table: type[VariantRow] | type[AgentRow], rows: Sequence[VariantRow | AgentRow]
) -> None:
    """Another run may be planned at this moment: all add rows in one order, so that no two wait for each other."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    new = [row.model_dump() for _, row in sorted({row.id: row for row in rows}.items())]
    for start in range(0, len(new), _BATCH):
        session.execute(dialect.insert(table).on_conflict_do_nothing(), new[start : start + _BATCH])


def save_solved(
    engine: Engine,
    held: Claim,
    *,
    agent_outcome: Outcome | None,
    detail: str,
    timings: dict[str, float],
    claims: Mapping[str, object] | None,
    claims_problem: str,
    mutations: dict[str, str] | None,
    usage: Mapping[str, Any] | None,
    selection: dict[str, object] | None,
    file_recall: float | None,
    notes: Sequence[str],
    artifacts: Sequence[ArtifactRow],
) -> None:
    """Keep what the agent left, before it is graded. Kept already, it stays what it is.

    Raises:
        LeaseLostError: another worker has the trial now.
    """
    with writing(engine) as session:
        row = require_held(session, held)
        if row.solved_at is not None:
            return
        row.solved_at = time.time()
        row.agent_outcome, row.detail = agent_outcome, detail
        row.timings, row.mutations = timings, mutations
        row.usage, row.selection, row.file_recall = None if usage is None else dict(usage), selection, file_recall
        row.calls, row.tokens, row.cost_usd, row.solve_s = *spent_on(usage), timings.get("solve")
        row.claims, row.claims_problem = None if claims is None else dict(claims), claims_problem
        session.add(row)
        _insert(session, ArtifactRow, artifacts)
        for note in notes:
            log(session, row.id, "noted", note)
        log(session, row.id, "solved", agent_outcome or "the agent ended by itself")


def spent_on(usage: Mapping[str, Any] | None) -> tuple[int | None, int | None, float | None]:
    """Calls, tokens and USD of a trial: all None where it asked no model, USD also where the price is unknown."""
    if usage is None:
        return None, None, None
    return usage["calls"], usage["input_tokens"] + usage["output_tokens"], usage["cost_usd"]


def save_result(
    engine: Engine,
    held: Claim,
    *,
    outcome: Outcome,
    detail: str,
    timings: dict[str, float],
    flags: list[str],
    sandbox: str,
    grade: GradeRecord | None = None,
) -> None:
    """Finish a trial.

    Raises:
        LeaseLostError: another worker has the trial now.
    """
    with writing(engine) as session:
        row = require_held(session, held)
        row.state, row.finished_at = State.FINISHED, time.time()
        row.lease_owner = row.lease_expires = None
        row.outcome, row.detail, row.flags, row.sandbox = outcome, detail, flags, sandbox
        row.timings = {**row.timings, **timings}
        session.add(row)
        if grade is not None:
            _add_grade(session, grade)
        log(session, row.id, "recorded", outcome)
        raise_revision(session, row.run_id)


def save_grade(engine: Engine, record: GradeRecord) -> int:
    """Add a grade to a finished trial; earlier ones stay. Returns its id."""
    with writing(engine) as session:
        log(session, record.grade.trial_id, record.grade.reason, record.grade.outcome)
        added = _add_grade(session, record)
        raise_revision(session, session.exec(select(TrialRow.run_id).where(TrialRow.id == record.grade.trial_id)).one())
        return added


def _add_grade(session: Session, record: GradeRecord) -> int:
    # a copy: a session takes what it was given for written, even when its commit fails, and would not write it again
    grade = GradeRow(**record.grade.model_dump(exclude={"id"}))
    session.add(grade)
    session.flush()
    if grade.id is None:  # pragma: no cover - a flushed row has its key
        raise AssertionError("the database gave the grade no id")
    _insert(session, MetricRow, record.metrics, grade_id=grade.id)
    _insert(session, ArtifactRow, record.artifacts, grade_id=grade.id)
    return grade.id


def _insert(
    session: Session,
    table: type[MetricRow] | type[ArtifactRow],
    rows: Sequence[MetricRow | ArtifactRow],
    **same: object,
) -> None:
    """Without the session's bookkeeping, which costs more than all the rest of a small trial's result."""
    if rows:
        session.execute(insert(table), [{**row.model_dump(exclude={"id"}), **same} for row in rows])


def cancel_queued(engine: Engine, run_id: str) -> int:
    """Ask the run's workers to stop, and end all its queued trials as cancelled; returns how many those were.

    A run of which nothing is left to do stays what it is.

    Raises:
        NotFoundError: there is no such run.
    """
    with writing(engine) as session:
        run = session.get(RunRow, run_id)
        if run is None:
            raise NotFoundError(f"there is no run {run_id}")
        left = select(TrialRow.id).where(TrialRow.run_id == run_id, TrialRow.state != State.FINISHED)
        if session.exec(left.limit(1)).first() is None:
            return 0
        ended = session.execute(
            update(TrialRow)
            .where(col(TrialRow.run_id) == run_id, col(TrialRow.state) == State.QUEUED)
            .values(
                state=State.FINISHED,
                outcome=Outcome.CANCELLED,
                detail="cancelled before it was run",
                finished_at=time.time(),
            )
            .returning(col(TrialRow.id))
        ).all()
        run.cancel_requested = True
        session.add(run)
        raise_revision(session, run_id)
        return len(ended)


def clear_cancel(engine: Engine, run_id: str) -> None:
    """Let workers take the run's trials again."""
    with writing(engine) as session:
        session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(cancel_requested=False))
        raise_revision(session, run_id)


def queue_retries(engine: Engine, run_id: str, outcomes: Sequence[Outcome]) -> list[str]:
    """For every trial with one of these outcomes that no other trial replaces yet, queue a new one that does."""
    with writing(engine) as session:
        session.get(RunRow, run_id, with_for_update=BY_ONE_WRITER)  # one at a time adds trials
        trials = session.exec(select(TrialRow).where(TrialRow.run_id == run_id).order_by(col(TrialRow.position))).all()
        replaced = {t.replaces_id for t in trials}
        position = max((t.position for t in trials), default=0)
        new = []
        for trial in trials:
            if trial.outcome in outcomes and trial.id not in replaced:
                position += 1
                new.append(
                    TrialRow(
                        id=trial_id(run_id, position),
                        run_id=run_id,
                        position=position,
                        variant_id=trial.variant_id,
                        agent_id=trial.agent_id,
                        attempt=trial.attempt,
                        seed=trial.seed,
                        replaces_id=trial.id,
                    )
                )
        session.add_all(new)
        raise_revision(session, run_id)
        return [t.id for t in new]


def trial_id(run_id: str, position: int) -> str:
    """``<run>-00042``: a trial's id tells its run and its place in it."""
    return f"{run_id}-{position:05d}"
