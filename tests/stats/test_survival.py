"""Times to success, efficiency and cost: against lifelines, published values and enumeration."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from rexlab.stats.survival import eff_at_k, kaplan_meier, pareto_front


def test_kaplan_meier_on_a_published_example():
    # Kaplan and Meier 1958, table of section 2: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1
    time = np.array([0.8, 1.0, 2.7, 3.1, 5.4, 7.0, 9.2, 12.1])
    event = np.array([True, False, False, True, True, False, True, False])
    curve = kaplan_meier(time, event)
    assert curve.unsolved == pytest.approx([7 / 8, 7 / 10, 21 / 40, 21 / 80])
    assert list(curve.at_risk) == [8, 5, 4, 2]
    assert curve.median() == 9.2
    assert kaplan_meier(time, np.zeros(8, bool)).median() is None
    with pytest.raises(ValueError, match="at least one"):
        kaplan_meier(np.array([]), np.array([]))


trials = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


@given(trials)
def test_kaplan_meier_greenwood_and_the_band_are_those_of_lifelines(made):
    time, event = np.array([float(t) for t, _ in made]), np.array([e for _, e in made])
    curve = kaplan_meier(time, event)
    low, high = curve.band()
    if not event.any():
        assert curve.times.size == low.size == high.size == 0
        return
    fitted = KaplanMeierFitter().fit(time, event)
    assert curve.unsolved == pytest.approx(fitted.survival_function_at_times(curve.times).to_numpy(), abs=1e-12)
    inside = curve.unsolved > 0
    theirs = fitted.confidence_interval_.loc[curve.times[inside]].to_numpy()
    assert low[inside] == pytest.approx(theirs[:, 0], abs=1e-9)
    assert high[inside] == pytest.approx(theirs[:, 1], abs=1e-9)
    # Greenwood's standard error is not public there: it follows from their band on the log-log scale
    log = np.log(curve.unsolved[inside])
    half = (np.log(-np.log(theirs[:, 0])) - np.log(-np.log(theirs[:, 1]))) / 2 / 1.959963984540054
    assert curve.standard_error[inside] == pytest.approx(half * curve.unsolved[inside] * -log, abs=1e-8)
    assert ((low <= curve.unsolved) & (curve.unsolved <= high)).all()
    assert (np.diff(curve.unsolved) < 0).all()


def test_when_the_last_trial_succeeds_the_band_ends_between_zero_and_what_it_was():
    curve = kaplan_meier(np.array([1.0, 2.0]), np.array([True, True]))
    low, high = curve.band()
    assert low[-1] == 0 and high[-1] == high[-2]
    low, high = kaplan_meier(np.array([1.0]), np.array([True])).band()
    assert (low[0], high[0]) == (0.0, 1.0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_eff_at_k_is_the_mean_over_every_subset_and_rises(scores):
    found = [eff_at_k(np.array(scores), k) for k in range(1, len(scores) + 1)]
    every = [np.mean([max(s) for s in combinations(scores, k)]) for k in range(1, len(scores) + 1)]
    assert found == pytest.approx(every, abs=1e-9)
    assert (np.diff(found) >= -1e-9).all()


def test_eff_at_k_is_undefined_above_n():
    with pytest.raises(ValueError, match="k lies between"):
        eff_at_k(np.array([0.0, 0.3]), 3)


agents = st.lists(
    st.tuples(st.integers(0, 5).map(float) | st.just(float("nan")), st.integers(0, 5).map(float)), max_size=12
)


@given(agents)
def test_the_front_holds_whom_nobody_beats(pairs):
    def beaten(a):
        return any(b[0] <= a[0] and b[1] >= a[1] and (b[0] < a[0] or b[1] > a[1]) for b in pairs)

    expected = [not np.isnan(a[0]) and not beaten(a) for a in pairs]
    cost, success = np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
    assert list(pareto_front(cost, success)) == expected
