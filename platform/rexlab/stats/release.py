"""What a leaderboard may release of hidden experiments when people submit again and again.

Every score that is shown tells a little of the hidden problems; who submits often enough fits them. The Ladder releases
less. Problems are taken as independent and exchangeable here, as in its paper.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Losses = NDArray[np.float64]
"""Per submission in order of time and per problem, (submissions, problems): 0 to 1, 1 for wrong; NaN: not attempted."""


@dataclass(frozen=True)
class Release:
    """What is shown after each submission."""

    released: NDArray[np.float64]
    """Loss shown, (submissions,)."""
    improved: NDArray[np.bool_]
    """Whether this submission changed it, (submissions,)."""
    empirical: NDArray[np.float64]
    """Mean loss on the hidden problems, which is not shown, (submissions,)."""


def paired_ladder(losses: Losses) -> Release:
    """The Ladder: a new score is shown only when it beats the best one shown by the standard error of its own pairs.

    With s the standard deviation, over problems, of the losses of f_t minus those of the last improvement: if R(f_t) <
    R_(t-1) - s / sqrt(n), then R_t = R(f_t) rounded to a multiple of 1 / n, else nothing changes. Source: Blum and
    Hardt, The Ladder: A Reliable Leaderboard for Machine Learning Competitions, 2015, its algorithm without parameters.
    The first submission is always shown. A problem that was not attempted counts as wrong: else who skips the hard ones
    would lead.

    Args:
        losses: (submissions, problems), two problems or more.

    Raises:
        ValueError: there is no submission, there are fewer than two problems, or a loss lies outside 0 to 1.
    """
    whole = _whole(losses)
    problems = whole.shape[1]
    if problems < 2:
        raise ValueError("the Ladder's paired standard deviation needs at least two problems")
    empirical = whole.mean(axis=1)
    released, improved = np.empty(len(whole)), np.zeros(len(whole), dtype=bool)
    best, before = np.inf, np.zeros(problems)
    for t, row in enumerate(whole):
        if empirical[t] < best - float(np.std(row - before, ddof=1)) / sqrt(problems):
            best, before, improved[t] = round(empirical[t] * problems) / problems, row, True
        released[t] = best
    return Release(released, improved, empirical)


def best_of_bias(standard_error: float, submissions: int) -> float:
    """By how much the best of k submissions of the same true skill looks better than it is, on average.

    E max of k independent normals of this standard deviation, the integral of x k phi(x) Phi(x)^(k-1) (David and
    Nagaraja, Order Statistics, 2003, section 3.1). A plain leaderboard shows that much too high a score to whom submits
    k times.

    Args:
        standard_error: Of one submission's score, without what all submissions share: the same problems being hard
            for all lifts none above the others.
        submissions: k.

    Raises:
        ValueError: k is below 1, or the standard error is negative.
    """
    if submissions < 1 or standard_error < 0:
        raise ValueError("submissions count from 1 up, and a standard error is not negative")
    # the mean of the largest from its distribution function, integral of (x > 0) - Phi^k, at the middles of 8000 steps
    x = (np.arange(8000) + 0.5) / 400 - 10.0
    largest = float(((x > 0) - ndtr(x) ** submissions).sum() / 400)
    return standard_error * largest


def _whole(losses: Losses) -> Losses:
    table = np.asarray(losses, dtype=float)
    if table.ndim != 2 or not table.size:
        raise ValueError("a release needs at least one submission and one problem")
    table = np.where(np.isnan(table), 1.0, table)
    if (table < 0).any() or (table > 1).any():
        raise ValueError("a loss lies between 0 and 1")
    return table
