"""Success rates with their denominators and intervals."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from statistics import NormalDist

PASSED = "passed"
INFRA_ERROR = "infra_error"


@dataclass(frozen=True)
class Interval:
    """A confidence interval of a proportion."""

    low: float
    high: float


def wilson(successes: float, trials: float, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval for a proportion; None when there are no trials.

    (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n), with p = successes / trials.
    Source: E. B. Wilson, JASA 22 (1927) 209-212. It takes trials as independent; trials on variants of one task are not
    quite, so across tasks it is somewhat too narrow.
    """
    if trials == 0:
        return None
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p, z2n = successes / trials, z * z / trials
    centre = p + z2n / 2
    half = z * math.sqrt(p * (1 - p) / trials + z2n / (4 * trials))
    # rounding must not put the edge of 0 of n above 0, nor that of n of n below 1
    return Interval(max(0.0, min(p, (centre - half) / (1 + z2n))), min(1.0, max(p, (centre + half) / (1 + z2n))))


@dataclass(frozen=True)
class Rate:
    """Successes among trials."""

    successes: int
    trials: int

    @property
    def value(self) -> float | None:
        """The share; None when there are no trials."""
        return self.successes / self.trials if self.trials else None

    @property
    def interval(self) -> Interval | None:
        """95 %, Wilson."""
        return wilson(self.successes, self.trials)


@dataclass(frozen=True)
class TrialFact:
    """What a rate needs to know of a finished trial."""

    outcome: str
    credit: float | None
    """Share of metric values that pass; None when it never came to grading."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """All finished trials of one group."""

    outcomes: Counter[str]
    credit: float
    """Mean partial credit; an ungraded trial counts 0. Infrastructure errors are left out."""
    flags: Counter[str]

    @property
    def strict(self) -> Rate:
        """Infrastructure errors count as failures."""
        return Rate(self.outcomes[PASSED], self.outcomes.total())

    @property
    def infra_excluded(self) -> Rate:
        """Infrastructure errors are left out."""
        return Rate(self.outcomes[PASSED], self.outcomes.total() - self.outcomes[INFRA_ERROR])


def tabulate(facts: Iterable[tuple[Hashable, TrialFact]]) -> dict[Hashable, Cell]:
    """Group finished trials by key; groups come in the order in which they first appear."""
    groups: dict[Hashable, list[TrialFact]] = {}
    for key, fact in facts:
        groups.setdefault(key, []).append(fact)
    return {key: _cell(members) for key, members in groups.items()}


def _cell(facts: list[TrialFact]) -> Cell:
    counted = [f.credit or 0.0 for f in facts if f.outcome != INFRA_ERROR]
    return Cell(
        outcomes=Counter(f.outcome for f in facts),
        credit=sum(counted) / len(counted) if counted else 0.0,
        flags=Counter(flag for f in facts for flag in f.flags),
    )
