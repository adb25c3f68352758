"""RExBench's metrics of extension tasks, laid out as in its paper: mean and standard error over runs."""

import numpy as np

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES, Floats, Ints

_EXECUTED = np.array([outcome.ran for outcome in OUTCOMES])
_RECALL = 2
"""Which of the measures is the file recall."""


def rexbench(view: View) -> Section | None:
    """One row per agent and hint level; None without a trial of an extension task.

    A run is one attempt number over all tasks (the paper has five per agent). Where several of rexlab's runs hold an
    attempt of one number at one task, the second is of another run than the first.
    """
    if not view.extension.any():
        return None
    view = view.pick(view.extension)
    groups = view.groups(("agent", "hint", "shown"))
    task = view.groups(("task",)).index
    run = _runs(groups.index, task, view.trials.attempt)
    passed, executed = view.trials.passed.astype(float), _EXECUTED[view.trials.outcome].astype(float)
    measures = (passed, executed, view.trials.file_recall)
    rows: list[list[Cell]] = []
    notes = _notes(view)
    for g, (agent, hint, shown) in enumerate(groups.values):
        members = groups.members(g)
        name = _level(str(hint), str(shown))
        runs, index = np.unique(run[members], return_inverse=True)
        means = [_over_runs(index, measure[members]) for measure in measures]
        sizes, tasks = np.bincount(index), int(np.unique(task[members]).size)
        rows.append([agent, name, len(runs), tasks, *means])
        if short := int((sizes < tasks).sum()):
            notes.append(
                f"{agent}, {name}: {short} of {len(runs)} runs lack some of the {tasks} tasks (the shortest has "
                f"{int(sizes.min())}); their means are over the tasks they have"
            )
        if unknown := int(np.isnan(measures[_RECALL][members]).sum()):
            notes.append(f"{agent}, {name}: file recall of {unknown} of {int(sizes.sum())} trials is unknown, left out")
    columns = [
        Column("agent", "agent"),
        Column("hints", "hints"),
        Column("runs", "runs", Kind.COUNT),
        Column("tasks", "tasks", Kind.COUNT),
        Column("final_success", "final success", Kind.PERCENT),
        Column("execution_success", "execution success", Kind.PERCENT),
        Column("file_recall", "file recall", Kind.PERCENT),
    ]
    return Section("rexbench", "RExBench's metrics", columns, rows, notes)


def _runs(group: Ints, task: Ints, attempt: Ints) -> Ints:
    """A number for each trial's run: its attempt, and how many trials of that group, task and attempt come before."""
    attempts, attempt = np.unique(attempt, return_inverse=True)
    place = (group * (task.max() + 1) + task) * len(attempts) + attempt
    order = np.argsort(place, kind="stable")
    ranked = place[order]
    first = np.searchsorted(ranked, ranked, side="left")
    before = np.empty(len(place), dtype=np.int64)
    before[order] = np.arange(len(place)) - first
    return np.asarray(before * len(attempts) + attempt)


def _over_runs(run: Ints, values: Floats) -> Estimate:
    """Mean and standard error over the means of the runs; a run without a known value has none."""
    known = ~np.isnan(values)
    counts = np.bincount(run[known])
    sums = np.bincount(run[known], weights=values[known])
    means = sums[counts > 0] / counts[counts > 0]
    if not means.size:
        return Estimate(None, reason="no trial has a known value")
    if means.size == 1:
        return Estimate(float(means[0]), reason="one run: no standard error")
    return Estimate(float(means.mean()), error=float(means.std(ddof=1) / np.sqrt(means.size)))


def _level(hint: str, shown: str) -> str:
    """The hint level, and what else was not shown: ``hints, no paper``."""
    rest = [word for word in shown.split(", ") if word not in ("all", hint)]
    return ", ".join([hint, *rest])


def _notes(view: View) -> list[str]:
    notes = ["mean ± standard error over runs; a run is one attempt number over all tasks"]
    if view.trials.infra.any():
        notes.append(f"infrastructure errors ({int(view.trials.infra.sum())}) count as failures")
    return notes
