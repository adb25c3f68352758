"""AutoExperiment's table: Pass@1 and Pass@5 by number of masked functions, agents as rows."""

from dataclasses import dataclass

import numpy as np

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section
from rexlab.reports.view import Groups, View
from rexlab.stats.passk import mean_pass_at_k
from rexlab.store.columns import Ints

KS = (1, 5)
"""What the paper reports."""


@dataclass(frozen=True)
class _Attempts:
    """An agent's attempts at the variants of one number of masks; arrays are (variants,)."""

    tried: Ints
    passed: Ints
    paper: Ints

    def pass_at(self, k: int) -> Estimate | None:
        """The mean of the variants' Pass@k with an interval over papers; None where a variant has fewer attempts."""
        found = mean_pass_at_k(self.tried, self.passed, self.paper, k)
        if found.mean is None:
            return None
        edges = found.mean.interval
        low, high = (edges.low, edges.high) if edges else (None, None)
        return Estimate(found.mean.value, low, high, found.reason, found.mean.standard_error)

    def short(self, k: int) -> int:
        """How many variants have fewer than k attempts."""
        return int((self.tried < k).sum())


def autoexperiment(view: View) -> Section | None:
    """One row per agent and k, one column per number of masks; None where every trial is of an extension task.

    A cell is the mean over variants of each one's unbiased Pass@k. Infrastructure errors count as failures.
    """
    if len(view) and view.extension.all():
        return None
    view = view.pick(~view.extension)
    sizes = np.unique(view.masks).tolist()
    groups = view.groups(("agent", "shown", "masks"))
    by_agent: dict[tuple[str, str], dict[int, _Attempts]] = {}
    for (agent, shown, n), attempts in zip(groups.values, _attempts(view, groups), strict=True):
        by_agent.setdefault((str(agent), str(shown)), {})[int(n)] = attempts
    columns = [
        Column("agent", "agent"),
        Column("shown", "shown"),
        Column("metric", "metric"),
        *(Column(f"n{n}", f"n = {n}", Kind.PERCENT) for n in sizes),
    ]
    rows: list[list[Cell]] = []
    for key, of_size in by_agent.items():
        for k in KS:
            rows.append([*key, f"Pass@{k}", *(of_size[n].pass_at(k) if n in of_size else None for n in sizes)])
    return Section("autoexperiment", "AutoExperiment's table", columns, rows, _notes(view, by_agent, sizes))


def _attempts(view: View, groups: Groups) -> list[_Attempts]:
    """Per group, by variant."""
    variants = max(len(view.trials.variants), 1)
    pairs, first, index = np.unique(
        groups.index * variants + view.trials.variant, return_index=True, return_inverse=True
    )
    tried = np.bincount(index, minlength=pairs.size)
    passed = np.bincount(index[view.trials.passed], minlength=pairs.size)
    paper = view.cluster[first]
    cuts = np.searchsorted(pairs, np.arange(1, len(groups.values)) * variants)
    parts = (np.split(column, cuts) for column in (tried, passed, paper))
    return [_Attempts(*columns) for columns in zip(*parts, strict=True)] if groups.values else []


def _notes(view: View, by_agent: dict[tuple[str, str], dict[int, _Attempts]], sizes: list[int]) -> list[str]:
    if not by_agent:
        return ["no trial has finished"]
    notes = [
        "unbiased Pass@k of each variant from its attempts, then the mean over variants; intervals are over papers"
    ]
    if np.unique(view.cluster).size == 1:
        notes.append("there is one paper only: no intervals, for nothing can be said about other papers")
    if infra := int(view.trials.infra.sum()):
        notes.append(f"infrastructure errors ({infra}) count as failures")
    several_shown = len({shown for _, shown in by_agent}) > 1
    for (agent, shown), of_size in by_agent.items():
        name = f"{agent}, {shown}" if several_shown else agent
        for k in KS:
            if short := [(n, found) for n, found in of_size.items() if found.short(k)]:
                where = ", ".join(f"{found.short(k)} of {found.tried.size} variants at n = {n}" for n, found in short)
                fewest = min(int(found.tried.min()) for _, found in short)
                notes.append(f"{name}: k is {k}, but {where} have fewer attempts (the fewest: {fewest})")
    if any(len(of_size) < len(sizes) for of_size in by_agent.values()):
        notes.append("where an agent has no trial at n, its cells are empty")
    return notes
