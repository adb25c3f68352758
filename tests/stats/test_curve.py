"""The difficulty curve's two models, their intervals and horizons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import chi2

from rexlab.stats.curve import fit_curve

N = np.arange(1, 6)


def test_the_accuracy_is_the_maximum_of_the_likelihood():
    s, total = np.array([[80, 55, 40, 30, 15]]), np.full((1, 5), 100)
    best = minimize_scalar(
        lambda p: -(s * N * np.log(p) + (total - s) * np.log1p(-(p**N))).sum(), bounds=(0.01, 0.99), method="bounded"
    ).x
    fit = fit_curve(N, s, total)
    assert fit.accuracy == pytest.approx(best, abs=1e-5)
    assert fit.interval is None and "one paper" in fit.reason
    assert fit.band(N) is None and fit.horizon_interval is None


@given(st.lists(st.integers(1, 29), min_size=5, max_size=5))
def test_the_second_model_is_the_maximum_of_its_likelihood(won):
    s = np.array([sorted(won, reverse=True)])
    total = np.full((1, 5), 30)

    def loss(parameters):
        each = 1 / (1 + np.exp(-(parameters[0] + parameters[1] * (N - 1))))
        success = np.clip(each**N, 1e-12, 1 - 1e-12)
        return -(s * np.log(success) + (total - s) * np.log1p(-success)).sum()

    fit = fit_curve(N, s, total)
    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 5000})
    assert fit.slope.log_likelihood == pytest.approx(-best.fun, abs=1e-5)
    assert fit.slope.value == pytest.approx(best.x[1], abs=2e-3)
    assert fit.slope.p_value == pytest.approx(chi2.sf(2 * (fit.slope.log_likelihood - fit.log_likelihood), 1), abs=1e-6)
    assert fit.aic == pytest.approx((2 - 2 * fit.log_likelihood, 4 + 2 * best.fun), abs=1e-4)


def test_it_recovers_the_accuracy_that_made_the_data():
    rng = np.random.default_rng(1)
    total = np.full((20, 5), 40)
    fit = fit_curve(N, rng.binomial(total, 0.8**N), total)
    assert fit.accuracy == pytest.approx(0.8, abs=0.02)
    assert fit.interval.low < 0.8 < fit.interval.high
    assert fit.slope.p_value > 0.01 and fit.slope.cluster_p_value > 0.01
    assert fit.slope.interval.low < 0 < fit.slope.interval.high
    assert (fit.horizon, fit.observed_horizon) == (3, 3), "0.8^3 = 0.51"
    low, high = fit.band(N)
    assert (low < fit.success(N)).all() and (fit.success(N) < high).all()
    assert fit.horizon_interval == (3, 3) and fit.reason == ""


def test_an_accuracy_that_changes_with_n_is_told_from_one_that_does_not():
    rng = np.random.default_rng(2)
    total = np.full((20, 5), 60)
    accuracy = 1 / (1 + np.exp(-(2.0 - 0.4 * (N - 1))))
    fit = fit_curve(N, rng.binomial(total, accuracy**N), total)
    assert fit.slope.p_value < 0.001 and fit.slope.cluster_p_value < 0.001
    assert fit.slope.value == pytest.approx(-0.4, abs=0.1)
    assert fit.slope.interval.low < -0.4 < fit.slope.interval.high
    assert fit.slope.log_likelihood > fit.log_likelihood
    assert fit.aic[1] < fit.aic[0]


def test_papers_that_differ_make_the_likelihood_ratio_test_too_sure_and_the_one_over_papers_not():
    """Papers' curves tilt at random and on average not at all: a test that counts trials finds tilts by the dozen."""
    rng = np.random.default_rng(3)
    total = np.full((16, 5), 40)
    naive, honest = 0, 0
    for _ in range(150):
        log_odds = 1.5 + rng.normal(0, 0.4, (16, 1)) * (N - 3)
        fit = fit_curve(N, rng.binomial(total, (1 / (1 + np.exp(-log_odds))) ** N), total)
        naive += fit.slope.p_value < 0.05
        honest += fit.slope.cluster_p_value < 0.05
    assert naive > 50
    assert honest < 25


def test_the_interval_leaves_papers_out_by_hand():
    from scipy.special import expit, logit
    from scipy.stats import t as student

    s = np.array([[9, 7, 4], [6, 5, 1], [10, 8, 7], [7, 3, 3], [8, 8, 2], [9, 5, 6]])
    total = np.full(s.shape, 10)
    fit = fit_curve(np.array([1, 2, 4]), s, total)
    left = [fit_curve(np.array([1, 2, 4]), np.delete(s, c, 0), np.delete(total, c, 0)).accuracy for c in range(6)]
    error = np.sqrt(5 / 6 * ((logit(left) - logit(fit.accuracy)) ** 2).sum())
    half = student.ppf(0.975, 5) * error
    expected = expit(logit(fit.accuracy) + np.array([-half, half]))
    assert [fit.interval.low, fit.interval.high] == pytest.approx(expected, rel=1e-6)


def test_what_was_observed_is_kept_by_number_of_masks():
    s, total = np.array([[0, 5, 9], [2, 4, 8]]), np.array([[10, 10, 10], [10, 10, 10]])
    fit = fit_curve(np.array([4, 2, 1]), s, total)
    assert fit.masks == (1, 2, 4)
    assert [rate.successes for rate in fit.observed] == [17, 9, 2]
    assert fit.observed_horizon == 1
    assert "only 2 papers" in fit.reason


def test_one_size_gives_the_root_of_the_rate():
    fit = fit_curve(np.array([3]), np.array([[30], [24]]), np.array([[60], [40]]))
    assert fit.accuracy == pytest.approx(0.54 ** (1 / 3))
    assert fit.slope is None and fit.aic[1] is None
    assert "one number of masks only" in fit.reason
    assert fit.observed_horizon == 3


@pytest.mark.parametrize(("share", "accuracy", "horizon"), [(0, 0.0, 0), (1, 1.0, None)])
def test_all_or_nothing_says_so(share, accuracy, horizon):
    total = np.full((3, 5), 10)
    fit = fit_curve(N, share * total, total)
    assert (fit.accuracy, fit.horizon) == (accuracy, horizon)
    assert fit.interval.low <= accuracy <= fit.interval.high
    assert fit.interval.high - fit.interval.low > 0.5, "three papers say little"
    assert "every trial" in fit.reason and "no spread" in fit.reason
    assert fit.slope is None


def test_a_cliff_has_no_finite_slope_and_says_so():
    s = np.array([[3, 0, 0, 0, 0], [4, 0, 0, 0, 0], [5, 0, 0, 0, 0]])
    fit = fit_curve(N, s, np.full((3, 5), 10))
    assert (fit.slope.value, fit.slope.interval, fit.slope.cluster_p_value) == (None, None, None)
    assert fit.slope.p_value < 0.05
    assert "no finite estimate" in fit.reason


def test_papers_in_another_order_change_nothing():
    rng = np.random.default_rng(4)
    total = rng.integers(1, 20, (9, 5))
    s = rng.binomial(total, 0.7**N)
    order = rng.permutation(9)
    one, other = fit_curve(N, s, total), fit_curve(N, s[order], total[order])
    assert (one.interval.low, one.interval.high) == pytest.approx((other.interval.low, other.interval.high), rel=1e-6)
    assert one.slope.cluster_p_value == pytest.approx(other.slope.cluster_p_value, rel=1e-4)


def test_bad_shapes_and_no_trials_are_told():
    with pytest.raises(ValueError, match="at least one function"):
        fit_curve(np.array([0]), np.array([[1]]), np.array([[1]]))
    with pytest.raises(ValueError, match="no trial"):
        fit_curve(N, np.zeros((2, 5)), np.zeros((2, 5)))
    with pytest.raises(ValueError, match="more successes than trials"):
        fit_curve(np.array([1]), np.array([[2]]), np.array([[1]]))
