"""Intervals over papers: what they are made of, and what becomes of too little data."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import t as student

from rexlab.stats.clusters import clustered_mean, clustered_rate, jackknife, standard_error
from rexlab.stats.rates import wilson

tables = st.lists(
    st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=20
)


def expanded(passed, sizes):
    """Trials as 0 and 1, and whose paper each is of."""
    outcome = np.concatenate([[1.0] * int(s) + [0.0] * int(n - s) for s, n in zip(passed, sizes, strict=True)])
    return outcome, np.repeat(np.arange(len(sizes)), sizes)


def test_the_standard_error_is_that_of_statsmodels_where_papers_are_of_one_size():
    passed, sizes = np.array([3, 7, 9, 0, 5, 4]), np.full(6, 10)
    outcome, paper = expanded(passed, sizes)
    fit = sm.OLS(outcome, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": paper})
    assert standard_error(passed.astype(float), sizes.astype(float)) == pytest.approx(fit.bse[0], rel=1e-12)


def test_of_unequal_sizes_it_is_the_bias_reduced_one_of_bell_and_mccaffrey():
    passed, sizes = np.array([3, 7, 9, 0, 5, 4]), np.array([4, 20, 11, 6, 9, 30])
    outcome, paper = expanded(passed, sizes)
    residual, n = outcome - outcome.mean(), outcome.size
    meat = 0.0
    for c in range(6):
        own = residual[paper == c]
        # A = (I - H_cc)^(-1/2), with the hat matrix of an intercept, 1/n everywhere
        values, vectors = np.linalg.eigh(np.eye(own.size) - np.full((own.size, own.size), 1 / n))
        meat += ((vectors @ np.diag(values**-0.5) @ vectors.T @ own).sum() / n) ** 2
    assert standard_error(passed.astype(float), sizes.astype(float)) == pytest.approx(np.sqrt(meat), rel=1e-12)


def test_leaving_papers_out_by_hand_gives_the_interval():
    passed, sizes = np.array([3, 8, 5, 3, 6]), np.array([4, 20, 11, 6, 9])
    rate = clustered_rate(passed, sizes)
    left = [(passed.sum() - s) / (sizes.sum() - n) for s, n in zip(passed, sizes, strict=True)]
    share = sizes / sizes.sum()
    error = np.sqrt(((1 - share) * (logit(left) - logit(0.5)) ** 2).sum())
    half = student.ppf(0.975, 1 / (share**2).sum() - 1) * error
    assert rate.value == 0.5
    assert (rate.interval.low, rate.interval.high) == pytest.approx((expit(-half), expit(half)))


@given(tables)
def test_it_is_never_wider_than_wilsons_with_papers_in_place_of_trials(table):
    passed, sizes = np.array(table).T
    rate = clustered_rate(passed, sizes)
    widest = wilson(rate.value / (sizes**2).sum() * sizes.sum() ** 2, sizes.sum() ** 2 / (sizes**2).sum())
    assert widest.low - 1e-9 <= rate.interval.low and rate.interval.high <= widest.high + 1e-9


def test_with_papers_of_one_trial_the_error_is_the_binomial_one():
    passed = np.array([1.0] * 30 + [0.0] * 70)
    assert standard_error(passed, np.ones(100)) == pytest.approx(np.sqrt(0.3 * 0.7 / 99))


def test_with_very_many_papers_the_interval_is_the_textbook_one_on_the_logit_scale():
    rng = np.random.default_rng(0)
    rate = clustered_rate(rng.random(20000) < 0.3, np.ones(20000, dtype=int))
    error = np.sqrt(1 / (20000 * rate.value * (1 - rate.value)))
    expected = expit(logit(rate.value) + np.array([-1.96, 1.96]) * error)
    assert [rate.interval.low, rate.interval.high] == pytest.approx(expected, abs=1e-5)


@given(tables)
def test_an_interval_holds_the_estimate_and_lies_in_zero_to_one(table):
    passed, sizes = np.array(table).T
    rate = clustered_rate(passed, sizes)
    assert 0 <= rate.interval.low <= rate.value <= rate.interval.high <= 1
    assert rate.interval.low < rate.interval.high


@given(tables, st.randoms(use_true_random=False))
def test_the_names_and_order_of_papers_do_not_matter(table, random):
    shuffled = list(table)
    random.shuffle(shuffled)
    one, other = clustered_rate(*np.array(table).T), clustered_rate(*np.array([*shuffled, (0, 0)]).T)
    assert (one.successes, one.trials, one.clusters, one.reason) == (
        other.successes,
        other.trials,
        other.clusters,
        other.reason,
    )
    assert (one.interval.low, one.interval.high) == pytest.approx((other.interval.low, other.interval.high), abs=1e-9)


@given(tables)
def test_failures_are_mirrored_successes(table):
    passed, sizes = np.array(table).T
    won, lost = clustered_rate(passed, sizes).interval, clustered_rate(sizes - passed, sizes).interval
    assert (won.low, won.high) == pytest.approx((1 - lost.high, 1 - lost.low), abs=1e-9)


@given(tables)
def test_less_confidence_is_narrower(table):
    passed, sizes = np.array(table).T
    wide, narrow = clustered_rate(passed, sizes).interval, clustered_rate(passed, sizes, confidence=0.8).interval
    assert wide.low <= narrow.low and narrow.high <= wide.high


@given(tables, st.floats(-3, 3), st.floats(0.5, 4))
def test_a_mean_on_another_scale_is_the_same_mean(table, low, width):
    passed, sizes = np.array(table).T
    one = clustered_mean(passed, sizes)
    other = clustered_mean(low * sizes + width * passed, sizes, low=low, high=low + width)
    assume(one.standard_error > 1e-6)
    assert other.value == pytest.approx(low + width * one.value)
    assert other.standard_error == pytest.approx(width * one.standard_error)
    assert other.interval.high == pytest.approx(low + width * one.interval.high, abs=1e-6)


def test_many_means_at_once_are_those_one_by_one():
    rng = np.random.default_rng(5)
    sizes = rng.integers(0, 20, (50, 8)).astype(float)
    sizes[:, :2] += 1
    totals = rng.random((50, 8)) * sizes
    many = jackknife(totals, sizes)
    for i in range(50):
        one = clustered_mean(totals[i], sizes[i])
        assert (many.low[i], many.high[i]) == pytest.approx((one.interval.low, one.interval.high))
        assert many.reason((i,)) == one.reason


def test_one_paper_has_no_interval_and_says_why():
    rate = clustered_rate([3], [10])
    assert (rate.value, rate.interval, rate.standard_error) == (0.3, None, None)
    assert "one paper only" in rate.reason
    assert clustered_rate([3, 0], [10, 0]).reason == rate.reason


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_no_spread_falls_back_to_papers_as_trials(share):
    rate = clustered_rate([int(10 * share)] * 4, [10] * 4)
    assert rate.interval.low <= share <= rate.interval.high
    assert rate.interval.high - rate.interval.low > 0.4, "four papers say little, however many trials each has"
    assert "no spread" in rate.reason


def test_when_one_paper_has_all_successes_the_interval_is_finite_and_says_so():
    rate = clustered_rate([5] + [0] * 11, [10] * 12)
    assert 0 < rate.interval.low < 5 / 120 < rate.interval.high < 0.35
    assert "without one of the papers" in rate.reason


def test_few_papers_and_one_that_outweighs_the_rest_are_warned_of():
    assert "only 3 papers" in clustered_rate([1, 2, 4], [10, 10, 10]).reason
    assert "worth 1.3 of equal size" in clustered_rate([100, *[1, 2] * 4], [200, *[4] * 8]).reason
    assert clustered_rate([3, 4, 5, 6, 7, 8], [10] * 6).reason == ""


def test_what_cannot_be_is_told():
    with pytest.raises(ValueError, match="no trial"):
        clustered_rate([0], [0])
    with pytest.raises(ValueError, match="more successes than trials"):
        clustered_rate([3, 1], [2, 4])
    with pytest.raises(ValueError, match="at least one value"):
        jackknife(np.zeros((2, 3)), np.array([[1.0, 1, 1], [0, 0, 0]]))
    assert clustered_rate([1, 0, 2], [2, 0, 4]).clusters == 2
