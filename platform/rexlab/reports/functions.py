"""Which masked functions agents fail at, and with what."""

from collections.abc import Sequence

import numpy as np

from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES, Ints
from rexlab.store.models import Outcome

_PASSED, _INFRA = OUTCOMES.index(Outcome.PASSED), OUTCOMES.index(Outcome.INFRA_ERROR)


def functions(view: View) -> Section | None:
    """One row per task, masked function and agent, the worst first; None where every trial is of an extension task.

    ``masked`` counts the trials that masked the function, and is the sum of those that passed and of ``failures``;
    ``passed`` leaves infrastructure errors out. ``alone`` is among the trials in which the agent's version of this
    function alone was put into the reference code.
    """
    if len(view) and view.extension.all():
        return None
    trials = view.trials
    known = _Functions()
    of_variant = known.lists([v.functions for v in trials.variants], [v.task for v in trials.variants])
    # verdicts name functions; whose they are, the task says
    tasks = view.groups(("task",))
    judged, verdict = np.unique(trials.functions.codes * max(len(tasks.values), 1) + tasks.index, return_inverse=True)
    pairs = [divmod(pair, len(tasks.values)) for pair in judged.tolist()]
    verdicts = [trials.functions.values[code] or {} for code, _ in pairs]
    of_verdict = known.lists([list(v) for v in verdicts], [str(tasks.values[task][0]) for _, task in pairs])
    right = np.array([passes for v in verdicts for passes in v.values()], dtype=np.int64)

    agents = len(trials.agents)
    shape = (len(known.names), agents, len(OUTCOMES))
    counts = _spread(trials.variant, trials.agent * len(OUTCOMES) + trials.outcome, of_variant, shape)
    alone = _spread(verdict, trials.agent, of_verdict, shape[:2])
    alone_right = _spread(verdict, trials.agent, of_verdict, shape[:2], right)
    agent_names = view.agent_names
    rows = [
        _row(*name, agent_names[a], counts[f, a].tolist(), int(alone_right[f, a]), int(alone[f, a]))
        for f, name in enumerate(known.names)
        for a in np.flatnonzero(counts[f].any(axis=1)).tolist()
    ]
    columns = [
        Column("task", "task"),
        Column("function", "function"),
        Column("agent", "agent"),
        Column("masked", "masked", Kind.COUNT),
        Column("passed", "passed", Kind.SHARE),
        Column("alone", "alone", Kind.SHARE),
        Column("failures", "failures", Kind.COUNTS),
    ]
    return Section("functions", "Functions", columns, sorted(rows, key=_badness), _notes(view, rows))


class _Functions:
    """Functions by number, in the order in which they are met; one name in two tasks is two functions."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    @property
    def names(self) -> list[tuple[str, str]]:
        """Task and function, by number."""
        return list(self._numbers)

    def lists(self, names: Sequence[Sequence[str]], tasks: Sequence[str]) -> tuple[Ints, Ints]:
        """Lists of functions as one array of numbers, and where each begins, (lists + 1,)."""
        flat = [
            self._numbers.setdefault((task, name), len(self._numbers))
            for task, some in zip(tasks, names, strict=True)
            for name in some
        ]
        starts = np.cumsum([0, *(len(some) for some in names)], dtype=np.int64)
        return np.array(flat, dtype=np.int64), starts


def _spread(
    kind: Ints, other: Ints, lists: tuple[Ints, Ints], shape: tuple[int, ...], weights: Ints | None = None
) -> Ints:
    """Count trials per function and whatever ``other`` numbers.

    Trials of one kind name the same functions, so different pairs are counted first: a trial of five functions is not
    written out five times.

    Args:
        kind: Which list of functions each trial names, (trials,).
        other: A number below the product of ``shape[1:]``, (trials,).
        lists: The functions of every kind.
        shape: Of the result; functions come first.
        weights: Per entry of the lists; 1 where None.
    """
    flat, starts = lists
    width = int(np.prod(shape[1:]))
    if not width or not shape[0]:
        return np.zeros(shape, dtype=np.int64)
    pairs, counts = np.unique(kind * width + other, return_counts=True)
    kinds, rest = np.divmod(pairs, width)
    lengths = np.diff(starts)[kinds]
    # entries starts[k], starts[k] + 1, ... of every kind k, one after the other
    entry = np.repeat(starts[kinds] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
    share = np.repeat(counts, lengths) * (1 if weights is None else weights[entry])
    found = np.bincount(flat[entry] * width + np.repeat(rest, lengths), weights=share, minlength=shape[0] * width)
    return found.astype(np.int64).reshape(shape)


def _row(task: str, function: str, agent: str, outcomes: list[int], right: int, judged: int) -> list[Cell]:
    masked, failed = sum(outcomes), [o for o, count in enumerate(outcomes) if count and o != _PASSED]
    failures = {str(OUTCOMES[o]): outcomes[o] for o in sorted(failed, key=lambda o: -outcomes[o])}
    passed = Share(outcomes[_PASSED], masked - outcomes[_INFRA])
    return [task, function, agent, masked, passed, Share(right, judged) if judged else None, failures]


def _badness(row: list[Cell]) -> tuple[float, float, list[str]]:
    """Sorts the worst first, by what the function does alone, then by success; what was never judged comes last."""
    passed, alone = _rate(row[4]), _rate(row[5])
    return alone, passed, [str(name) for name in row[:3]]


def _rate(cell: Cell) -> float:
    return cell.successes / cell.trials if isinstance(cell, Share) and cell.trials else 2.0


def _notes(view: View, rows: list[list[Cell]]) -> list[str]:
    if not rows:
        return ["no trial with a masked function has finished" if len(view) else "no trial has finished"]
    notes = ["a trial that masks several functions may fail for any of them; alone: this function's body by itself"]
    if not any(row[5] for row in rows):
        notes.append("alone is empty: no trial was judged function by function (rexlab run --attribute does it)")
    if any("infra_error" in row[6] for row in rows if isinstance(row[6], dict)):
        notes.append("passed leaves infrastructure errors out; masked and failures count them")
    return notes
