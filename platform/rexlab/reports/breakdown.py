"""Where trials end: outcomes by agent, and success by task and agent."""

import numpy as np

from rexlab.reports.document import Cell, Column, Kind, Section, Share
from rexlab.reports.success import rate_over_papers
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES, Ints


def outcomes(view: View) -> Section:
    """One row per agent: how many of its trials ended with each outcome. Outcomes that none has are left out."""
    groups = view.groups(("agent",))
    shape = (len(groups.values), len(OUTCOMES))
    counts = np.bincount(groups.index * shape[1] + view.trials.outcome, minlength=shape[0] * shape[1]).reshape(shape)
    present = np.flatnonzero(counts.any(axis=0)).tolist()
    columns = [
        Column("agent", "agent"),
        Column("trials", "trials", Kind.COUNT),
        *(Column(str(OUTCOMES[o]), str(OUTCOMES[o]).replace("_", " "), Kind.COUNT) for o in present),
    ]
    rows: list[list[Cell]] = [
        [agent, int(row.sum()), *(int(row[o]) for o in present)]
        for (agent,), row in zip(groups.values, counts, strict=True)
    ]
    return Section("outcomes", "Outcomes", columns, rows, _nothing(view))


def tasks(view: View) -> Section:
    """One row per task and agent: success without infrastructure errors, with Wilson's interval."""
    groups = view.groups(("task", "agent"))
    size = len(groups.values)
    won = np.bincount(groups.index[view.trials.passed], minlength=size)
    counted = np.bincount(groups.index[~view.trials.infra], minlength=size)
    columns = [
        Column("task", "task"),
        Column("agent", "agent"),
        Column("passed", "passed", Kind.SHARE),
        Column("rate", "rate [95 %]", Kind.PERCENT),
    ]
    rows: list[list[Cell]] = []
    for g, key in enumerate(groups.values):
        kept: Ints = np.arange(g, g + 1 if counted[g] else g)
        rows.append([*key, Share(int(won[g]), int(counted[g])), rate_over_papers(won[kept], counted[kept])])
    notes = _nothing(view) + infra_left_out(view)
    if rows:
        notes.append("Wilson's intervals: they are about this task alone")
    return Section("tasks", "Tasks", columns, rows, notes)


def infra_left_out(view: View) -> list[str]:
    """The note of a section that leaves infrastructure errors out; none where there are none."""
    infra = int(view.trials.infra.sum())
    if not infra:
        return []
    return [f"{infra} of {len(view)} trials ended with an infrastructure error and are left out"]


def _nothing(view: View) -> list[str]:
    return [] if len(view) else ["no trial has finished"]
