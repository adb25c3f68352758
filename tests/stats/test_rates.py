"""Rates and their intervals, against published values and an independent computation."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from rexlab.stats.rates import Interval, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3 (score, no continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_intervals_are_newcombes(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def invert_score_test(successes: int, trials: int, confidence: float) -> Interval:
    """By bisection, the proportions p0 that a score test, |p - p0| <= z sqrt(p0 (1 - p0) / n), does not reject."""
    z, p = NormalDist().inv_cdf(0.5 + confidence / 2), successes / trials

    def edge(kept: float, rejected: float) -> float:
        for _ in range(200):
            middle = (kept + rejected) / 2
            if abs(p - middle) <= z * math.sqrt(middle * (1 - middle) / trials):
                kept = middle
            else:
                rejected = middle
        return kept

    return Interval(edge(p, 0.0) if successes else 0.0, edge(p, 1.0) if successes < trials else 1.0)


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]))
def test_wilson_is_the_score_test_inverted(count: tuple[int, int], confidence: float) -> None:
    successes, trials = count
    found = wilson(successes, trials, confidence)
    assert found is not None
    expected = invert_score_test(successes, trials, confidence)
    assert found.low == pytest.approx(expected.low, abs=1e-9)
    assert found.high == pytest.approx(expected.high, abs=1e-9)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_that_of_statsmodels(count: tuple[int, int], confidence: float) -> None:
    found = wilson(*count, confidence)
    assert found is not None
    low, high = proportion_confint(*count, alpha=1 - confidence, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


@given(counts)
def test_an_interval_holds_its_share_lies_in_zero_to_one_and_is_symmetric_under_exchange(
    count: tuple[int, int],
) -> None:
    successes, trials = count
    found, mirrored = wilson(successes, trials), wilson(trials - successes, trials)
    assert found is not None
    assert mirrored is not None
    assert 0 <= found.low <= successes / trials <= found.high <= 1
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_the_edges_are_exact() -> None:
    assert wilson(0, 0) is None
    for trials in range(1, 200):
        none, every = wilson(0, trials), wilson(trials, trials)
        assert none is not None
        assert every is not None
        assert (none.low, every.high) == (0.0, 1.0)
        assert none.high < 1
        assert every.low > 0


def test_more_trials_and_less_confidence_narrow_the_interval() -> None:
    def width(successes: int, trials: int, confidence: float = 0.95) -> float:
        found = wilson(successes, trials, confidence)
        assert found is not None
        return found.high - found.low

    assert width(5, 10) > width(50, 100) > width(500, 1000)
    assert width(5, 10, 0.99) > width(5, 10, 0.95) > width(5, 10, 0.5)


def test_without_a_trial_there_is_no_interval() -> None:
    assert wilson(0, 0) is None
