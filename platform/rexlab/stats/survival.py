"""Time to success when some trials were stopped before they could succeed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri


@dataclass(frozen=True)
class SurvivalCurve:
    """Share of trials that have not succeeded yet, as a step function."""

    times: NDArray[np.float64]
    """Seconds at which trials succeeded, rising, (events,)."""
    unsolved: NDArray[np.float64]
    """Share not yet solved just after each time, (events,)."""
    standard_error: NDArray[np.float64]
    """Greenwood's, (events,)."""
    at_risk: NDArray[np.int_]
    """Trials still at work just before each time, (events,)."""

    def median(self) -> float | None:
        """Seconds by which half have succeeded; None when the curve never falls so far."""
        below = np.flatnonzero(self.unsolved <= 0.5)
        return float(self.times[below[0]]) if below.size else None

    def band(self, confidence: float = 0.95) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Lower and upper end of ``unsolved`` at each time, from the normal law of log(-log S); trials independent.

        S^exp(±z se / (S |log S|)), which stays between 0 and 1. Where S is 0 there is no such error: the lower end is
        then 0 and the upper one that of the time before (1 at the first), for the true curve only falls.
        Source: Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data, 2002, section 1.4.
        """
        inside = self.unsolved > 0
        share = np.where(inside, self.unsolved, 0.5)
        factor = np.exp(float(ndtri(0.5 + confidence / 2)) * self.standard_error / (share * -np.log(share)))
        low, high = np.where(inside, share**factor, 0.0), np.where(inside, share ** (1 / factor), 1.0)
        if inside.size and not inside[-1]:  # only the last one can be 0
            high[-1] = high[-2] if high.size > 1 else 1.0
        return low, high


def kaplan_meier(seconds: NDArray[np.float64], solved: NDArray[np.bool_]) -> SurvivalCurve:
    """The product-limit estimator: prod over times of 1 - d / r, d successes among r trials still at work.

    Source: Kaplan and Meier, JASA 53 (1958); variance by Greenwood's formula, S² sum d / (r (r - d)). A trial that hit
    its limit, or gave up, is censored at its last second: it counts as at work until then. Giving up is informative
    censoring, so the curve then says how fast trials succeed that go on.

    Args:
        seconds: How long each trial was at work, (trials,).
        solved: Whether it had succeeded then, (trials,); else it was stopped.

    Raises:
        ValueError: there is no trial, or a time is negative.
    """
    time, event = np.asarray(seconds, dtype=float), np.asarray(solved, dtype=bool)
    if not time.size or not np.isfinite(time).all() or (time < 0).any():
        raise ValueError("times to success need at least one trial, and no negative or missing time")
    times = np.unique(time[event])
    ranked = np.sort(time)
    at_risk = time.size - np.searchsorted(ranked, times, side="left")
    succeeded = np.searchsorted(np.sort(time[event]), times, side="right") - np.searchsorted(
        np.sort(time[event]), times, side="left"
    )
    unsolved: NDArray[np.float64] = np.cumprod(1.0 - succeeded / at_risk).astype(float)
    left = at_risk - succeeded
    terms = np.divide(succeeded, at_risk * left, out=np.zeros(times.size), where=left > 0)
    error = unsolved * np.sqrt(np.cumsum(terms))
    return SurvivalCurve(times, unsolved, error, at_risk)


def eff_at_k(scores: NDArray[np.float64], k: int) -> float:
    """Expected best efficiency score among k of n attempts, over all k-subsets: the Rao-Blackwellised eff@k.

    sum over r from k to n of e_(r) · C(r - 1, k - 1) / C(n, k), with the scores in rising order; it averages over every
    k-subset, so it varies less than the best of k drawn ones. Source: Qiu et al., How Efficient is LLM-Generated Code?
    (ENAMEL), 2024, theorem 1.

    Args:
        scores: Per attempt, 0 for a wrong one, (n,).
        k: How many attempts.

    Raises:
        ValueError: there are fewer than k attempts, or k is below 1.
    """
    ranked = np.sort(np.asarray(scores, dtype=float))
    n = ranked.size
    if not 1 <= k <= n:
        raise ValueError(f"k is {k}, and there are {n} attempts: k lies between 1 and that")
    r = np.arange(k, n + 1)
    logs = gammaln(r) - gammaln(k) - gammaln(r - k + 1) - (gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
    return float((ranked[k - 1 :] * np.exp(logs)).sum())


def pareto_front(cost: NDArray[np.float64], success: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which agents no other one beats: none is at most as costly and at least as successful, and better in one of both.

    Args:
        cost: Per agent, any unit; NaN for unknown, which is never on the front.
        success: Per agent.
    """
    price, rate = np.asarray(cost, dtype=float), np.asarray(success, dtype=float)
    known = ~np.isnan(price)
    cheaper = price[None, :] <= price[:, None]
    better = rate[None, :] >= rate[:, None]
    strictly = (price[None, :] < price[:, None]) | (rate[None, :] > rate[:, None])
    beaten = (cheaper & better & strictly & known[None, :]).any(axis=1)
    return np.asarray(known & ~beaten)
