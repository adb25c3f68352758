"""What grading finds, as plain records."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from rexlab.store.models import Outcome


class Flag(StrEnum):
    """What a reader of the result should know beside its outcome."""

    TAMPERED = "tampered"
    """The patch passes, the masked functions alone do not: something outside of them makes the numbers."""
    DROPPED_FILES = "dropped_files"
    """Files of the patch were not applied: protected ones, hooks, shadowed modules, links."""
    EDITED_ELSEWHERE = "edited_elsewhere"
    """The patch changes files in which nothing was masked."""
    FALSE_CLAIM = "false_claim"
    """The re-run does not bear out a result that the agent claims."""
    BAD_CLAIMS = "bad_claims"
    """The agent's results file could not be read."""
    TRANSPLANT_PROBLEM = "transplant_problem"
    """A masked function's new body could not be moved into the reference code."""
    ACCEPTED = "accepted"
    """A person looked at a tampered patch and let it count."""


@dataclass(frozen=True)
class MetricValue:
    """One value of one metric."""

    experiment: str
    metric: str
    position: int
    hidden: bool
    target: float
    tolerance: float
    observed: float | None = None
    margin: float | None = None
    passed: bool = False
    problem: str = ""
    claimed: float | None = None
    claim: bool | None = None


class RunEnd(StrEnum):
    """How the runs of an experiment ended."""

    OK = "ok"
    CRASHED = "crashed"
    TIMEOUT = "timeout"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ExperimentResult:
    """One experiment, all its seeds."""

    name: str
    hidden: bool
    end: RunEnd
    detail: str
    values: list[MetricValue]
    seconds: float
    log: str

    @property
    def passed(self) -> bool:
        return self.end is RunEnd.OK and all(v.passed for v in self.values)


@dataclass(frozen=True)
class Measurement:
    """All experiments on one tree."""

    results: list[ExperimentResult]

    @property
    def values(self) -> list[MetricValue]:
        return [value for result in self.results for value in result.values]

    @property
    def passed(self) -> bool:
        return bool(self.results) and all(result.passed for result in self.results)

    @property
    def credit(self) -> float:
        """Share of metric values that pass."""
        values = self.values
        return sum(v.passed for v in values) / len(values) if values else 0.0

    def verdict(self) -> tuple[Outcome, str]:
        """The outcome and a sentence on it. A crash says more than a timeout, that more than a missing value, and that
        more than a wrong one; the first experiment of its kind is named."""
        for end, outcome in (
            (RunEnd.CRASHED, Outcome.EXPERIMENT_CRASHED),
            (RunEnd.TIMEOUT, Outcome.EXPERIMENT_TIMEOUT),
        ):
            for result in self.results:
                if result.end is end:
                    return outcome, f"{result.name}: {result.detail}"
        if not self.values:
            return Outcome.MISSING_RESULT, "no experiment was run"
        failed = [v for v in self.values if not v.passed]
        for value in failed:
            if value.observed is None:
                return Outcome.MISSING_RESULT, f"{value.experiment}, {value.metric}: {value.problem}"
        if failed:
            worst = failed[0]
            return Outcome.WRONG_RESULT, (
                f"{len(failed)} of {len(self.values)} values are off; first {worst.experiment}, {worst.metric}: "
                f"{worst.observed:.6g} where {worst.target:.6g} ± {worst.tolerance:.3g} is expected"
            )
        return Outcome.PASSED, f"all {len(self.values)} values are within their tolerance"


@dataclass(frozen=True)
class Dropped:
    """A file of the patch that was not applied."""

    path: str
    reason: str


@dataclass
class GradeResult:
    """What the grader concludes about one patch."""

    outcome: Outcome
    detail: str
    credit: float = 0.0
    flags: list[Flag] = field(default_factory=list)
    functions: dict[str, bool] | None = None
    dropped: list[Dropped] = field(default_factory=list)
    values: list[MetricValue] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)
    """What the experiments printed, by experiment."""
    seconds: float = 0.0


def with_claims(values: list[MetricValue], claims: dict[str, dict[str, list[float]]]) -> list[MetricValue]:
    """Set beside each measured value what the agent claimed for it.

    A claim holds when it lies as near to the measured value as the check lets the measured one lie to its target, and
    at least within 1 %, for agents round what they report.
    """
    result = []
    for value in values:
        claimed = claims.get(value.experiment, {}).get(value.metric, [])
        if value.hidden or value.position >= len(claimed):
            result.append(value)
            continue
        stated = claimed[value.position]
        allowed = max(value.tolerance, 0.01 * abs(value.observed or 0.0))
        holds = value.observed is not None and abs(stated - value.observed) <= allowed
        result.append(replace(value, claimed=stated, claim=holds))
    return result
