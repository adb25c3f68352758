"""Compare two agents on the same variants and attempts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, stdtr

from rexlab.stats.clusters import jackknife
from rexlab.stats.rates import Interval


@dataclass(frozen=True)
class PairedComparison:
    """Two agents, A and B, on pairs of trials of the same variant and attempt."""

    pairs: int
    clusters: int
    both: int
    only_a: int
    only_b: int
    neither: int
    difference: float
    """Success rate of A minus that of B, -1 to 1."""
    interval: Interval | None
    """95 %, over papers (the jackknife of ``rexlab.stats.clusters``); None where ``reason`` says why."""
    odds_ratio: float | None
    """Effect size: discordant pairs that A wins over those that B wins; None when B wins none."""
    p_value: float
    """Exact McNemar test, two-sided; takes pairs as independent."""
    cluster_p_value: float | None
    """Two-sided t test of no difference, over papers by the same jackknife; None without spread to test by."""
    reason: str = ""


def compare_paired(
    passed_a: NDArray[np.bool_],
    passed_b: NDArray[np.bool_],
    cluster: NDArray[np.int_],
) -> PairedComparison:
    """McNemar's test, and the difference with an interval over papers.

    McNemar's exact test asks whether the discordant pairs split evenly: a binomial test of only_a among only_a +
    only_b (McNemar 1947). The interval is that of ``clustered_mean``, for the mean of A - B, which lies in -1 to 1.

    Args:
        passed_a: Whether A passed, per pair, (pairs,).
        passed_b: Whether B passed, per pair.
        cluster: Which paper the pair's variant is of, from 0.

    Raises:
        ValueError: there is no pair.
    """
    a, b = np.asarray(passed_a, dtype=bool), np.asarray(passed_b, dtype=bool)
    if not a.size:
        raise ValueError("the two have no variant and attempt in common")
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    discordant = only_a + only_b
    names, index = np.unique(cluster, return_inverse=True)
    total: NDArray[np.float64] = np.bincount(index).astype(float)
    gain: NDArray[np.float64] = np.bincount(index, weights=a.astype(float) - b.astype(float)).astype(float)
    difference = float(gain.sum() / total.sum())
    # (A - B + 1) / 2 lies between 0 and 1: A better 1, equal 1/2, B better 0
    found = jackknife((gain + total) / 2, total)
    interval, cluster_p, reason = None, None, found.reason()
    if names.size >= 2 and found.flat:
        reason = "no spread between papers: no interval"
    elif names.size >= 2:
        interval = Interval(2 * float(found.low) - 1, 2 * float(found.high) - 1)
        if not found.lone:
            cluster_p = float(2 * stdtr(found.degrees, -abs(found.centre) / found.error))
    return PairedComparison(
        pairs=a.size,
        clusters=names.size,
        both=int((a & b).sum()),
        only_a=only_a,
        only_b=only_b,
        neither=int((~a & ~b).sum()),
        difference=difference,
        interval=interval,
        odds_ratio=only_a / only_b if only_b else None,
        p_value=min(1.0, 2 * float(bdtr(min(only_a, only_b), discordant, 0.5))),
        cluster_p_value=cluster_p,
        reason=reason,
    )


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for many comparisons: the family-wise error stays at its level whatever depends on what.

    The i-th smallest of m is multiplied by m - i + 1, and made no smaller than those before it (Holm 1979).
    """
    order = np.argsort(p_values, kind="stable")
    ranked = np.asarray(p_values, dtype=float)[order]
    factors = len(ranked) - np.arange(len(ranked))
    adjusted = np.minimum(1.0, np.maximum.accumulate(ranked * factors))
    result = np.empty_like(adjusted)
    result[order] = adjusted
    return [float(p) for p in result]
