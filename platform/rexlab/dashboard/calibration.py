"""The evidence for a task's checks: what reference runs measured, beside what passes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rexlab.authoring.calibration import Calibration, CalibrationRun, load_calibration
from rexlab.reports.cells import show
from rexlab.reports.document import Kind
from rexlab.task.checks import Absolute, Check, Exact, Greater, Interval, Less, Relative, Sigma
from rexlab.task.load import Task
from rexlab.task.manifest import CsvSource, ExperimentSection, JsonSource, MetricSection

_FEW = 3
"""So many targets are written out; of more, how many there are and from where to where they go."""


@dataclass(frozen=True)
class Position:
    """One of a metric's values: what passes there, and what the reference runs measured."""

    number: int
    """From 1, in the order in which a grade lists them."""
    seed: int
    """Of the run of the command that gives this value."""
    target: float
    """The bound, of checks that have one."""
    low: float
    """The lowest value that passes; minus infinity where there is none. Of a bound, the bound itself."""
    high: float
    values: list[float]
    """Of the reference runs with the task's seeds, in their order."""
    other_values: list[float]
    """Of the reference runs with other seeds, where the metric has as many values under them."""
    passing: list[bool]
    """Which of ``values`` pass."""
    room: float | None
    """The smallest distance of ``values`` to the edge of what passes, in tolerances: 1 at the target, 0 at the edge,
    negative outside; None for checks without a tolerance, and without values."""


@dataclass(frozen=True)
class Evidence:
    """A metric's check with its evidence."""

    experiment: ExperimentSection
    metric: MetricSection
    check: str
    """In words."""
    source: str
    """In words."""
    positions: list[Position]

    @property
    def runs(self) -> int:
        """How many reference runs with the task's seeds there are."""
        return max((len(p.values) for p in self.positions), default=0)

    @property
    def other_runs(self) -> int:
        """How many with other seeds there are, as far as they can be compared."""
        return max((len(p.other_values) for p in self.positions), default=0)

    @property
    def holds(self) -> bool:
        """Whether every value of every run passes."""
        return self.runs > 0 and self.passing_runs == self.runs

    @property
    def passing_runs(self) -> int:
        """How many runs pass with every value."""
        return sum(all(p.passing[run] for p in self.positions) for run in range(self.runs))


@dataclass(frozen=True)
class Calibrated:
    """A task's calibration, and whether it is of the task as it is."""

    record: Calibration
    current: bool


def calibration_of(task: Task) -> Calibrated | None:
    """The task's calibration; None when there is none.

    Raises:
        ManifestError: ``calibration.json`` is none.
    """
    record = load_calibration(task)
    return Calibrated(record, record.task_digest == task.digest) if record else None


def evidence_for(experiment: ExperimentSection, metric: MetricSection, record: Calibration | None) -> Evidence:
    """What the calibration says about one metric. Runs that lack it, or have another number of values, are left out."""
    size = metric.count * len(experiment.seeds)
    runs = _values(record.runs if record else [], experiment, metric, size)
    # a run with one other seed has the values of one command; they compare where the task has one seed as well
    others = _values(record.seed_runs if record else [], experiment, metric, size)
    targets = metric.check.targets(size)
    positions = [
        _position(number, experiment.seeds[number // metric.count], metric.check, target, runs, others)
        for number, target in enumerate(targets)
    ]
    return Evidence(experiment, metric, check_in_words(metric.check), _source_in_words(metric), positions)


def check_in_words(check: Check) -> str:
    """What passes: ``within 0.03 of 1.25``, ``between 1 and 2``, ``more than 1.5``."""
    match check:
        case Exact():
            return f"exactly {_targets(check.target, 'these')}"
        case Absolute():
            return f"within {_number(check.tolerance)} of {_targets(check.target, 'each of')}"
        case Relative():
            return f"within {_number(float(f'{100 * check.tolerance:.12g}'))} % of {_targets(check.target, 'each of')}"
        case Sigma():
            return f"within {_number(check.k)} sd ({_number(check.k * check.sd)}) of {_number(check.mean)}"
        case Interval():
            return f"between {_number(check.low)} and {_number(check.high)}"
        case Greater():
            return f"more than {_number(check.bound)}"
        case Less():
            return f"less than {_number(check.bound)}"


def number_in_words(value: float) -> str:
    """A measured value with enough digits to tell it from its neighbours: whole numbers whole, else eight digits."""
    if not math.isfinite(value):
        return show(value, Kind.NUMBER)
    if value.is_integer() and abs(value) < 1e15:
        return show(value, Kind.COUNT)
    return f"{value:.8g}".replace("-", "\N{MINUS SIGN}")


def _position(
    number: int,
    seed: int,
    check: Check,
    target: float,
    runs: Sequence[list[float]],
    others: Sequence[list[float]],
) -> Position:
    values = [run[number] for run in runs]
    tolerance = check.tolerance_at(target)
    low, high = target - tolerance, target + tolerance
    if isinstance(check, Greater):
        high = math.inf
    elif isinstance(check, Less):
        low = -math.inf
    margins = [check.margin(value, target) for value in values]
    return Position(
        number=number + 1,
        seed=seed,
        target=target,
        low=low,
        high=high,
        values=values,
        other_values=[run[number] for run in others],
        passing=[check.passes(value, target) for value in values],
        room=min(margins) / tolerance if margins and tolerance else None,
    )


def _values(
    runs: Sequence[CalibrationRun], experiment: ExperimentSection, metric: MetricSection, size: int
) -> list[list[float]]:
    found = [run.values.get(experiment.name, {}).get(metric.name, []) for run in runs]
    return [values for values in found if len(values) == size]


def _targets(target: float | list[float], many: str) -> str:
    if not isinstance(target, list):
        return number_in_words(target)
    if len(target) == 1:
        return number_in_words(target[0])
    if len(target) <= _FEW:
        return ", ".join(number_in_words(value) for value in target)
    low, high = number_in_words(min(target)), number_in_words(max(target))
    return f"{many} {len(target)} values, between {low} and {high}"


def _source_in_words(metric: MetricSection) -> str:
    source = metric.source
    if isinstance(source, JsonSource):
        return f"{source.pointer or 'the whole'} in {source.file}"
    if isinstance(source, CsvSource):
        row = f"row {source.row}" if isinstance(source.row, int) else f"the row of {source.row}"
        return f"column {source.column} of {row} in {source.csv}"
    return f"printed, as {source.stdout}"


def _number(value: float) -> str:
    return show(value, Kind.NUMBER)
