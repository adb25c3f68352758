"""The list of runs: which a filter leaves, page by page, and how far each is; what cannot have changed is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from sqlalchemy import Engine
from sqlmodel import col, select

from rexlab.errors import NotFoundError
from rexlab.store.changes import revisions
from rexlab.store.database import reading
from rexlab.store.models import RunRow
from rexlab.store.progress import Progress, Waiting, progress_of, waiting_trials

STATUSES = ("running", "unfinished", "finished", "cancelled")
"""Of a run: somebody works on it; there is something left to do; all is done; a person ended it."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs are wanted."""

    text: str = ""
    """Words that all stand in its id, name, tasks, harnesses or models; upper and lower case alike."""
    statuses: tuple[str, ...] = ()
    """Of ``STATUSES``; none: any."""


@dataclass(frozen=True)
class RunPage:
    """A page of the list."""

    lines: list[Progress]
    """The newest run first."""
    found: int
    """Runs that the filter leaves, on all pages."""
    total: int
    """Runs in the store."""
    busy: int
    """Runs in the store on which somebody works."""

    @property
    def moves(self) -> bool:
        """Whether the page will not stay as it is: somebody works on a run, or did a moment ago."""
        return bool(self.busy) or any(line.moves() for line in self.lines)


class RunBook:
    """Runs of a store, for pages that ask again and again.

    A run is read anew when its revision has moved, or while it is unfinished: claims raise no revision.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._rows: dict[str, tuple[int, RunRow]] = {}
        self._done: dict[str, tuple[int, Progress]] = {}

    def page(self, wanted: RunFilter, *, offset: int, limit: int) -> RunPage:
        """The runs that the filter leaves, from this one on, at most so many.

        Raises:
            StoreError: the store cannot be read.
        """
        revised = revisions(self._engine)
        waiting = waiting_trials(self._engine)
        runs = self._runs(revised)
        claimed = progress_of(self._engine, [run_id for run_id, trials in waiting.items() if trials.running])
        busy = {run_id for run_id, found in claimed.items() if found.at_work}
        status = {run.id: _status(run, waiting.get(run.id), run.id in busy) for run in runs}
        words = wanted.text.casefold().split()
        left = [
            run.id for run in runs if (not wanted.statuses or status[run.id] in wanted.statuses) and _has(run, words)
        ]
        here = left[offset : offset + limit]
        found = claimed | self._progress([run_id for run_id in here if run_id not in claimed], revised)
        lines = [found[run_id] for run_id in here if run_id in found]
        return RunPage(lines, len(left), len(runs), len(busy))

    def find(self, run_id: str) -> Progress:
        """How far this run is.

        Raises:
            NotFoundError: there is no run with this id.
        """
        found = self._progress([run_id], revisions(self._engine))
        if run_id not in found:
            raise NotFoundError(f"there is no run {run_id!r}; `rexlab runs list` shows what there is")
        return found[run_id]

    def _runs(self, revised: Mapping[str, int]) -> list[RunRow]:
        """All runs, the newest first."""
        with self._lock:
            known = {run_id for run_id, (revision, _) in self._rows.items() if revised.get(run_id) == revision}
            if missing := revised.keys() - known:
                with reading(self._engine) as session:
                    # one by one is slow for many, and a database takes only so many ids in a query
                    query = select(RunRow).where(col(RunRow.id).in_(missing)) if len(missing) < 100 else select(RunRow)
                    self._rows |= {run.id: (run.revision, run) for run in session.exec(query).all()}
            runs = [row for _, row in self._rows.values() if row.id in revised]
        return sorted(runs, key=lambda run: (run.created_at, run.id), reverse=True)

    def _progress(self, run_ids: Sequence[str], revised: Mapping[str, int]) -> dict[str, Progress]:
        with self._lock:
            kept = {
                run_id: self._done[run_id][1]
                for run_id in run_ids
                if run_id in self._done and self._done[run_id][0] == revised.get(run_id)
            }
        fresh = progress_of(self._engine, [run_id for run_id in run_ids if run_id not in kept])
        with self._lock:
            for run_id, found in fresh.items():
                if not found.left and found.run.revision == revised.get(run_id):
                    self._done[run_id] = (found.run.revision, found)
        return kept | fresh


def _status(run: RunRow, waiting: Waiting | None, busy: bool) -> str:
    """As ``Progress.status``, without counting what has finished."""
    if busy:
        return "running"
    if waiting is not None:
        return "unfinished"
    return "cancelled" if run.cancel_requested else "finished"


def _has(run: RunRow, words: Sequence[str]) -> bool:
    if not words:
        return True
    named = [part for key in ("tasks", "harnesses", "models") for part in run.spec.get(key, ())]
    text = " ".join([run.id, run.name, *map(str, named)]).casefold()
    return all(word in text for word in words)
