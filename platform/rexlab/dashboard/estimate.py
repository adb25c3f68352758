"""What a planned run will probably take and cost, judged by finished trials that are most like its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from rexlab.execution.options import RunOptions
from rexlab.execution.plan import AgentSpec
from rexlab.store.estimates import Past
from rexlab.store.models import AgentRow

_QUANTILE = 1.645
"""Of the normal distribution: nine of ten lie so many standard deviations around the mean."""


@dataclass(frozen=True)
class Range:
    """A mean with what nine of ten lie between."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True)
class AgentEstimate:
    """What is known about one agent."""

    label: str
    basis: str
    """Where the numbers come from, in words."""
    trials: int
    """Finished ones that the numbers come from."""
    trial_seconds: float | None
    """Of one trial, in the mean; None: unknown."""
    trial_usd: float | None
    """Likewise; 0 where it asks no model, or a scripted one."""


@dataclass(frozen=True)
class RunEstimate:
    """What is known about a run."""

    agents: list[AgentEstimate]
    seconds: Range | None
    """Of the whole run, with its workers; None: of no agent is anything known."""
    usd: Range | None
    """None: of no agent that costs anything is it known."""
    untimed: list[str]
    """Agents that ``seconds`` leaves out, by label: nothing is known about them."""
    unpriced: list[str]
    """Agents that ``usd`` leaves out."""
    most_usd: float | None
    """What the budgets allow; None: some trial has no limit in USD."""


@dataclass(frozen=True)
class _Sums:
    """Of values that some trials had."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.count

    @property
    def variance(self) -> float:
        """Of one value. One value alone tells nothing of it: it is then taken to be as uncertain as it is large."""
        if self.count == 1:
            return self.mean**2
        return max(self.squares - self.total * self.mean, 0.0) / (self.count - 1)


def estimate_run(
    planned: Sequence[tuple[AgentSpec, AgentRow]],
    trials: Mapping[str, int],
    options: RunOptions,
    workers: int,
    past: Sequence[Past],
) -> RunEstimate:
    """Estimate a run.

    Args:
        planned: Its agents, each with its row.
        trials: How many trials each of the agents has at each task.
        options: The run's budgets.
        workers: Trials run at the same time.
        past: Finished trials of the agents' harnesses.
    """
    timed: list[tuple[int, _Sums, bool]] = []
    priced: list[tuple[int, _Sums, bool]] = []
    untimed, unpriced, found = [], [], []
    for spec, row in planned:
        label = str(row.label)
        nearest, basis = _nearest(row, past)
        seconds = _by_task(trials, nearest, lambda p: _Sums(p.trials, p.seconds, p.seconds_squared))
        costs = _by_task(trials, nearest, lambda p: _Sums(p.costs, p.usd, p.usd_squared))
        free = spec.model is None or spec.model.simulated
        timed += seconds
        priced += [] if free else costs
        untimed += [] if seconds else [label]
        unpriced += [] if free or costs else [label]
        count = sum(p.trials for p in nearest)
        usd = 0.0 if free else _per_trial(costs)
        found.append(AgentEstimate(label, basis, count, _per_trial(seconds), usd))
    everyone = len(trials) and sum(trials.values()) * len(planned)
    return RunEstimate(
        agents=found,
        seconds=_time(timed, min(workers, everyone)) if timed else None,
        usd=_total(priced) if priced or not unpriced else None,
        untimed=untimed,
        unpriced=unpriced,
        most_usd=_most(planned, sum(trials.values()), options),
    )


def _nearest(row: AgentRow, past: Sequence[Past]) -> tuple[list[Past], str]:
    """The finished trials that are most like the agent's. A scripted model says nothing about any other model."""
    alike = [p for p in past if p.harness == row.harness and p.simulated == row.simulated]
    levels: tuple[tuple[Callable[[Past], bool], str], ...] = (
        (lambda p: p.agent_id == row.id, "this very agent"),
        (lambda p: p.model == row.model, "this harness and model, set up otherwise"),
        (lambda p: True, "this harness with other models"),
    )
    for fits, words in levels:
        if nearest := [p for p in alike if fits(p) and p.trials]:
            return nearest, words
    return [], "no finished trial is like its own"


def _by_task(
    trials: Mapping[str, int], past: Sequence[Past], values: Callable[[Past], _Sums]
) -> list[tuple[int, _Sums, bool]]:
    """For each task: the number of trials, what is known of one, and whether it is known of this very task."""
    everywhere = _added([values(p) for p in past])
    if everywhere is None:
        return []
    found = []
    for task, count in trials.items():
        here = _added([values(p) for p in past if p.task == task])
        found.append((count, here or everywhere, here is not None))
    return found


def _added(sums: Sequence[_Sums]) -> _Sums | None:
    count = sum(s.count for s in sums)
    return _Sums(count, sum(s.total for s in sums), sum(s.squares for s in sums)) if count else None


def _per_trial(known: Sequence[tuple[int, _Sums, bool]]) -> float | None:
    return sum(n * sums.mean for n, sums, _ in known) / sum(n for n, _, _ in known) if known else None


def _total(known: Sequence[tuple[int, _Sums, bool]]) -> Range:
    """The sum over all trials. Trials of a task that was never tried differ from others all in the same direction."""
    mean = sum(n * sums.mean for n, sums, _ in known)
    variance = sum(n * sums.variance + n * n * sums.variance / (sums.count if here else 1) for n, sums, here in known)
    reach = _QUANTILE * sqrt(variance)
    return Range(max(mean - reach, 0.0), mean, mean + reach)


def _time(known: Sequence[tuple[int, _Sums, bool]], workers: int) -> Range:
    """Workers share the trials; no run is shorter than its longest trial."""
    total = _total(known)
    longest = max(sums.mean for _, sums, _ in known)
    return Range(total.low / workers, max(total.mean / workers, longest), max(total.high / workers, longest))


def _most(planned: Sequence[tuple[AgentSpec, AgentRow]], trials: int, options: RunOptions) -> float | None:
    """What budgets in USD allow at the most, not counting the calls that go over a limit: they are paid for too."""
    paying = [spec for spec, _ in planned if spec.model is not None and not spec.model.simulated]
    limits = [options.budget_of(spec.harness).usd for spec in paying]
    each = [trials * usd for usd in limits if usd is not None]
    sums = [sum(each)] if len(each) == len(limits) else []
    whole = [] if options.run_budget.usd is None else [options.run_budget.usd]
    return min([*sums, *whole], default=None)
