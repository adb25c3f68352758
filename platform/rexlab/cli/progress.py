"""The live display of a run: counts per outcome, elapsed time, time left."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from threading import Lock
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from rexlab.cli.output import OUTCOME_STYLE, console_err
from rexlab.reports.cells import duration
from rexlab.store.models import Outcome

_LINE_EVERY_S = 10.0


class Progress:
    """On a terminal a bar that moves; elsewhere a line now and then."""

    def __init__(self, run_id: str, total: int, workers: int) -> None:
        self._console = console_err()
        self._total = total
        self._workers = workers
        self._outcomes: Counter[str] = Counter()
        self._at_work: dict[str, float] = {}
        self._began = self._said = time.monotonic()
        self._others: int | None = None
        self._others_left: float | None = None
        self._lock = Lock()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task(f"run {run_id}", total=total)
        self._live = Live(get_renderable=self._render, console=self._console, refresh_per_second=4)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()
        elif self._total:
            self._say()

    def start(self, trial_id: str) -> None:
        """A trial was handed to a worker."""
        with self._lock:
            self._at_work[trial_id] = time.monotonic()

    def end(self, trial_id: str, outcome: Outcome | None) -> None:
        """A trial ended; None: somebody else has it, or it went back into the queue."""
        with self._lock:
            self._at_work.pop(trial_id, None)
            self._outcomes[outcome or "elsewhere"] += 1
        self._bar.advance(self._task)
        if not self._console.is_terminal and time.monotonic() - self._said > _LINE_EVERY_S:
            self._say()

    def show(self, outcomes: Mapping[Outcome, int], at_work: int, left_s: float | None) -> None:
        """How far the trials are, where others do the work; ``left_s``: seconds to go, None when unknown."""
        with self._lock:
            self._outcomes = Counter({str(outcome): count for outcome, count in outcomes.items()})
            self._others = at_work
            self._others_left = left_s
        self._bar.update(self._task, completed=self._outcomes.total())
        if not self._console.is_terminal and time.monotonic() - self._said > _LINE_EVERY_S:
            self._say()

    @property
    def _left(self) -> float | None:
        """Seconds to go, from the mean pace so far."""
        if self._others is not None:
            return self._others_left
        done = self._outcomes.total()
        elapsed = time.monotonic() - self._began
        return None if not done else elapsed / done * (self._total - done)

    def _counts(self) -> Text:
        text = Text()
        for outcome, count in self._outcomes.most_common():
            text.append(f"{outcome} {count}  ", style=OUTCOME_STYLE.get(outcome, "dim"))
        return text

    def _render(self) -> RenderableType:
        with self._lock:
            counts = self._counts()
            oldest = max((time.monotonic() - began for began in self._at_work.values()), default=None)
            left = self._left
        busy = f"{len(self._at_work)} of {self._workers} workers busy"
        line = Text(busy if self._others is None else f"{self._others} trials at work", style="dim")
        if oldest is not None:
            line.append(f", longest trial {duration(oldest)}")
        line.append(f", about {duration(left)} left" if left is not None else "")
        return Group(self._bar, counts, line)

    def _say(self) -> None:
        self._said = time.monotonic()
        done = self._outcomes.total()
        left = f", about {duration(self._left)} left" if done and done < self._total else ""
        counts = self._counts().plain.strip()
        print(f"{done}/{self._total} after {duration(self._said - self._began)}{left}: {counts}", file=sys.stderr)  # noqa: T201
