"""Past results on one task, as sections of a report."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rexlab.reports.breakdown import outcomes
from rexlab.reports.difficulty import difficulty
from rexlab.reports.document import Section, Share
from rexlab.reports.functions import functions
from rexlab.reports.success import success
from rexlab.reports.view import View

_NOT_SHOWN = ("outcomes", "flags", "calls", "tokens", "cost_usd")
_WITHOUT_INFRA = ("passed_without_infra", "without_infra")
"""Columns that say nothing new where there was no infrastructure error."""


@dataclass(frozen=True)
class FunctionResult:
    """How an agent did where a function was masked."""

    agent: str
    masked: int
    """Trials that masked it."""
    passed: Share
    """Of these, infrastructure errors left out."""
    alone: Share | None
    """Its body by itself in the reference code; None where no trial was judged function by function."""


@dataclass(frozen=True)
class TaskResults:
    """Finished trials of one task, of whatever version of it."""

    trials: int
    agents: list[str]
    success: Section
    """By agent and number of masked functions; of an extension task by agent and hint level."""
    success_table: Section
    """The same without the columns that have a place elsewhere, or say nothing here."""
    outcomes: Section
    difficulty: Section | None
    """None for an extension task, and where no agent met two different numbers of masked functions."""
    functions: Mapping[str, list[FunctionResult]]
    """By ``path:qualname``."""
    older: int
    """Trials of versions of the task that differ from this one."""


def results_of(view: View, task_id: str, digest: str) -> TaskResults | None:
    """The results of a task, ``suite/name``; None when no trial of it has finished."""
    of_task = np.array([v.task == task_id for v in view.trials.variants], dtype=bool)
    members = of_task[view.trials.variant] if of_task.size else np.zeros(len(view), dtype=bool)
    if not members.any():
        return None
    picked = view.pick(members)
    extension = bool(picked.extension.all())
    newest = np.array([v.task_digest == digest for v in view.trials.variants], dtype=bool)
    hidden = _NOT_SHOWN if picked.trials.infra.any() else (*_NOT_SHOWN, *_WITHOUT_INFRA)
    whole = success(picked, ("agent", "hint" if extension else "masks"))
    return TaskResults(
        trials=len(picked),
        agents=sorted({str(name) for (name,) in picked.groups(("agent",)).values}),
        success=whole,
        success_table=_without(whole, hidden),
        outcomes=outcomes(picked),
        difficulty=_curve(picked),
        functions=_functions(picked),
        older=int((~newest[picked.trials.variant]).sum()),
    )


def _curve(picked: View) -> Section | None:
    sections = difficulty(picked)
    if not sections:
        return None
    masks: dict[object, set[object]] = {}
    names = [column.name for column in sections[0].columns]
    for row in sections[0].rows:
        masks.setdefault(row[names.index("agent")], set()).add(row[names.index("masks")])
    return sections[0] if any(len(found) > 1 for found in masks.values()) else None


def _functions(picked: View) -> dict[str, list[FunctionResult]]:
    section = functions(picked)
    found: dict[str, list[FunctionResult]] = {}
    for row in section.rows if section else []:
        _, name, agent, masked, passed, alone, _ = row
        if isinstance(passed, Share) and isinstance(masked, int):
            result = FunctionResult(str(agent), masked, passed, alone if isinstance(alone, Share) else None)
            found.setdefault(str(name), []).append(result)
    return found


def _without(section: Section, names: tuple[str, ...]) -> Section:
    kept = [i for i, column in enumerate(section.columns) if column.name not in names]
    return Section(
        section.name,
        section.title,
        [section.columns[i] for i in kept],
        [[row[i] for i in kept] for row in section.rows],
        section.notes,
        section.series,
    )
