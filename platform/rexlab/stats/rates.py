"""Wilson's interval: of a single cell, whose trials are of one paper."""

import math
from dataclasses import dataclass
from statistics import NormalDist


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
