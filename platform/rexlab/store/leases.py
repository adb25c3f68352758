"""Who works on a trial: claims with a lease, so that one worker runs it at a time and a dead worker's trial comes back.

A claim raises the trial's epoch. Whatever a worker writes later carries the epoch it was given, and is refused when the
epoch has moved on: a worker that was taken for dead cannot record over the one that took its place.
"""

import os
import socket
import time
from dataclasses import dataclass
from functools import cache

import psutil
from sqlalchemy import ColumnElement, Double, Engine, cast, extract, func, literal, or_, update
from sqlmodel import Session, col, select

from rexlab.errors import StoreError
from rexlab.store.changes import raise_revision
from rexlab.store.database import BY_ONE_WRITER, reading, writing
from rexlab.store.models import EventRow, Outcome, State, TrialRow


class LeaseLostError(StoreError):
    """Another worker has the trial now; what this one holds must be thrown away."""


@dataclass(frozen=True)
class Claim:
    """A worker's right to run one trial."""

    trial_id: str
    epoch: int
    solved: bool
    """The agent's patch is in the store already; only grading is left."""


_INTERRUPTED = "interrupted"
_CLOCK_STEP_S = 5.0
"""Start times are read as times of day, and the clock may be set between that of the process and that of the boot."""


@cache
def this_process() -> str:
    """``host|pid|start`` of this process: pids come again, the start tells them apart."""
    process = psutil.Process()
    return f"{socket.gethostname()}|{process.pid}|{_started(process):.2f}"


def _started(process: psutil.Process) -> float:
    """Seconds after boot at which it started, which whoever sets the clock does not change."""
    return process.create_time() - psutil.boot_time()


os.register_at_fork(after_in_child=this_process.cache_clear)


def is_dead(owner: str) -> bool:
    """Whether ``owner`` was a process of this machine that is no more; False when it cannot be known."""
    host, pid, started = owner.rsplit("|", 2)
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        if abs(_started(process) - float(started)) > _CLOCK_STEP_S:
            return True
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def shared_clock(session: Session) -> ColumnElement[float]:
    """Now, by the clock that all workers share: PostgreSQL's, for those of machines differ; or this machine's, where
    SQLite's file is."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(extract("epoch", func.clock_timestamp()), Double)
    return literal(time.time())


def claim(engine: Engine, trial_id: str, lease_s: float) -> Claim | None:
    """Take a queued trial, or one whose lease has run out; None when somebody else has it or it is finished."""
    with writing(engine) as session:
        now = shared_clock(session)
        taken = session.execute(
            update(TrialRow)
            .where(
                col(TrialRow.id) == trial_id,
                or_(
                    col(TrialRow.state) == State.QUEUED,
                    (col(TrialRow.state) == State.RUNNING) & (col(TrialRow.lease_expires) < now),
                ),
            )
            .values(
                state=State.RUNNING,
                lease_owner=this_process(),
                lease_expires=now + lease_s,
                lease_epoch=TrialRow.lease_epoch + 1,
                started_at=time.time(),
            )
            .returning(col(TrialRow.lease_epoch), col(TrialRow.solved_at))
        ).one_or_none()
        if taken is None:
            return None
        epoch, solved_at = taken
        if epoch > 1 and _last_event(session, trial_id) != _INTERRUPTED:
            log(session, trial_id, _INTERRUPTED, "its worker was not heard of until its lease had run out")
        log(session, trial_id, "claimed", f"claim {epoch} by {os.getpid()} on {socket.gethostname()}")
        return Claim(trial_id, epoch, solved_at is not None)


def renew(engine: Engine, claims: list[Claim], lease_s: float) -> list[Claim]:
    """Push the leases' end back; returns the claims that are still held."""
    if not claims:
        return []
    with writing(engine) as session:
        now = shared_clock(session)
        held = session.execute(
            update(TrialRow)
            .where(
                col(TrialRow.id).in_([c.trial_id for c in claims]),
                col(TrialRow.state) == State.RUNNING,
                col(TrialRow.lease_owner) == this_process(),
            )
            .values(lease_expires=now + lease_s)
            .returning(col(TrialRow.id), col(TrialRow.lease_epoch))
        ).all()
    still = {(trial_id, epoch) for trial_id, epoch in held}
    return [c for c in claims if (c.trial_id, c.epoch) in still]


def require_held(session: Session, held: Claim) -> TrialRow:
    """The claimed trial's row, inside a writing session.

    Raises:
        LeaseLostError: the trial was claimed again, or finished, by another worker.
    """
    row = session.get(TrialRow, held.trial_id, with_for_update=BY_ONE_WRITER)
    if row is None or row.state is not State.RUNNING or row.lease_epoch != held.epoch:
        raise LeaseLostError(f"trial {held.trial_id}: another worker has it now; this result is dropped")
    return row


def release(engine: Engine, held: Claim, reason: str) -> None:
    """Put an unfinished trial back into the queue."""
    with writing(engine) as session:
        try:
            row = require_held(session, held)
        except LeaseLostError:
            return
        _requeue(session, row, reason)


def requeue_dead(engine: Engine, run_id: str, *, most_claims: int | None = None) -> list[str]:
    """Queue again the run's trials whose worker is dead or whose lease has run out; returns their ids.

    A trial that was claimed ``most_claims`` times ends as an infrastructure error instead: it may be what kills them.
    """
    running = (col(TrialRow.run_id) == run_id, col(TrialRow.state) == State.RUNNING)
    with reading(engine) as session:
        if not session.exec(select(TrialRow.id).where(*running).limit(1)).all():
            return []
    with writing(engine) as session:
        # a row that somebody writes at this moment has a worker
        unlocked = select(TrialRow).where(*running).with_for_update(key_share=True, skip_locked=True)
        rows = session.exec(unlocked).all()
        now = session.scalar(select(shared_clock(session))) or 0.0
        dead = [r for r in rows if (r.lease_expires or 0) < now or is_dead(r.lease_owner or "||")]
        hopeless = [r for r in dead if most_claims is not None and r.lease_epoch >= most_claims]
        for row in hopeless:
            _end_hopeless(session, row)
        queued = [r for r in dead if r not in hopeless]
        for row in queued:
            _requeue(session, row, f"its worker {row.lease_owner} is gone")
        return [row.id for row in queued]


def _end_hopeless(session: Session, row: TrialRow) -> None:
    row.state, row.outcome, row.finished_at = State.FINISHED, Outcome.INFRA_ERROR, time.time()
    row.detail = f"{row.lease_epoch} workers died or fell silent over it, the last of them {row.lease_owner}"
    row.lease_owner = row.lease_expires = None
    session.add(row)
    log(session, row.id, "recorded", Outcome.INFRA_ERROR)
    raise_revision(session, row.run_id)


def _requeue(session: Session, row: TrialRow, reason: str) -> None:
    row.state = State.QUEUED
    row.lease_owner = None
    row.lease_expires = None
    session.add(row)
    log(session, row.id, _INTERRUPTED, reason)


def _last_event(session: Session, trial_id: str) -> str | None:
    query = select(EventRow.kind).where(EventRow.trial_id == trial_id).order_by(col(EventRow.id).desc()).limit(1)
    return session.exec(query).first()


def log(session: Session, trial_id: str, kind: str, message: str) -> None:
    """Add an event to the trial's record."""
    session.add(EventRow(trial_id=trial_id, at=time.time(), kind=kind, message=message))
