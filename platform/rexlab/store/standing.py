"""How many trials wait and how many are at work, over all runs."""

import time
from typing import Literal

from sqlalchemy import Engine, func
from sqlmodel import col, select

from rexlab.store.database import reading
from rexlab.store.models import RunRow, State, TrialRow

Standing = Literal["queued", "running", "silent"]


def standing(engine: Engine) -> dict[tuple[str, Standing], int]:
    """Unfinished trials by their run's executor and how they stand: ``silent`` ones are at work as far as the store
    knows, but their lease has run out. What there is none of is left out.

    Raises:
        StoreError: the store cannot be read.
    """
    held = col(TrialRow.lease_expires) >= time.time()
    queued = (
        select(RunRow.executor, func.count())
        .join(TrialRow, col(TrialRow.run_id) == RunRow.id)
        .where(TrialRow.state == State.QUEUED)
        .group_by(col(RunRow.executor))
    )
    running = (
        select(RunRow.executor, held, func.count())
        .join(TrialRow, col(TrialRow.run_id) == RunRow.id)
        .where(TrialRow.state == State.RUNNING)
        .group_by(col(RunRow.executor), held)
    )
    with reading(engine) as session:
        found: dict[tuple[str, Standing], int] = {(by, "queued"): count for by, count in session.execute(queued)}
        found |= {(by, "running" if alive else "silent"): count for by, alive, count in session.execute(running)}
    return found
