"""Trials as reports look at them: agents by name, problems, papers, and groups by any of their keys."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rexlab.errors import InputError
from rexlab.store.columns import Coded, Ints, TrialColumns
from rexlab.store.models import AgentRow, VariantRow

KEYS = ("agent", "harness", "model", "shown", "hint", "suite", "paper", "task", "masks", "run")
"""What trials can be grouped by."""
KEY_TITLES = {"hint": "hints", "shown": "shown"}


@dataclass(frozen=True)
class Groups:
    """Trials by the values of some keys, in the order of these values."""

    by: tuple[str, ...]
    values: list[tuple[str | int, ...]]
    """One per group, as long as ``by``."""
    index: Ints
    """Which group each trial is in, (trials,)."""

    def members(self, group: int) -> NDArray[np.bool_]:
        """Which trials are in this group, (trials,)."""
        return np.equal(self.index, group)

    def sums(self, values: NDArray[np.generic], counted: Ints | None = None) -> NDArray[np.float64]:
        """Sums of (trials,) values per group, (groups,), over the trials of these numbers; NaN where a value is.

        Args:
            values: One per trial.
            counted: Numbers of the trials that count; all when None.
        """
        rows = slice(None) if counted is None else counted
        weights = values[rows].astype(np.float64)
        found = np.bincount(self.index[rows], weights=weights, minlength=len(self.values))
        return found.astype(np.float64)  # without a trial, bincount returns whole numbers


@dataclass(frozen=True)
class View:
    """Finished trials with what they are called."""

    trials: TrialColumns

    def __len__(self) -> int:
        return len(self.trials)

    @cached_property
    def agent_names(self) -> list[str]:
        """Per agent. Where two have one name, their harness or its files differ: the id tells them apart."""
        names = [agent_name(agent) for agent in self.trials.agents]
        count = Counter(names)
        return [
            f"{name} #{agent.id[:4]}" if count[name] > 1 else name
            for name, agent in zip(names, self.trials.agents, strict=True)
        ]

    @cached_property
    def papers(self) -> list[str]:
        """Per variant, its paper: the cluster of its trials. A row from before papers were kept has its task."""
        known = {v.task: v.paper for v in self.trials.variants if v.paper}
        return [v.paper or known.get(v.task) or v.task for v in self.trials.variants]

    @cached_property
    def cluster(self) -> Ints:
        """Number of each trial's paper, (trials,)."""
        return self._codes(self.papers)[1][self.trials.variant]

    @cached_property
    def masks(self) -> Ints:
        """Masked functions of each trial's variant, (trials,)."""
        return np.array([v.masks for v in self.trials.variants], dtype=np.int64)[self.trials.variant]

    @cached_property
    def extension(self) -> NDArray[np.bool_]:
        """Whether each trial is of an extension task, (trials,)."""
        return np.array([v.kind == "extension" for v in self.trials.variants], dtype=bool)[self.trials.variant]

    @cached_property
    def reference(self) -> NDArray[np.bool_]:
        """Whether each trial's agent was handed the solution, (trials,)."""
        return np.array([a.reference for a in self.trials.agents], dtype=bool)[self.trials.agent]

    def pick(self, members: NDArray[np.bool_]) -> "View":
        """The view of these trials alone."""
        kept: dict[str, Any] = {f.name: _picked(getattr(self.trials, f.name), members) for f in fields(self.trials)}
        return View(replace(self.trials, **kept))

    def groups(self, by: Sequence[str]) -> Groups:
        """Group by these keys.

        Raises:
            InputError: there is no such key.
        """
        index = np.zeros(len(self), dtype=np.int64)
        labels: list[list[str | int]] = []
        sizes: list[int] = []
        for key in by:
            values, codes = self._key(key)
            labels.append(values)
            sizes.append(len(values))
            index = index * len(values) + codes
        present, index = np.unique(index, return_inverse=True)
        parts = np.unravel_index(present, sizes) if sizes and len(self) else ()
        names = [tuple(labels[k][part[g]] for k, part in enumerate(parts)) for g in range(len(present))]
        return Groups(tuple(by), names, index)

    def _key(self, key: str) -> tuple[list[str | int], Ints]:
        """The key's values, sorted, and which each trial has."""
        of_agents = {"agent": self.agent_names, "harness": None, "model": None}
        trials = self.trials
        if key in of_agents:
            values = of_agents[key] or [str(getattr(a, key) or "-") for a in trials.agents]
            known, codes = self._codes(values)
            return known, codes[trials.agent]
        if key == "run":
            known, codes = self._codes([run.id for run in trials.runs])
            return known, codes[trials.run]
        if key not in KEYS:
            raise InputError(f"--by {key}: trials are grouped by any of {', '.join(KEYS)}")
        match key:
            case "paper":
                known, codes = self._codes(self.papers)
            case "masks":
                known, codes = self._codes([v.masks for v in trials.variants])
            case "task":
                known, codes = self._codes([v.task for v in trials.variants])
            case "suite":
                known, codes = self._codes([v.task.rpartition("/")[0] for v in trials.variants])
            case "hint":
                known, codes = self._codes([str(v.shown.get("hints", "default")) for v in trials.variants])
            case _:
                known, codes = self._codes([shown_name(v) or "all" for v in trials.variants])
        return known, codes[trials.variant]

    @staticmethod
    def _codes(values: Sequence[str | int]) -> tuple[list[str | int], Ints]:
        known = sorted(set(values), key=lambda v: (isinstance(v, str), v))
        number = {value: i for i, value in enumerate(known)}
        return known, np.array([number[v] for v in values], dtype=np.int64)


def agent_name(agent: AgentRow) -> str:
    """The agent in words; reference harnesses and scripted models are marked."""
    older = [agent.harness, *([agent.model] if agent.model else []), *(f"{k}={v}" for k, v in agent.params.items())]
    words = [agent.label] if agent.label else older
    return " ".join([*words, *(["[ref]"] * agent.reference), *(["[sim]"] * agent.simulated)])


def shown_name(variant: VariantRow) -> str:
    """What the agent was shown, where it is not everything: ``no paper, hints``."""
    shown = variant.shown
    words = [] if shown.get("paper", True) else ["no paper"]
    words += [] if shown.get("commands", True) else ["no commands"]
    level = shown.get("hints", "default")
    return ", ".join([*words, *([level] if level != "default" else [])])


def _picked(column: object, members: NDArray[np.bool_]) -> object:
    if isinstance(column, np.ndarray):
        return column[members]
    if isinstance(column, Coded):
        return replace(column, codes=column.codes[members])
    return column
