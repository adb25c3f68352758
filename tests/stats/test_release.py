"""Leaderboard releases: what they let through, against the plain leaderboard and against attacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from rexlab.stats.release import (
    best_of_bias,
    ladder,
    ladder_bound,
    paired_ladder,
    submission_correlation,
    thresholdout,
)

tables = st.integers(0, 2**32 - 1).map(
    lambda seed: (np.random.default_rng(seed).random((12, 25)) < np.random.default_rng(seed + 1).random((12, 1))) * 1.0
)


def test_the_ladder_step_by_step():
    losses = np.zeros((5, 100))
    for row, wrong in enumerate([50, 45, 33, 34, 6]):
        losses[row, :wrong] = 1
    shown = ladder(losses, step=0.1)
    assert shown.released == pytest.approx([0.5, 0.5, 0.3, 0.3, 0.1]), "0.45 gains too little, 0.33 is rounded"
    assert list(shown.improved) == [True, False, True, False, True]
    assert shown.empirical == pytest.approx([0.5, 0.45, 0.33, 0.34, 0.06])


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


@given(tables, st.sampled_from([0.01, 0.1, 0.3]))
def test_what_a_ladder_shows_only_falls_and_stays_near_a_submitted_loss(losses, step):
    for shown, rounding in ((ladder(losses, step), step / 2), (paired_ladder(losses), 0.5 / 25)):
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


def test_the_ladders_withstand_the_attack_that_breaks_a_plain_leaderboard():
    rng = np.random.default_rng(0)
    broken = np.mean([attack(plain, rng) for _ in range(20)])
    held = np.mean([attack(lambda x: paired_ladder(x).released, rng) for _ in range(20)])
    stepped = np.mean([attack(lambda x: ladder(x, 0.05).released, rng) for _ in range(20)])
    assert broken < 0.35, "of random guesses, half are wrong in truth"
    assert held > 0.4 and stepped > 0.4


def test_the_bound_holds_and_is_the_theorem_solved():
    n, t, step = 100_000, 50, 0.05
    bound = ladder_bound(n, t, step)
    chance = np.exp(-2 * (bound - step) ** 2 * n + (1 / step + 2) * np.log(4 * t / step) + 1)
    assert chance == pytest.approx(0.05)
    assert ladder_bound(200, t, step) == pytest.approx(0.73, abs=0.005), "with 200 problems it says little"
    assert ladder_bound(50, t, step) == 1.0
    rng = np.random.default_rng(2)
    true = rng.uniform(0.2, 0.6, 20)
    shown = ladder((rng.random((20, 5000)) < true[:, None]).astype(float), step)
    assert np.abs(shown.released - np.minimum.accumulate(true)).max() <= ladder_bound(5000, 20, step)


def test_thresholdout_without_noise_is_the_rule_itself():
    visible = np.array([[0.0] * 10, [0.0] * 10, [1.0] * 4 + [0.0] * 6, [0.0] * 10, [0.0] * 10])
    hidden = np.array([[1.0] + [0.0] * 9, [1.0] * 5 + [0.0] * 5, [1.0] * 5 + [0.0] * 5, [1.0] * 10, [0.0] * 10])
    shown = thresholdout(visible, hidden, threshold=0.2, noise=0.0, budget=2, seed=0)
    assert shown.released == [0.0, 0.5, 0.4, 1.0, None]
    assert list(shown.from_hidden) == [False, True, False, True, False]
    assert shown.budget_left == 0


def test_thresholdouts_noise_has_the_scale_it_says():
    visible, hidden = np.zeros((4000, 10)), np.tile([1.0] * 5 + [0.0] * 5, (4000, 1))
    shown = thresholdout(visible, hidden, threshold=0.0, noise=0.01, budget=4000, seed=1)
    answers = np.array(shown.released)[shown.from_hidden].astype(float)
    assert answers.size > 3900 and shown.budget_left == 4000 - answers.size
    assert np.abs(answers - 0.5).mean() == pytest.approx(0.01, rel=0.1), "E |Lap(s)| = s"
    again = thresholdout(visible, hidden, threshold=0.0, noise=0.01, budget=4000, seed=1)
    assert again.released == shown.released


@pytest.mark.parametrize("k", [1, 2, 10, 100])
def test_the_bias_of_the_best_of_k_is_that_of_binomial_scores(k):
    n, p = 2000, 0.4
    law = binom.cdf(np.arange(n + 1), n, p) ** k
    exact = (1 - law).sum() / n - p
    assert best_of_bias(np.sqrt(p * (1 - p) / n), k) == pytest.approx(exact, abs=3e-4)
    if k == 2:
        assert best_of_bias(1.0, 2) == pytest.approx(1 / np.sqrt(np.pi), abs=1e-6)


def test_submissions_that_resemble_each_other_expose_less_as_simulated():
    rng = np.random.default_rng(3)
    shared, own = rng.normal(size=(4000, 1)), rng.normal(size=(4000, 20))
    scores = np.sqrt(0.7) * shared + np.sqrt(0.3) * own
    assert scores.max(axis=1).mean() == pytest.approx(best_of_bias(1.0, 20, 0.7), abs=0.04)


def test_the_correlation_of_submissions_is_found():
    rng = np.random.default_rng(4)
    hard = rng.random(3000)
    # given a problem's difficulty, submissions are independent: correlation var(p) / (mean (1 - mean)) = 1/3
    losses = (rng.random((30, 3000)) < hard).astype(float)
    assert submission_correlation(losses) == pytest.approx(1 / 3, abs=0.03)
    assert submission_correlation(np.zeros((3, 5))) is None
    assert submission_correlation(losses[:1]) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ladder(np.zeros((0, 3)), 0.1), "at least one submission"),
        (lambda: ladder(np.zeros((2, 3)), 0.0), "step of the Ladder"),
        (lambda: ladder(np.full((2, 3), 2.0), 0.1), "between 0 and 1"),
        (lambda: paired_ladder(np.zeros((2, 1))), "at least two problems"),
        (lambda: ladder_bound(0, 1, 0.1), "count from 1"),
        (lambda: best_of_bias(0.1, 0), "count from 1"),
        (
            lambda: thresholdout(np.zeros((2, 3)), np.zeros((1, 3)), threshold=0, noise=0, budget=1, seed=0),
            "every submission",
        ),
        (
            lambda: thresholdout(np.zeros((1, 3)), np.zeros((1, 3)), threshold=0, noise=-1, budget=1, seed=0),
            "0 or more",
        ),
    ],
)
def test_what_cannot_be_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
