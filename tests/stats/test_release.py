"""Leaderboard releases: what they let through, against the plain leaderboard and against attacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from rexlab.stats.release import best_of_bias, paired_ladder

tables = st.integers(0, 2**32 - 1).map(
    lambda seed: (np.random.default_rng(seed).random((12, 25)) < np.random.default_rng(seed + 1).random((12, 1))) * 1.0
)


def test_the_paired_ladder_step_by_step():
    first, second, third = np.ones(16), np.ones(16), np.ones(16)
    first[:8] = 0
    second[:7], second[15] = 0, 0  # as good, on other problems
    third[:9] = 0  # one more problem: gain 1/16, s = 1/4, s / sqrt(16) = 1/16: not beyond it
    fourth = third.copy()
    fourth[9] = 0  # gain 2/16 over the first, s = 0.3416, s / 4 = 0.085
    shown = paired_ladder(np.array([first, second, third, fourth]))
    assert shown.released == pytest.approx([0.5, 0.5, 0.5, 0.375])
    assert list(shown.improved) == [True, False, False, True]


@given(tables)
def test_what_a_ladder_shows_only_falls_and_stays_near_a_submitted_loss(losses):
    shown, rounding = paired_ladder(losses), 0.5 / 25
    assert shown.improved[0]
    assert (np.diff(shown.released) <= 1e-12).all()
    assert (np.diff(shown.released)[~shown.improved[1:]] == 0).all()
    assert (np.abs(shown.released - shown.empirical)[shown.improved] <= rounding + 1e-9).all()
    best = np.minimum.accumulate(shown.empirical)
    assert (shown.released >= best - rounding - 1e-9).all()


def test_what_was_not_attempted_counts_as_wrong():
    shown = paired_ladder(np.array([[0.0, 1.0, np.nan, np.nan], [0.0, np.nan, np.nan, np.nan]]))
    assert list(shown.empirical) == [0.75, 0.75]


def attack(release, rng, problems=400, queries=300):
    """Boosting (Blum and Hardt, section 2): submit at random, keep what scored better than chance, and let it vote."""
    truth = rng.integers(0, 2, problems)
    guesses = rng.integers(0, 2, (queries, problems))
    shown = release((guesses != truth).astype(float))
    before = np.concatenate([[0.5], shown[:-1]])
    kept = guesses[shown < np.minimum(before, 0.5)] if release is not plain else guesses[shown < 0.5]
    vote = (kept.mean(axis=0) > 0.5).astype(int) if len(kept) else guesses[0]
    return float((vote != truth).mean())


def plain(losses):
    return losses.mean(axis=1)


def test_the_ladder_withstands_the_attack_that_breaks_a_plain_leaderboard():
    rng = np.random.default_rng(0)
    broken = np.mean([attack(plain, rng) for _ in range(20)])
    held = np.mean([attack(lambda x: paired_ladder(x).released, rng) for _ in range(20)])
    assert broken < 0.35, "of random guesses, half are wrong in truth"
    assert held > 0.4


@pytest.mark.parametrize("k", [1, 2, 10, 100])
def test_the_bias_of_the_best_of_k_is_that_of_binomial_scores(k):
    n, p = 2000, 0.4
    law = binom.cdf(np.arange(n + 1), n, p) ** k
    exact = (1 - law).sum() / n - p
    assert best_of_bias(np.sqrt(p * (1 - p) / n), k) == pytest.approx(exact, abs=3e-4)
    if k == 2:
        assert best_of_bias(1.0, 2) == pytest.approx(1 / np.sqrt(np.pi), abs=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paired_ladder(np.zeros((0, 3))), "at least one submission"),
        (lambda: paired_ladder(np.full((2, 3), 2.0)), "between 0 and 1"),
        (lambda: paired_ladder(np.zeros((2, 1))), "at least two problems"),
        (lambda: best_of_bias(0.1, 0), "count from 1"),
    ],
)
def test_what_cannot_be_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
