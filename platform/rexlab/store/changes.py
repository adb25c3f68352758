"""The store's change counter: one number per run, raised in the transaction of every write that a reader would see.

Whoever keeps what a query found (the web UI's caches) keys it by these numbers, and so never shows what is gone. A
claim or a renewed lease does not count: they change what is at work, which is asked for afresh each time.
"""

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from rexlab.store.database import reading
from rexlab.store.models import RunRow


def raise_revision(session: Session, run_id: str) -> None:
    """Count a change of the run, inside a writing session.

    As late in the transaction as can be: the run's row is locked from here to the commit.
    """
    session.flush()
    session.execute(update(RunRow).where(col(RunRow.id) == run_id).values(revision=RunRow.revision + 1))


def revisions(engine: Engine) -> dict[str, int]:
    """The counter of every run, by run id.

    Raises:
        StoreError: the store cannot be read.
    """
    with reading(engine) as session:
        return dict(session.exec(select(RunRow.id, RunRow.revision)).all())
