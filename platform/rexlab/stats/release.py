"""What a leaderboard may release of hidden experiments when people submit again and again.

Every score that is shown tells a little of the hidden problems; who submits often enough fits them. The Ladder and
Thresholdout release less. Problems are taken as independent and exchangeable here, as in their papers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

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


def ladder(losses: Losses, step: float) -> Release:
    """The Ladder: a new score is shown only when it beats the best one shown by more than ``step``.

    R_0 = infinity; if R(f_t) < R_(t-1) - step, then R_t = R(f_t) rounded to a multiple of ``step``, else R_t = R_(t-1).
    Source: Blum and Hardt, The Ladder: A Reliable Leaderboard for Machine Learning Competitions, 2015, section 3.

    A problem that a submission did not attempt counts as wrong: else who skips the hard ones would lead.

    Args:
        losses: (submissions, problems).
        step: Smallest gain that counts, above 0.

    Raises:
        ValueError: there is no submission or problem, a loss lies outside 0 to 1, or the step is not above 0.
    """
    if not 0 < step <= 1:
        raise ValueError(f"the step of the Ladder is {step:g}; it lies above 0 and is at most 1")
    empirical = _whole(losses).mean(axis=1)
    released, improved = np.empty(empirical.size), np.zeros(empirical.size, dtype=bool)
    best = np.inf
    for t, loss in enumerate(empirical):
        if loss < best - step:
            best, improved[t] = round(loss / step) * step, True
        released[t] = best
    return Release(released, improved, empirical)


def paired_ladder(losses: Losses) -> Release:
    """The Ladder without a parameter: the gain must exceed the standard error of its own pairs.

    With s the standard deviation, over problems, of the losses of f_t minus those of the last improvement: if R(f_t) <
    R_(t-1) - s / sqrt(n), then R_t = R(f_t) rounded to a multiple of 1 / n, else nothing changes. Source: Blum and
    Hardt 2015, section 4 (the parameter-free Ladder). The first submission is always shown.

    Args:
        losses: (submissions, problems), two problems or more; not attempted counts as wrong.

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


def ladder_bound(problems: int, submissions: int, step: float, failure: float = 0.05) -> float:
    """How far the Ladder's shown loss may lie from the best true one, with probability 1 - ``failure``, at any time.

    Blum and Hardt 2015, theorem 3.1: the chance of a distance above e + step is at most exp(-2 e² n + (1 / step + 2)
    log(4 t / step) + 1), however the t submissions were chosen. Solved for e. It is a worst case, and says little of
    a benchmark of agents: 200 problems, 50 submissions and a step of 0.05 make it 0.73.

    Raises:
        ValueError: a number is below 1, or the step or the failure do not lie between 0 and 1.
    """
    if problems < 1 or submissions < 1 or not 0 < step < 1 or not 0 < failure < 1:
        raise ValueError("problems and submissions count from 1 up, step and failure lie between 0 and 1")
    exponent = (1 / step + 2) * log(4 * submissions / step) + 1
    return min(1.0, step + sqrt((exponent - log(failure)) / (2 * problems)))


@dataclass(frozen=True)
class ThresholdoutRelease:
    """Answers of Thresholdout."""

    released: Sequence[float | None]
    """Loss shown per submission; None once the budget is spent."""
    from_hidden: NDArray[np.bool_]
    """Whether the hidden problems answered (and the budget was charged), (submissions,)."""
    budget_left: int


def thresholdout(
    visible: Losses, hidden: Losses, *, threshold: float, noise: float, budget: int, seed: int
) -> ThresholdoutRelease:
    """Show the visible loss as long as the hidden one agrees with it, and else the hidden one with noise.

    T' = T + Lap(2 s). Per submission, while the budget lasts: if |hidden - visible| > T' + Lap(4 s), the answer is
    hidden + Lap(s), the budget falls by one and T' is drawn anew; else the answer is the visible loss. Source: Dwork,
    Feldman, Hardt, Pitassi, Reingold and Roth, Generalization in Adaptive Data Analysis and Holdout Reuse, 2015,
    figure 1. Answers are cut to 0 to 1, which gives nothing away.

    Args:
        visible: Losses on the visible problems, (submissions, visible problems); not attempted counts as wrong.
        hidden: Losses on the hidden ones, (submissions, hidden problems).
        threshold: T, difference that is let pass.
        noise: s, scale of the Laplace noise.
        budget: How often the hidden problems may answer.
        seed: Of the noise; to be kept as secret as the hidden problems.

    Raises:
        ValueError: the submissions do not fit, a loss lies outside 0 to 1, or a parameter is negative.
    """
    seen, kept = _whole(visible).mean(axis=1), _whole(hidden).mean(axis=1)
    if seen.size != kept.size:
        raise ValueError("every submission needs losses on the visible and on the hidden problems")
    if threshold < 0 or noise < 0 or budget < 0:
        raise ValueError("threshold, noise and budget are 0 or more")
    rng = np.random.default_rng(seed)
    edge = threshold + rng.laplace(scale=2 * noise)
    released: list[float | None] = []
    from_hidden = np.zeros(seen.size, dtype=bool)
    for t in range(seen.size):
        if budget < 1:
            released.append(None)
        elif abs(kept[t] - seen[t]) > edge + rng.laplace(scale=4 * noise):
            released.append(float(np.clip(kept[t] + rng.laplace(scale=noise), 0.0, 1.0)))
            edge, budget, from_hidden[t] = threshold + rng.laplace(scale=2 * noise), budget - 1, True
        else:
            released.append(float(seen[t]))
    return ThresholdoutRelease(released, from_hidden, budget)


def best_of_bias(standard_error: float, submissions: int, correlation: float = 0.0) -> float:
    """By how much the best of k submissions of the same true skill looks better than it is, on average.

    E max of k normals of standard deviation se · sqrt(1 - r): what their scores have in common, the same problems being
    hard for all, lifts none above the others. E max = integral of x k phi(x) Phi(x)^(k-1) (David and Nagaraja, Order
    Statistics, 2003, section 3.1). A plain leaderboard shows that much too high a score to whom submits k times.

    Args:
        standard_error: Of one submission's score; the clustered one where problems come in papers.
        submissions: k.
        correlation: r, of two submissions' scores over draws of problems, 0 to 1; 0 is the worst case.

    Raises:
        ValueError: k is below 1, the standard error is negative, or the correlation does not lie in 0 to 1.
    """
    if submissions < 1 or standard_error < 0 or not 0 <= correlation <= 1:
        raise ValueError("submissions count from 1 up, a standard error is not negative, a correlation lies in 0 to 1")
    # the mean of the largest from its distribution function, integral of (x > 0) - Phi^k, at the middles of 8000 steps
    x = (np.arange(8000) + 0.5) / 400 - 10.0
    largest = float(((x > 0) - ndtr(x) ** submissions).sum() / 400)
    return standard_error * sqrt(1.0 - correlation) * largest


def submission_correlation(losses: Losses) -> float | None:
    """Mean correlation, over problems, of the losses of two submissions in a row, for ``best_of_bias``.

    At least 0; None when no pair of neighbours has any spread.

    Raises:
        ValueError: as for ``ladder``.
    """
    whole = _whole(losses)
    centred = whole - whole.mean(axis=1, keepdims=True)
    product = (centred[1:] * centred[:-1]).sum(axis=1)
    scale = np.sqrt(np.square(centred[1:]).sum(axis=1) * np.square(centred[:-1]).sum(axis=1))
    known = scale > 0
    return max(0.0, float((product[known] / scale[known]).mean())) if known.any() else None


def _whole(losses: Losses) -> Losses:
    table = np.asarray(losses, dtype=float)
    if table.ndim != 2 or not table.size:
        raise ValueError("a release needs at least one submission and one problem")
    table = np.where(np.isnan(table), 1.0, table)
    if (table < 0).any() or (table > 1).any():
        raise ValueError("a loss lies between 0 and 1")
    return table
