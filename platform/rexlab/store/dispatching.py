"""What a cluster asks of the store: which trials wait and what they need, which runs are the workers' to do."""

from dataclasses import dataclass

from sqlalchemy import Engine, update
from sqlmodel import col, select

from rexlab.errors import NotFoundError
from rexlab.store.changes import raise_revision
from rexlab.store.database import reading, writing
from rexlab.store.models import RunRow, State, TrialRow, VariantRow


@dataclass(frozen=True)
class Queued:
    """A trial that nobody has claimed, and what its task needs."""

    trial_id: str
    gpus: int
    memory_mb: int


@dataclass(frozen=True)
class OpenRun:
    """A run that was given to the workers and is not finished."""

    run_id: str
    priority: str
    cancel_requested: bool


def run_to_do(engine: Engine, trial_id: str) -> str | None:
    """The run of an unfinished trial; None when it is finished.

    Raises:
        NotFoundError: there is no such trial.
        StoreError: the store cannot be read.
    """
    query = select(TrialRow.run_id, TrialRow.state).where(TrialRow.id == trial_id)
    with reading(engine) as session:
        found = session.exec(query).one_or_none()
    if found is None:
        raise NotFoundError(f"there is no trial {trial_id!r}")
    run_id, state = found
    return None if state is State.FINISHED else run_id


def queued_trials(engine: Engine, run_id: str, most: int | None = None) -> list[Queued]:
    """The run's queued trials, or so many of them, in its order.

    Raises:
        StoreError: the store cannot be read.
    """
    query = (
        select(TrialRow.id, VariantRow.gpus, VariantRow.memory_mb)
        .join(VariantRow, col(VariantRow.id) == TrialRow.variant_id)
        .where(TrialRow.run_id == run_id, TrialRow.state == State.QUEUED)
        .order_by(col(TrialRow.position))
        .limit(most)
    )
    with reading(engine) as session:
        return [Queued(*row) for row in session.exec(query).all()]


def needs_of_queued(engine: Engine, run_id: str) -> list[tuple[int, int]]:
    """GPUs and MB of memory that tasks of the run's queued trials ask for, each pair once.

    Raises:
        StoreError: the store cannot be read.
    """
    waiting = select(TrialRow.variant_id).where(TrialRow.run_id == run_id, TrialRow.state == State.QUEUED)
    query = select(VariantRow.gpus, VariantRow.memory_mb).where(col(VariantRow.id).in_(waiting)).distinct()
    with reading(engine) as session:
        return [(gpus, memory_mb) for gpus, memory_mb in session.exec(query).all()]


def open_runs(engine: Engine) -> list[OpenRun]:
    """Runs whose trials Celery's workers are to run and that have unfinished ones, the oldest first.

    Raises:
        StoreError: the store cannot be read.
    """
    unfinished = select(TrialRow.id).where(TrialRow.run_id == RunRow.id, TrialRow.state != State.FINISHED).exists()
    query = (
        select(RunRow.id, RunRow.priority, RunRow.cancel_requested)
        .where(RunRow.executor == "celery", unfinished)
        .order_by(col(RunRow.created_at))
    )
    with reading(engine) as session:
        return [OpenRun(*row) for row in session.exec(query).all()]


def hand_over(engine: Engine, run_id: str, executor: str, priority: str | None = None) -> None:
    """Note who works on the run from now on, and how soon where that is said."""
    values = {"executor": executor, **({} if priority is None else {"priority": priority})}
    with writing(engine) as session:
        session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(**values))
        raise_revision(session, run_id)
