"""What the Leaderboard page knows: which filters there are, the trials that they leave, and those of one agent."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from rexlab.reports.view import View
from rexlab.store.models import AgentRow, Outcome, VariantRow
from rexlab.store.pages import TrialFilter

COUNTED = tuple(outcome for outcome in Outcome if outcome is not Outcome.CANCELLED)
"""Trials that a person ended count nowhere."""


@dataclass(frozen=True)
class Choices:
    """What finished trials can be chosen by: only values that some trial has."""

    suites: tuple[str, ...]
    tasks: tuple[str, ...]
    """``suite/name``"""
    masks: tuple[int, ...]
    """Numbers of masked functions, of masking tasks."""
    hints: tuple[str, ...]
    """Of extension tasks."""
    harnesses: tuple[str, ...]
    models: tuple[str, ...]
    marked: bool
    """Whether there are reference harnesses or simulated models."""
    first_day: date | None
    """On which the first trial ended, UTC; None without any."""
    last_day: date | None


@dataclass(frozen=True)
class Choice:
    """What was chosen. An empty tuple, and None, leave every trial."""

    suites: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    masks: tuple[int, ...] = ()
    """With any, trials of extension tasks are left out."""
    hints: tuple[str, ...] = ()
    """With any, trials of masking tasks are left out."""
    harnesses: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    first_day: date | None = None
    """Trials that ended before this day, UTC, are left out."""
    last_day: date | None = None
    """Trials that ended after this day are left out."""
    hide_marked: bool = False
    """Leave reference harnesses and simulated models out."""


def choices(view: View) -> Choices:
    """What the trials can be chosen by, in order."""
    variants = [view.trials.variants[v] for v in np.unique(view.trials.variant)]
    agents = [view.trials.agents[a] for a in np.unique(view.trials.agent)]
    ended = view.trials.ended[np.isfinite(view.trials.ended)]
    return Choices(
        suites=tuple(sorted({_suite(v) for v in variants})),
        tasks=tuple(sorted({v.task for v in variants})),
        masks=tuple(sorted({v.masks for v in variants if v.kind == "masking"})),
        hints=tuple(sorted({_hint(v) for v in variants if v.kind == "extension"})),
        harnesses=tuple(sorted({a.harness for a in agents})),
        models=tuple(sorted({a.model for a in agents if a.model})),
        marked=any(a.reference or a.simulated for a in agents),
        first_day=_day(float(ended.min())) if ended.size else None,
        last_day=_day(float(ended.max())) if ended.size else None,
    )


def select(view: View, choice: Choice) -> View:
    """The trials that were chosen."""
    trials = view.trials
    variants = np.array([_fits(v, choice) for v in trials.variants], dtype=bool)
    agents = np.array([_is_by(a, choice) for a in trials.agents], dtype=bool)
    members = variants[trials.variant] & agents[trials.agent]
    start, end = _span(choice)
    if start is not None:
        members &= trials.ended >= start
    if end is not None:
        members &= trials.ended < end
    return view if members.all() else view.pick(members)


def trials_of(choice: Choice, agent_id: str) -> TrialFilter:
    """The same choice for the store: the trials of one agent that its row of the leaderboard counts."""
    start, end = _span(choice)
    return TrialFilter(
        agents=(agent_id,),
        suites=choice.suites,
        tasks=choice.tasks,
        masks=choice.masks,
        hints=choice.hints,
        outcomes=COUNTED,
        ended_from=start,
        ended_before=end,
    )


def _fits(variant: VariantRow, choice: Choice) -> bool:
    return (
        (not choice.suites or _suite(variant) in choice.suites)
        and (not choice.tasks or variant.task in choice.tasks)
        and (not choice.masks or (variant.kind == "masking" and variant.masks in choice.masks))
        and (not choice.hints or (variant.kind == "extension" and _hint(variant) in choice.hints))
    )


def _is_by(agent: AgentRow, choice: Choice) -> bool:
    return (
        (not choice.harnesses or agent.harness in choice.harnesses)
        and (not choice.models or agent.model in choice.models)
        and not (choice.hide_marked and (agent.reference or agent.simulated))
    )


def _span(choice: Choice) -> tuple[float | None, float | None]:
    """From when on and before when, in seconds since the epoch."""
    after = choice.last_day + timedelta(days=1) if choice.last_day and choice.last_day < date.max else None
    return _midnight(choice.first_day), _midnight(after)


def _midnight(day: date | None) -> float | None:
    return None if day is None else datetime.combine(day, time.min, UTC).timestamp()


def _suite(variant: VariantRow) -> str:
    return variant.task.rpartition("/")[0]


def _hint(variant: VariantRow) -> str:
    return str(variant.shown.get("hints", "default"))


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()
