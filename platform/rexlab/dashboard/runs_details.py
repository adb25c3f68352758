"""One run's trials by task and agent, and the time its phases took."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Engine

from rexlab.reports.view import agent_name
from rexlab.store.models import AgentRow, Outcome, State
from rexlab.store.queries import agents_of_run
from rexlab.store.run_details import PHASES, phase_times, tally_run

MOST_TIMED = 20_000
"""Trials whose phases are looked at: the last ones of a run."""


@dataclass(frozen=True)
class MatrixCell:
    """The trials of one task and one agent."""

    outcomes: Counter[Outcome]
    unfinished: Counter[State]

    @property
    def finished(self) -> int:
        """Cancelled ones count for nothing, as in reports."""
        return self.outcomes.total() - self.outcomes[Outcome.CANCELLED]

    @property
    def passed(self) -> int:
        return self.outcomes[Outcome.PASSED]

    @property
    def share(self) -> float | None:
        """Of the finished trials, how many passed, 0 to 1; None: none has finished."""
        return self.passed / self.finished if self.finished else None

    @property
    def text(self) -> str:
        """``3/5``; with what is still to come: ``3/5 +2``; ``+2`` while none has finished; ``cancelled``."""
        left = self.unfinished.total()
        parts = [f"{self.passed}/{self.finished}"] if self.finished else []
        return " ".join([*parts, f"+{left}"] if left else parts) or "cancelled"


@dataclass(frozen=True)
class Matrix:
    """A run's trials by task and agent."""

    tasks: list[str]
    agents: list[tuple[str, str]]
    """Id and name, in the order of the plan; no name is there twice."""
    cells: dict[tuple[str, str], MatrixCell]
    """By task and agent's id; a pair without trials is missing."""


@dataclass(frozen=True)
class PhaseSummary:
    """How long one phase took an agent's trials."""

    agent: str
    phase: str
    trials: int
    median_s: float
    high_s: float
    """Nine of ten trials took no longer."""


@dataclass(frozen=True)
class Timings:
    """How long the phases of a run's trials took."""

    phases: list[PhaseSummary]
    looked_at: int
    """Finished trials, the last ones in the order of the plan."""
    is_sample: bool
    """Whether the run may have more."""


def matrix_of(engine: Engine, run_id: str) -> Matrix:
    """The run's trials by task and agent.

    Raises:
        StoreError: the store cannot be read.
    """
    tallies = tally_run(engine, run_id)
    cells: dict[tuple[str, str], MatrixCell] = {}
    for tally in tallies:
        cell = cells.setdefault((tally.task, tally.agent_id), MatrixCell(Counter(), Counter()))
        if tally.outcome is None or tally.state is not State.FINISHED:
            cell.unfinished[tally.state] += tally.trials
        else:
            cell.outcomes[tally.outcome] += tally.trials
    return Matrix(sorted({task for task, _ in cells}), _named(agents_of_run(engine, run_id)), cells)


def timings_of(engine: Engine, run_id: str) -> Timings:
    """Median and 90th percentile of every phase, per agent.

    Raises:
        StoreError: the store cannot be read.
    """
    times = phase_times(engine, run_id, most=MOST_TIMED)
    found = []
    for agent_id, name in _named(agents_of_run(engine, run_id)):
        seconds = np.array([t.seconds for t in times if t.agent_id == agent_id], np.float64).reshape(-1, len(PHASES))
        for phase, column in zip(PHASES, seconds.T, strict=True):
            known = column[~np.isnan(column)]
            if known.size:
                median, high = np.percentile(known, [50, 90])
                found.append(PhaseSummary(name, phase, int(known.size), float(median), float(high)))
    return Timings(found, len(times), len(times) == MOST_TIMED)


def _named(agents: list[AgentRow]) -> list[tuple[str, str]]:
    """Ids and names; where two agents have one name, their ids tell them apart."""
    names = [agent_name(agent) for agent in agents]
    return [
        (agent.id, f"{name} #{agent.id[:4]}" if names.count(name) > 1 else name)
        for agent, name in zip(agents, names, strict=True)
    ]
