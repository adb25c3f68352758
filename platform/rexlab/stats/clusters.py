"""Intervals for rates and means of trials that come in clusters: what is tried on one paper is not independent.

One method serves every quantity: a jackknife over papers on the logit scale, with Student's t. Let l be the logit of
the estimate and l_c that without paper c, whose share of the trials is h_c. Then

    se² = sum over c of (1 - h_c) (l_c - l)²,    interval: expit(l ± t se),    degrees of freedom: 1 / sum h_c² - 1.

On the scale of the rate itself se² is exactly CR2, the bias-reduced cluster variance (Bell and McCaffrey, Survey
Methodology 28, 2002, for a mean). Leaving papers out on the logit scale instead makes the interval lopsided where a few
papers hold the successes (jackknife of a transformed estimate: Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 11). 1 / sum h_c² is the effective number of papers of unequal size (Kish, Survey Sampling, 1965, section
11.7). Trials of one paper can at most be all alike, so no interval is wider than Wilson's with the effective papers in
place of trials; that one stands alone where leaving papers out tells no spread, or ends at a rate of 0 or 1.
``benchmarks/coverage.py`` measures how often the intervals hold the truth; a bootstrap covered less often.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri, stdtrit

from rexlab.stats.rates import Interval

Floats = NDArray[np.float64]

FEW = 5.0
"""Below so many effective papers an interval comes with a warning."""
ONE_PAPER = "one paper only: nothing can be said about other papers"
NO_SPREAD = "no spread between papers: Wilson's interval with papers in place of trials"
LONE_PAPER = "without one of the papers it would be 0 or 1: Wilson's interval with papers in place of trials"


@dataclass(frozen=True)
class ClusteredMean:
    """A mean over everything tried, with its uncertainty over papers."""

    value: float
    count: float
    """What the mean is over: problems or trials."""
    clusters: int
    standard_error: float | None
    """Over papers, on the scale of the value (CR2); None for one paper."""
    interval: Interval | None
    """None for one paper."""
    reason: str = ""
    """Why there is no interval, or why it is of another kind than usual."""


@dataclass(frozen=True)
class ClusteredRate:
    """A success rate over clusters of trials."""

    successes: int
    trials: int
    clusters: int
    standard_error: float | None
    """Clustered (CR2); None for fewer than two clusters."""
    interval: Interval | None
    """None for fewer than two clusters; ``reason`` then says so."""
    reason: str = ""
    """Why there is no interval, or why it is of another kind than usual."""

    @property
    def value(self) -> float:
        return self.successes / self.trials


def clustered_rate(successes: NDArray[np.int_], trials: NDArray[np.int_], *, confidence: float = 0.95) -> ClusteredRate:
    """Success rate sum(s) / sum(n) over clusters with its interval; the method is the module's.

    Args:
        successes: Per cluster, (clusters,).
        trials: Per cluster, (clusters,); clusters without a trial do not count.
        confidence: Of the interval.

    Raises:
        ValueError: there is no trial, or more successes than trials.
    """
    found = clustered_mean(successes, trials, confidence=confidence)
    passed = int(np.sum(successes))
    return ClusteredRate(passed, int(found.count), found.clusters, found.standard_error, found.interval, found.reason)


def clustered_mean(
    totals: NDArray[np.float64] | NDArray[np.int_],
    counts: NDArray[np.float64] | NDArray[np.int_],
    *,
    low: float = 0.0,
    high: float = 1.0,
    confidence: float = 0.95,
) -> ClusteredMean:
    """Mean sum(t) / sum(n) of values between ``low`` and ``high``, with its interval; the method is the module's.

    Args:
        totals: Sum of the values per cluster, (clusters,).
        counts: Number of values per cluster, (clusters,).
        low: Smallest possible value.
        high: Largest possible value.
        confidence: Of the interval.

    Raises:
        ValueError: there is no value, or a cluster's mean lies outside ``low`` to ``high``.
    """
    t, n = np.asarray(totals, dtype=float), np.asarray(counts, dtype=float)
    if not n.sum() > 0:
        raise ValueError("there is no trial")
    found = jackknife((t - low * n) / (high - low), n, confidence)
    clusters, value = int(found.clusters), low + (high - low) * float(found.value)
    if clusters < 2:
        return ClusteredMean(value, float(n.sum()), clusters, None, None, ONE_PAPER)
    edges = Interval(low + (high - low) * float(found.low), low + (high - low) * float(found.high))
    error = float(found.standard_error) * (high - low)
    return ClusteredMean(value, float(n.sum()), clusters, error, edges, found.reason())


@dataclass(frozen=True)
class Jackknifed:
    """Means of values between 0 and 1 with their intervals; arrays of one shape, an element per mean."""

    value: Floats
    low: Floats
    """NaN where there are fewer than two clusters."""
    high: Floats
    standard_error: Floats
    """CR2, on the scale of the value."""
    clusters: NDArray[np.int_]
    centre: Floats
    """Logit that the interval is around."""
    error: Floats
    """Standard error of that logit; 0 where ``flat`` or ``lone``."""
    effective: Floats
    """Papers of equal size that these are worth."""
    flat: NDArray[np.bool_]
    """No spread between papers."""
    lone: NDArray[np.bool_]
    """Without one paper the mean would be 0 or 1."""

    @property
    def degrees(self) -> Floats:
        """Of freedom."""
        return degrees_of_freedom(self.effective)

    def reason(self, at: tuple[int, ...] = ()) -> str:
        """What is unusual about the interval of one mean, in words; empty when nothing is."""
        if self.clusters[at] < 2:
            return ONE_PAPER
        if self.flat[at]:
            return NO_SPREAD
        words = [LONE_PAPER if self.lone[at] else "", few_papers(int(self.clusters[at]), float(self.effective[at]))]
        return "; ".join(filter(None, words))


def few_papers(clusters: int, effective: float) -> str:
    """A warning where the interval rests on few papers; else empty."""
    worth = round(effective, 6)
    if worth >= FEW:
        return ""
    unequal = f", worth {worth:.1f} of equal size" if worth < clusters - 0.5 else ""
    return f"only {clusters} papers{unequal}: the interval is wide and rests on little"


def jackknife(totals: Floats, counts: Floats, confidence: float = 0.95) -> Jackknifed:
    """Means of values between 0 and 1 over clusters, all at once.

    Args:
        totals: Sum of the values per cluster, (..., clusters).
        counts: Number of values per cluster, the same shape; 0 for a cluster that a mean does not have.
        confidence: Of the intervals.

    Raises:
        ValueError: the shapes differ, a mean has no value, or a cluster's values cannot lie between 0 and 1.
    """
    t, n = np.asarray(totals, dtype=float), np.asarray(counts, dtype=float)
    if t.shape != n.shape or not (n >= 0).all() or not (n.sum(axis=-1) > 0).all():
        raise ValueError("every mean needs totals and counts of the same clusters, and at least one value")
    if not ((t >= -1e-9 * (1 + n)) & (t <= n + 1e-9 * (1 + n))).all():
        raise ValueError(
            "a cluster's total lies outside of what its number of values allows (more successes than trials?)"
        )
    t = np.clip(t, 0.0, n)
    total, size = t.sum(axis=-1), n.sum(axis=-1)
    value, share = total / size, n / size[..., None]
    clusters = np.asarray((n > 0).sum(axis=-1))
    error = standard_error(t, n)
    flat = (error <= 1e-12) & (clusters >= 2)
    left_t, left_n = total[..., None] - t, size[..., None] - n
    many = clusters >= 2
    edge = (left_t < 1e-9) | (left_n - left_t < 1e-9)
    lone = edge.any(axis=-1) & ~flat & many
    usable = many & ~flat & ~lone
    centre = logit(np.where(usable, value, 0.5))
    rest = usable[..., None] & (left_n > 0)
    left_out = logit(np.where(rest, left_t / np.where(rest, left_n, 1.0), 0.5))
    spread, effective = logit_error(centre, left_out, share)
    low, high = logit_interval(centre, spread, effective, confidence)
    least, most = wilson_over_papers(value, share, confidence)
    low, high = np.where(usable, np.maximum(low, least), least), np.where(usable, np.minimum(high, most), most)
    alone = clusters < 2
    return Jackknifed(
        value=value,
        low=np.where(alone, np.nan, low),
        high=np.where(alone, np.nan, high),
        standard_error=error,
        clusters=clusters,
        centre=centre,
        error=spread,
        effective=effective,
        flat=flat,
        lone=lone,
    )


def standard_error(totals: Floats, counts: Floats) -> Floats:
    """Clustered standard error (CR2) of sum(t) / sum(n); the last axis holds the clusters; NaN for one cluster.

    sqrt(sum e_c² / (1 - h_c)) / sum(n), with e_c = t_c - mean · n_c and h_c = n_c / sum(n) (Bell and McCaffrey 2002).
    Clusters of equal size make it CR1, which has C / (C - 1) in place of 1 / (1 - h_c).
    """
    size = counts.sum(axis=-1)[..., None]
    residual = totals - totals.sum(axis=-1)[..., None] / size * counts
    rest = 1.0 - counts / size
    alone = (counts > 0).sum(axis=-1) < 2
    squares = np.square(residual) / np.where(rest > 1e-12, rest, 1.0)
    return np.asarray(np.where(alone, np.nan, np.sqrt(squares.sum(axis=-1)) / size[..., 0]))


def wilson_over_papers(value: Floats, share: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Wilson's interval (``rexlab.stats.rates.wilson``) of rates, with the effective number of papers as trials.

    Args:
        value: The rates, (...).
        share: Share of the data that each cluster holds, (..., clusters), of sum 1.
        confidence: Of the interval.
    """
    z2n = float(ndtri(0.5 + confidence / 2)) ** 2 * np.square(share).sum(axis=-1)
    half = np.sqrt(z2n * (value * (1 - value) + z2n / 4))
    low, high = (value + z2n / 2 - half) / (1 + z2n), (value + z2n / 2 + half) / (1 + z2n)
    # rounding must not put the edge of a rate of 0 above 0, nor that of 1 below 1
    return np.clip(low, 0.0, value), np.clip(high, value, 1.0)


def logit_error(centre: Floats, left_out: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Jackknife standard error of a logit, (...), and the effective number of clusters; the module says how.

    Args:
        centre: Logit of the estimate, (...).
        left_out: Logit of the estimate without each cluster, (..., clusters).
        share: Share of the data, or of the information, that each cluster holds, (..., clusters), of sum 1.
    """
    squares = (1.0 - share) * np.square(left_out - centre[..., None])
    return np.asarray(np.sqrt(squares.sum(axis=-1))), np.asarray(1.0 / np.square(share).sum(axis=-1))


def degrees_of_freedom(effective: Floats) -> Floats:
    """One less than the effective clusters, and no less than 1, below which Student's t has no use."""
    return np.asarray(np.maximum(effective - 1.0, 1.0))


def logit_interval(centre: Floats, error: Floats, effective: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Student's t interval of a logit, on the scale of the probability."""
    edge = stdtrit(degrees_of_freedom(effective), 0.5 + confidence / 2) * error
    return np.asarray(expit(centre - edge)), np.asarray(expit(centre + edge))
