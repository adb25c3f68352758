"""Resampling and refinement with an imperfect verifier."""

import time
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.stats.passk import pass_at_k
from rexlab.stats.refinement import refinement_curve
from rexlab.stats.resampling import resampling_curve

problem = st.integers(1, 5).flatmap(
    lambda n: st.tuples(
        st.lists(st.booleans(), min_size=n, max_size=n), st.lists(st.booleans(), min_size=n, max_size=n)
    )
)


def counted(problems):
    return (
        np.array([len(right) for right, _ in problems]),
        np.array([sum(accepted) for _, accepted in problems]),
        np.array([sum(r and a for r, a in zip(right, accepted, strict=True)) for right, accepted in problems]),
    )


@given(st.lists(problem, min_size=1, max_size=4))
def test_it_equals_every_order_of_drawing(problems):
    curve = resampling_curve(*counted(problems), np.arange(len(problems)))
    assert curve.samples[-1] == min(len(right) for right, _ in problems) and curve.left_out == 0
    for k in curve.samples:
        got_right, got_wrong = [], []
        for right, accepted in problems:
            orders = list(permutations(range(len(right))))
            first = [next((i for i in order[:k] if accepted[i]), None) for order in orders]
            got_right.append(np.mean([i is not None and right[i] for i in first]))
            got_wrong.append(np.mean([i is not None and not right[i] for i in first]))
        assert curve.accuracy[k - 1] == pytest.approx(np.mean(got_right))
        assert curve.wrong[k - 1] == pytest.approx(np.mean(got_wrong))
    assert (np.diff(curve.accuracy) >= -1e-12).all()
    assert (curve.accuracy <= curve.ceiling + 1e-12).all()
    # the best number of samples, by looking at all of them
    for cost in (0.0, 0.5, 2.0):
        worth = {int(k): curve.accuracy[k - 1] - cost * curve.wrong[k - 1] for k in curve.samples}
        best = curve.best(cost)
        assert worth[best] == max(worth.values()) > 0 if best else max(worth.values()) <= 0


def test_a_perfect_verifier_is_pass_at_k_and_has_no_false_positive():
    rng = np.random.default_rng(0)
    right = np.array([sum(rng.random(10) < p) for p in (0.1, 0.5, 0.0, 0.9)])
    curve = resampling_curve(np.full(4, 10), right, right, np.array([0, 0, 1, 2]))
    assert curve.accuracy == pytest.approx([pass_at_k(np.full(4, 10), right, k).mean() for k in range(1, 11)])
    assert curve.wrong == pytest.approx(np.zeros(10), abs=1e-12)
    assert (curve.false_positive_rate, curve.ceiling) == (0.0, pytest.approx((right > 0).mean()))
    assert curve.band[3].interval.low <= curve.accuracy[3] <= curve.band[3].interval.high
    assert curve.band[3].clusters == 3


def test_more_samples_do_harm_when_a_false_positive_is_dear():
    curve = resampling_curve(np.array([10, 10]), np.array([10, 1]), np.array([4, 0]), np.array([0, 1]))
    assert curve.best(0.0) == 1 and curve.best(5.0) == 0
    assert curve.wrong[-1] > curve.wrong[0]
    assert (curve.ceiling, curve.false_positive_rate) == (pytest.approx(0.2), pytest.approx(7 / 11))


def test_problems_with_too_few_attempts_are_left_out_of_the_whole_curve_and_counted():
    n, a, r = np.array([2, 5, 6]), np.array([2, 1, 0]), np.array([2, 1, 0])
    every = resampling_curve(n, a, r, np.arange(3))
    assert (every.problems, every.left_out, list(every.samples)) == (3, 0, [1, 2])
    some = resampling_curve(n, a, r, np.arange(3), largest=5)
    assert (some.problems, some.left_out) == (2, 1)
    assert some.accuracy[0] == pytest.approx(0.1), "also at one sample only problems with five attempts count"


def test_what_cannot_be_is_told():
    one = np.array([2])
    with pytest.raises(ValueError, match="no problem has 3 attempts: samples from 1 to 2"):
        resampling_curve(one, one, one, one, largest=3)
    with pytest.raises(ValueError, match="at least one attempt"):
        resampling_curve(np.array([]), np.array([]), np.array([]), np.array([]))
    with pytest.raises(ValueError, match="at most the accepted"):
        resampling_curve(one, np.array([1]), one, one)
    nothing = resampling_curve(one, np.array([0]), np.array([0]), one)
    assert nothing.false_positive_rate is None and nothing.best(0.0) == 0
    assert "one paper only" in nothing.band[0].reason


def test_a_hundred_thousand_problems_take_no_time():
    rng = np.random.default_rng(1)
    n = rng.integers(16, 33, 100_000)
    a = rng.binomial(n, 0.4)
    begin = time.process_time()
    curve = resampling_curve(n, a, rng.binomial(a, 0.8), rng.integers(0, 30, 100_000))
    assert time.process_time() - begin < 2.0
    assert curve.false_positive_rate == pytest.approx(0.2, abs=0.01)


def test_refinement_is_followed_round_by_round():
    nan = np.nan
    scores = np.array([[1.0, nan, nan], [0.2, 1.0, nan], [0.5, 0.4, 0.6], [0.0, 0.0, 1.0], [0.1, nan, nan]])
    right = np.array([True, False, True, True, False])
    curve = refinement_curve(scores, right, np.array([7, 7, 8, 8, 9]))
    assert [rate.successes for rate in curve.satisfied] == [1, 2, 3]
    assert all(rate.trials == 5 for rate in curve.satisfied)
    assert [(rate.successes, rate.trials) for rate in curve.right] == [(1, 1), (1, 2), (2, 3)]
    assert curve.false_positive_rate == pytest.approx(1 / 3)
    assert (curve.right_unsatisfied.successes, curve.right_unsatisfied.trials) == (1, 2)
    assert curve.best_score == pytest.approx([1.8 / 5, 2.6 / 5, 3.7 / 5])
    never = refinement_curve(scores[:, :1] / 2, right, np.zeros(5))
    assert never.right == (None,) and never.false_positive_rate is None
    with pytest.raises(ValueError, match="first round"):
        refinement_curve(np.array([[nan, 1.0]]), np.array([True]), np.array([0]))


@given(st.integers(0, 2**32 - 1))
def test_satisfaction_and_best_scores_only_rise(seed):
    rng = np.random.default_rng(seed)
    scores = rng.random((20, 6)).round(1) * 1.2
    curve = refinement_curve(scores, rng.random(20) < 0.5, rng.integers(0, 4, 20))
    assert (np.diff([rate.value for rate in curve.satisfied]) >= 0).all()
    assert (np.diff(curve.best_score) >= 0).all()
    after = [sum(any(s >= 1 for s in row[: t + 1]) for row in scores) for t in range(6)]
    assert [rate.successes for rate in curve.satisfied] == after
