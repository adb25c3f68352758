"""The difficulty curve: success against the number of masked functions, and what it says of a single function."""

from dataclasses import dataclass
from math import floor, log

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, logit, stdtr, stdtrit

from rexlab.stats.clusters import (
    LONE_PAPER,
    NO_SPREAD,
    ONE_PAPER,
    ClusteredRate,
    clustered_rate,
    degrees_of_freedom,
    few_papers,
    logit_error,
    logit_interval,
    wilson_over_papers,
)
from rexlab.stats.curve_models import STEEPEST, fit_accuracy, fit_changing, information, log_likelihood
from rexlab.stats.rates import Interval

Table = NDArray[np.float64] | NDArray[np.int_]
"""Counts by cluster and number of masks, (clusters, sizes)."""


@dataclass(frozen=True)
class Slope:
    """The model whose per-function accuracy changes: logit p_n = a + b (n - 1), success p_n^n."""

    first: float
    """Accuracy at one mask."""
    value: float | None
    """b, change of the log odds with each further mask; None when it has no finite maximum."""
    interval: Interval | None
    """95 % of b, over papers; None when some paper alone keeps it finite, or there are fewer than two papers."""
    log_likelihood: float
    p_value: float
    """Of the likelihood-ratio test of b = 0 (chi², one degree of freedom); takes trials as independent."""
    cluster_p_value: float | None
    """Of the t test of b = 0 over papers; None like the interval."""


@dataclass(frozen=True)
class CurveFit:
    """Two models of an agent's difficulty curve, fitted by maximum likelihood, and what was observed."""

    accuracy: float
    """Per function, of the independent-errors model: success at n masks has probability accuracy^n."""
    interval: Interval | None
    """95 % of the accuracy, over papers; None for fewer than two."""
    log_likelihood: float
    slope: Slope | None
    """The second model; None when one number of masks, or one result only, leaves nothing to fit."""
    masks: tuple[int, ...]
    """Numbers of masked functions that were tried, rising."""
    observed: tuple[ClusteredRate, ...]
    """Success at each of ``masks``."""
    reason: str = ""
    """What is missing or at an edge, in words."""

    @property
    def horizon(self) -> int | None:
        """Largest number of masks with success of at least one half under the first model; None: without bound."""
        return _horizon(self.accuracy)

    @property
    def horizon_interval(self) -> tuple[int | None, int | None] | None:
        """The horizons at the ends of the accuracy's interval; an end that is None is without bound."""
        return (_horizon(self.interval.low), _horizon(self.interval.high)) if self.interval else None

    @property
    def observed_horizon(self) -> int:
        """Largest number of masks at which at least half of the trials succeeded; 0 when there is none."""
        return max((n for n, rate in zip(self.masks, self.observed, strict=True) if rate.value >= 0.5), default=0)

    @property
    def aic(self) -> tuple[float, float | None]:
        """Akaike's information criterion of the two models, 2 parameters - 2 log likelihood; the lower the better."""
        return 2 - 2 * self.log_likelihood, 4 - 2 * self.slope.log_likelihood if self.slope else None

    def success(self, masks: NDArray[np.int_]) -> NDArray[np.float64]:
        """Success that the independent-errors model expects at these numbers of masks."""
        return np.asarray(self.accuracy ** np.asarray(masks, dtype=float))

    def band(self, masks: NDArray[np.int_]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Lower and upper end of ``success``: p^n rises in p, so the accuracy's interval gives it. None without one."""
        if self.interval is None:
            return None
        n = np.asarray(masks, dtype=float)
        return np.asarray(self.interval.low**n), np.asarray(self.interval.high**n)


def fit_curve(masks: NDArray[np.int_], successes: Table, trials: Table) -> CurveFit:
    """Fit p^n, and logit p_n = a + b (n - 1) with success p_n^n, to one agent's trials.

    If each masked function is right with probability p, independently of the others, all n are with p^n
    (AutoExperiment's question: is replication harder than its parts?). Both are fitted by maximum likelihood to the
    trials of all papers. The intervals are those of ``rexlab.stats.clusters``: every paper is left out in turn and the
    model fitted again; a paper's share is that of the Fisher information.

    Args:
        masks: Numbers of masked functions, (sizes,), each at least 1 and different.
        successes: By cluster (paper) and number, (clusters, sizes).
        trials: The same shape.

    Raises:
        ValueError: there is no trial with a masked function, or the shapes do not fit.
    """
    n, s, total = np.asarray(masks, dtype=float), np.asarray(successes, float), np.asarray(trials, float)
    if s.shape != total.shape or s.shape[-1:] != n.shape or (n < 1).any() or np.unique(n).size < n.size:
        raise ValueError("successes and trials are (clusters, sizes), and every size masks at least one function")
    if not total.sum():
        raise ValueError("there is no trial with a masked function")
    if (s < 0).any() or (s > total).any():
        raise ValueError("there are more successes than trials")
    tried = np.flatnonzero(total.sum(axis=0) > 0)
    tried = tried[np.argsort(n[tried])]
    n, s, total = n[tried], s[:, tried], total[:, tried]
    s, total = s[total.sum(axis=1) > 0], total[total.sum(axis=1) > 0]
    pooled_s, pooled_n = s.sum(axis=0), total.sum(axis=0)
    accuracy = float(fit_accuracy(n, pooled_s, pooled_n))
    low, high, reason = accuracy_intervals(n, s[None], total[None])
    slope, unfit = _changing(n, s, total, accuracy)
    return CurveFit(
        accuracy=accuracy,
        interval=Interval(float(low[0]), float(high[0])) if len(s) >= 2 else None,
        log_likelihood=float(log_likelihood(accuracy**n, pooled_s, pooled_n)),
        slope=slope,
        masks=tuple(int(size) for size in n),
        observed=tuple(clustered_rate(s[:, i], total[:, i]) for i in range(n.size)),
        reason="; ".join(filter(None, (reason[0], unfit))),
    )


def accuracy_intervals(
    masks: NDArray[np.float64], successes: NDArray[np.float64], trials: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str]]:
    """95 % intervals of the per-function accuracy of many curves, (curves,) each, and what is unusual about them.

    Args:
        masks: (sizes,), rising, all of them tried.
        successes: (curves, clusters, sizes).
        trials: The same shape.

    Returns:
        Lower ends, upper ends (NaN for fewer than two clusters) and reasons.
    """
    s, total = successes.sum(axis=1), trials.sum(axis=1)
    clusters = (trials.sum(axis=2) > 0).sum(axis=1)
    left_s, left_n = s[:, None] - successes, total[:, None] - trials
    accuracy, left = fit_accuracy(masks, s, total), fit_accuracy(masks, left_s, left_n)
    one_result = (accuracy <= 0) | (accuracy >= 1)
    lone = ((left <= 0) | (left >= 1)).any(axis=1) & ~one_result
    usable = ~one_result & ~lone & (clusters >= 2)
    inside = np.where(usable, accuracy, 0.5)
    left = np.where(usable[:, None] & np.isfinite(left), left, inside[:, None])
    share = information(masks, trials, np.broadcast_to(inside[:, None], trials.shape[:2])).sum(axis=2)
    share /= share.sum(axis=1, keepdims=True)
    centre = np.asarray(logit(inside))
    error, effective = logit_error(centre, np.asarray(logit(left)), share)
    flat = usable & (error <= 1e-12)
    low, high = logit_interval(centre, error, effective, 0.95)
    # a paper tells at least as much as one trial with the fewest masks
    least, most = wilson_over_papers(accuracy ** masks[0], share, 0.95)
    least, most = least ** (1 / masks[0]), most ** (1 / masks[0])
    low = np.where(usable & ~flat, np.maximum(low, least), least)
    high = np.where(usable & ~flat, np.minimum(high, most), most)
    low, high = np.minimum(low, accuracy), np.maximum(high, accuracy)
    reasons: list[str] = []
    for i, count in enumerate(clusters):
        words = [LONE_PAPER if lone[i] else "", few_papers(int(count), float(effective[i]))]
        reasons.append(NO_SPREAD if flat[i] or one_result[i] else "; ".join(filter(None, words)))
    for i in np.flatnonzero(clusters < 2):
        low[i], high[i], reasons[i] = np.nan, np.nan, ONE_PAPER
    for i in np.flatnonzero(one_result):
        reasons[i] = f"every trial {'failed' if accuracy[i] <= 0 else 'passed'}; {reasons[i]}"
    return low, high, reasons


def _horizon(accuracy: float) -> int | None:
    if accuracy >= 1.0:
        return None
    return floor(log(0.5) / log(accuracy) + 1e-9) if accuracy > 0.0 else 0


def _changing(
    n: NDArray[np.float64], s: NDArray[np.float64], total: NDArray[np.float64], accuracy: float
) -> tuple[Slope | None, str]:
    """The model whose accuracy changes with n, and what keeps it from being fitted."""
    if accuracy in (0.0, 1.0):
        return None, "one result only: no change with the number of masks can be seen"
    if n.size < 2:
        return None, "one number of masks only: no change can be seen"
    pooled_s, pooled_n = s.sum(axis=0), total.sum(axis=0)
    rows_s, rows_n = np.vstack([pooled_s, pooled_s - s]), np.vstack([pooled_n, pooled_n - total])
    a, b, reached = fit_changing(n, rows_s, rows_n, np.full(len(rows_s), accuracy))
    flat = float(log_likelihood(accuracy**n, pooled_s, pooled_n))
    value = float(b[0]) if abs(b[0]) < STEEPEST / 2 else None
    interval, cluster_p, reason = None, None, ""
    if value is None:
        reason = "the change with the number of masks has no finite estimate"
    elif len(s) >= 2 and (np.abs(b[1:]) < STEEPEST / 2).all():
        share = information(n, total, np.full(len(s), accuracy)).sum(axis=1)
        error, effective = logit_error(b[:1], b[None, 1:], (share / share.sum())[None])
        free = float(degrees_of_freedom(effective)[0])
        half = float(stdtrit(free, 0.975) * error[0])
        if half > 0:
            interval = Interval(value - half, value + half)
            cluster_p = float(2 * stdtr(free, -abs(value) / error[0]))
    elif len(s) >= 2:
        reason = "without one of the papers the change with the number of masks has no finite estimate"
    p_value = float(chdtrc(1, 2 * max(float(reached[0]) - flat, 0.0)))
    return Slope(float(expit(a[0])), value, interval, max(float(reached[0]), flat), p_value, cluster_p), reason
