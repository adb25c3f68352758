"""Who is at work: trials that some worker has claimed and not finished."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import State, TrialRow


@dataclass(frozen=True)
class RunningTrial:
    """A claimed trial."""

    trial_id: str
    run_id: str
    owner: str
    """As ``store.leases.this_process``: host, process and its start."""
    started_at: float
    """When it was claimed, in seconds since the epoch."""
    lease_expires: float


def running_claims(engine: Engine) -> list[RunningTrial]:
    """All claimed trials, the oldest claim first.

    Raises:
        StoreError: the store cannot be read.
    """
    # the index of runs and states names the few runs to look at: without it, every trial's row would be read
    busy = select(TrialRow.run_id).where(TrialRow.state == State.RUNNING).distinct()
    query = (
        select(  # type: ignore[call-overload]
            TrialRow.id, TrialRow.run_id, TrialRow.lease_owner, TrialRow.started_at, TrialRow.lease_expires
        )
        .where(TrialRow.state == State.RUNNING)
        .order_by(col(TrialRow.started_at))
    )
    with reading(engine) as session:
        rows = session.execute(query.where(col(TrialRow.run_id).in_(session.exec(busy).all()))).all()
    return [
        RunningTrial(trial_id, run_id, owner or "", started or 0.0, expires or 0.0)
        for trial_id, run_id, owner, started, expires in rows
    ]
