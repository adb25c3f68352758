"""All finished trials as columns, kept in memory and read again only where the store has changed."""

from hashlib import sha256
from threading import Lock

from sqlalchemy import Engine

from rexlab.reports.view import View
from rexlab.store.changes import revisions
from rexlab.store.columns import read_trials
from rexlab.store.columns_merge import read_again


class Snapshots:
    """The finished trials of a store as they are now. Threads share one, and so the memory.

    Args:
        engine: Of the store.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._seen: dict[str, int] = {}
        self._view: View | None = None

    def view(self) -> View:
        """All finished trials, as ``read_trials`` gives them.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._lock:
            # counters first: a change between the two reads is then seen again, never missed
            now = revisions(self._engine)
            if self._view is None or now != self._seen:
                self._view = self._read(now)
                self._seen = now
            return self._view

    def key(self) -> str:
        """Another text whenever the store has changed: what caches are keyed by."""
        return sha256(repr(sorted(revisions(self._engine).items())).encode()).hexdigest()[:16]

    def _read(self, now: dict[str, int]) -> View:
        changed = {run for run, count in now.items() if self._seen.get(run) != count}
        # runs are not removed; should somebody do it by hand, all is read again
        if self._view is None or len(changed) == len(now) or self._seen.keys() - now.keys():
            return View(read_trials(self._engine))
        return View(read_again(self._engine, self._view.trials, changed))
