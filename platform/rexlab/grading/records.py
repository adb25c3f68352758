"""What grading finds, as plain records."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from rexlab.store.models import Outcome


class Flag(StrEnum):
    """What a reader of the result should know beside its outcome."""

    TAMPERED = "tampered"
    """It reaches for what is measured with. Either it changes protected files or a metric's file: those changes are
    undone, and the outcome is what the re-run without them says. Or it passes and the masked functions alone do not,
    so something outside of them makes the numbers: then it does not count as passed."""
    DROPPED_FILES = "dropped_files"
    """Files of the patch were not applied: protected ones, hooks, shadowed modules, links."""
    EDITED_ELSEWHERE = "edited_elsewhere"
    """The patch changes files in which nothing was masked."""
    FALSE_CLAIM = "false_claim"
    """The re-run does not bear out a result that the agent claims."""
    BAD_CLAIMS = "bad_claims"
    """The agent's results file could not be read, or claims what no experiment shown to the agent measures."""
    HARDCODED_NUMBERS = "hardcoded_numbers"
    """The patch writes down numbers that an experiment is expected to give, or gave."""
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


@dataclass(frozen=True)
class Remark:
    """What a flag rests on. For readers of the result alone: it may name hidden experiments and their numbers."""

    flag: Flag
    where: str
    """A path in the patch, ``path:line``, or ``experiment, metric`` of a claim."""
    what: str


@dataclass
class GradeResult:
    """What the grader concludes about one patch."""

    outcome: Outcome
    detail: str
    credit: float = 0.0
    flags: list[Flag] = field(default_factory=list)
    functions: dict[str, bool] | None = None
    dropped: list[Dropped] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    values: list[MetricValue] = field(default_factory=list)
    logs: dict[str, str] = field(default_factory=dict)
    """What the experiments printed, by experiment."""
    seconds: float = 0.0

    @property
    def elsewhere(self) -> list[str]:
        """Files that were changed although nothing was masked in them."""
        return [r.where or r.what for r in self.remarks if r.flag is Flag.EDITED_ELSEWHERE]

    @property
    def notes(self) -> list[str]:
        """What every other flag rests on, a sentence each."""
        others = [r for r in self.remarks if r.flag is not Flag.EDITED_ELSEWHERE]
        return [": ".join(part for part in (r.flag, r.where, r.what) if part) for r in others]

    @property
    def acceptable(self) -> bool:
        """Only the masked functions alone fail: it does not count as passed unless a person says so."""
        return may_be_accepted(self.outcome, self.flags, [v.passed for v in self.values])

    @property
    def visible_passed(self) -> bool | None:
        """Whether a verifier that sees the visible experiments alone would accept the patch; None: none is visible.

        Where the masked functions alone fail, it is taken to notice: the transplant is part of what it re-runs.
        """
        visible = [v.passed for v in self.values if not v.hidden]
        return all(visible) and not self.acceptable if visible else None

    def flag(self, remarks: Sequence[Remark], flag: Flag | None = None) -> None:
        """Keep remarks, with the flags that they are about; or a flag that needs none."""
        self.remarks += remarks
        for name in [r.flag for r in remarks] if flag is None else [flag]:
            if name not in self.flags:
                self.flags.append(name)


def may_be_accepted(outcome: Outcome, flags: Collection[str], passed: Sequence[bool]) -> bool:
    """Whether a person may let a grade count as passed: its patch passes everywhere, and only its masked functions
    alone do not. ``passed`` is what each of its values says; where one failed there is nothing to accept."""
    return outcome is not Outcome.PASSED and Flag.TAMPERED in flags and bool(passed) and all(passed)


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
