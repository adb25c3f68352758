"""Maximum likelihood of the two models of a difficulty curve, for many sets of counts at once."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, xlog1py, xlogy

Floats = NDArray[np.float64]

STEEPEST = 20.0
"""Slopes and log odds are looked for between minus and plus this: at an edge there is no maximum."""


def fit_accuracy(masks: Floats, successes: Floats, trials: Floats) -> Floats:
    """Maximum-likelihood p of success p^n, by bisection of the score; NaN where there is no trial.

    It solves sum_n n s_n = sum_n (N_n - s_n) n p^n / (1 - p^n); the right side rises in p.

    Args:
        masks: n, (sizes,).
        successes: s, (..., sizes).
        trials: N, (..., sizes).
    """
    failed = trials - successes
    gain = (masks * successes).sum(axis=-1)
    low, high = np.zeros(gain.shape), np.ones(gain.shape)
    for _ in range(52):  # halvings of 0 to 1 down to the precision of a double
        p = (low + high) / 2
        success = p[..., None] ** masks
        # p reaches 1 where nothing failed
        above = gain > (failed * masks * success / np.maximum(1 - success, 1e-300)).sum(axis=-1)
        low, high = np.where(above, p, low), np.where(above, high, p)
    found = (low + high) / 2
    found = np.where(successes.sum(axis=-1) <= 0, 0.0, np.where(failed.sum(axis=-1) <= 0, 1.0, found))
    return np.where(trials.sum(axis=-1) <= 0, np.nan, found)


def information(masks: Floats, trials: Floats, accuracy: Floats) -> Floats:
    """Fisher information on p, 0 < p < 1, of trials of each size, (..., sizes): N n² p^(n-2) / (1 - p^n)."""
    p = np.asarray(accuracy)[..., None]
    return np.asarray(trials * masks**2 * p ** (masks - 2) / (1 - p**masks))


def log_likelihood(success: Floats, successes: Floats, trials: Floats) -> Floats:
    """Of the counts when a trial succeeds with this probability; the last axis is summed."""
    return np.asarray((xlogy(successes, success) + xlog1py(trials - successes, -success)).sum(axis=-1))


def fit_changing(masks: Floats, successes: Floats, trials: Floats, start: Floats) -> tuple[Floats, Floats, Floats]:
    """First accuracy's logit a, slope b and log likelihood of success expit(a + b (n - 1))^n, by Fisher scoring.

    A step that does not raise the likelihood is halved. Without a finite maximum, b ends beyond half of ``STEEPEST``.

    Args:
        masks: n, (sizes,), two or more.
        successes: (rows, sizes).
        trials: (rows, sizes).
        start: Accuracy of the model that does not change, (rows,), between 0 and 1.
    """
    further = masks - 1
    a, b = logit(start), np.zeros(len(start))

    def chance(a: Floats, b: Floats) -> tuple[Floats, Floats]:
        each = expit(a[:, None] + b[:, None] * further)
        return each, np.clip(each**masks, 1e-15, 1 - 1e-15)

    best = log_likelihood(chance(a, b)[1], successes, trials)
    factor, settled = np.ones(len(start)), np.zeros(len(start), dtype=bool)
    for _ in range(300):
        each, success = chance(a, b)
        slope = masks * success * (1 - each)  # of success in the log odds of one function
        variance = success * (1 - success)
        score = slope * (successes - trials * success) / variance
        weight = trials * slope**2 / variance
        g0, g1 = score.sum(axis=1), (score * further).sum(axis=1)
        w0, w1, w2 = weight.sum(axis=1), (weight * further).sum(axis=1), (weight * further**2).sum(axis=1)
        # a little of the identity keeps the step finite where one size holds all of the information
        w0, w2 = w0 + 1e-9, w2 + 1e-9
        determinant = w0 * w2 - w1**2
        step_a, step_b = (w2 * g0 - w1 * g1) / determinant, (w0 * g1 - w1 * g0) / determinant
        new_a = np.clip(a + factor * step_a, -STEEPEST, STEEPEST)
        new_b = np.clip(b + factor * step_b, -STEEPEST, STEEPEST)
        reached = log_likelihood(chance(new_a, new_b)[1], successes, trials)
        better = reached >= best
        moved = np.where(better, np.abs(new_a - a) + np.abs(new_b - b), factor)
        a, b, best = np.where(better, new_a, a), np.where(better, new_b, b), np.where(better, reached, best)
        factor = np.where(better, np.minimum(1.0, 2 * factor), factor / 2)
        settled |= moved < 1e-9
        if settled.all():
            break
    return a, b, best
