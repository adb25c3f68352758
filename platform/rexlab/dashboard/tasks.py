"""What the Tasks page lists: every task of every suite, those that do not load too, and how agents did on them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from rexlab.errors import InputError, NotFoundError
from rexlab.reports.document import Share
from rexlab.reports.view import View
from rexlab.task.load import Task, load_task
from rexlab.task.suites import iterate_suites

Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Entry:
    """A task folder."""

    suite: str
    name: str
    folder: Path
    task: Task | None
    """None when it does not load."""
    problem: str = ""
    """Why it does not, in a sentence."""

    @property
    def id(self) -> str:
        """``suite/name``."""
        return f"{self.suite}/{self.name}"

    @property
    def title(self) -> str:
        return self.task.manifest.task.title if self.task else ""

    @property
    def kind(self) -> str:
        return self.task.manifest.task.kind if self.task else ""

    @property
    def tags(self) -> list[str]:
        return self.task.manifest.task.tags if self.task else []

    @property
    def words(self) -> str:
        """All that a search looks at, in lower case."""
        if self.task is None:
            return f"{self.id} {self.problem}".lower()
        manifest = self.task.manifest
        parts = [self.id, manifest.task.title, manifest.task.summary, *manifest.task.tags, manifest.paper.title]
        return " ".join([*parts, *manifest.paper.authors, str(manifest.paper.year)]).lower()


@dataclass
class Catalogue:
    """The tasks of some folders, kept in memory; what was edited since is loaded again. Threads share one.

    Attributes:
        folders: Those that hold suites; of two suites with one name, the first folder's wins.
    """

    folders: Sequence[Path]
    _lock: Lock = field(default_factory=Lock)
    _known: dict[Path, tuple[Stamp, Entry]] = field(default_factory=dict)

    def entries(self) -> list[Entry]:
        """Every task folder as it is now, by suite and name."""
        with self._lock:
            suites = iterate_suites(list(self.folders))
            self._known = {folder: self._entry(folder) for paths in suites.values() for folder in paths}
            return sorted((entry for _, entry in self._known.values()), key=lambda e: (e.suite, e.name))

    def find(self, task_id: str) -> Entry:
        """The task called ``suite/name``.

        Raises:
            NotFoundError: there is none.
        """
        for entry in self.entries():
            if entry.id == task_id:
                return entry
        raise NotFoundError(f"there is no task {task_id!r}; `rexlab task list` shows what there is")

    def _entry(self, folder: Path) -> tuple[Stamp, Entry]:
        now = stamp(folder)
        before = self._known.get(folder)
        return before if before is not None and before[0] == now else (now, _load(folder))


@dataclass(frozen=True)
class Past:
    """How trials of one task ended so far."""

    trials: int
    passed: int
    best_agent: str
    """Who passed the largest share, infrastructure errors left out; empty when only reference harnesses tried."""
    best: Share | None


def stamp(folder: Path) -> Stamp:
    """Another value when the manifest, a text or a module was edited: what decides whether and how the task loads.

    Only times and sizes are looked at; no file is read.
    """
    found = []
    for path in sorted([*folder.glob("*.*"), *folder.glob("code/**/*.py")]):
        try:
            status = path.stat()
        except OSError:  # removed in between, or a link to nothing
            continue
        found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def choose(
    entries: Iterable[Entry],
    text: str = "",
    suites: Sequence[str] = (),
    kinds: Sequence[str] = (),
    tags: Sequence[str] = (),
) -> list[Entry]:
    """The tasks in which every word of the text stands, and which have one of each of the others; empty: any."""
    words = text.lower().split()
    return [
        entry
        for entry in entries
        if all(word in entry.words for word in words)
        and (not suites or entry.suite in suites)
        and (not kinds or entry.kind in kinds)
        and (not tags or set(tags) & set(entry.tags))
    ]


def past_results(view: View) -> dict[str, Past]:
    """By task, as far as trials have finished.

    Reference harnesses count as trials, but are nobody's best: they were handed the solution.
    """
    groups = view.groups(("task", "agent"))
    size = len(groups.values)
    total = np.bincount(groups.index, minlength=size)
    clean = np.bincount(groups.index[~view.trials.infra], minlength=size)
    passed = np.bincount(groups.index[view.trials.passed], minlength=size)
    handed = np.bincount(groups.index[view.reference], minlength=size) > 0
    found: dict[str, Past] = {}
    for g, (task, agent) in enumerate(groups.values):
        before = found.get(str(task), Past(0, 0, "", None))
        share = Share(int(passed[g]), int(clean[g]))
        better = not handed[g] and share.trials and _rate(share) > _rate(before.best)
        found[str(task)] = Past(
            before.trials + int(total[g]),
            before.passed + share.successes,
            str(agent) if better else before.best_agent,
            share if better else before.best,
        )
    return found


def _rate(share: Share | None) -> tuple[float, int]:
    """Sorts by rate, and by trials where rates are equal."""
    return (share.successes / share.trials, share.trials) if share else (-1.0, 0)


def _load(folder: Path) -> Entry:
    try:
        return Entry(folder.parent.name, folder.name, folder, load_task(folder))
    except InputError as error:
        return Entry(folder.parent.name, folder.name, folder, None, str(error))
    except OSError as error:  # a manifest that may not be read, say
        return Entry(folder.parent.name, folder.name, folder, None, f"{folder} cannot be read: {error.strerror}")
