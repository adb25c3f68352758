"""Comparing two agents, and planning how many trials that takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from rexlab.stats.paired import compare_paired, holm
from rexlab.stats.power import plan_power


def test_a_worked_table_of_mcnemar():
    a = np.array([True] * 101 + [True] * 59 + [False] * 121 + [False] * 33)
    b = np.array([True] * 101 + [False] * 59 + [True] * 121 + [False] * 33)
    found = compare_paired(a, b, np.arange(len(a)) % 10)
    assert (found.both, found.only_a, found.only_b, found.neither) == (101, 59, 121, 33)
    assert found.p_value == pytest.approx(4.434e-6, rel=2e-3), (
        "the example of Stata's manual (mcci), also used by statsmodels"
    )
    assert found.difference == pytest.approx((59 - 121) / 314)


def test_the_interval_of_a_difference_covers():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(300):
        gain, cluster = rng.normal(0.1, 0.1, 18), np.repeat(np.arange(18), 30)
        base = rng.uniform(0.3, 0.5, 18)[cluster]
        a = rng.random(540) < base + gain[cluster]
        b = rng.random(540) < base
        interval = compare_paired(a, b, cluster).interval
        covered += interval.low <= 0.1 <= interval.high
    assert 0.91 <= covered / 300 <= 0.985


def test_agents_that_agree_everywhere_do_not_differ():
    same = np.array([True, False, True, False])
    found = compare_paired(same, same, np.array([0, 0, 1, 1]))
    assert (found.difference, found.p_value, found.interval) == (0.0, 1.0, None)
    assert "no spread" in found.reason
    assert compare_paired(same, ~same, np.zeros(4)).reason.startswith("one paper")
    with pytest.raises(ValueError, match="in common"):
        compare_paired(np.array([]), np.array([]), np.array([]))


counts = st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=2, max_size=8)


def pairs(tables):
    """Per paper: pairs in which both, only A, only B and neither passed."""
    a = np.concatenate([np.repeat([True, True, False, False], table) for table in tables])
    b = np.concatenate([np.repeat([True, False, True, False], table) for table in tables])
    return a, b, np.repeat(np.arange(len(tables)), [sum(table) for table in tables])


@given(counts.filter(lambda tables: any(map(sum, tables))))
def test_mcnemar_is_that_of_statsmodels_and_the_test_over_papers_agrees_with_its_interval(tables):
    a, b, paper = pairs(tables)
    found = compare_paired(a, b, paper)
    table = [[found.both, found.only_a], [found.only_b, found.neither]]
    assert found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue, abs=1e-12)
    if found.interval is not None:
        assert -1 <= found.interval.low <= found.difference <= found.interval.high <= 1
    else:
        assert found.reason
    # the interval is at most as wide as the test's: where it is Wilson's it may leave 0 out alone
    if found.cluster_p_value is not None and found.cluster_p_value < 0.05 - 1e-9:
        assert not found.interval.low <= 0 <= found.interval.high


@given(counts.filter(lambda tables: any(map(sum, tables))))
def test_exchanging_the_agents_changes_the_sign(tables):
    a, b, paper = pairs(tables)
    one, other = compare_paired(a, b, paper), compare_paired(b, a, paper)
    assert one.difference == -other.difference and one.p_value == pytest.approx(other.p_value)
    assert (one.interval is None) == (other.interval is None)
    if one.interval is not None:
        assert one.interval.low == pytest.approx(-other.interval.high, abs=1e-9)
        assert one.cluster_p_value == pytest.approx(other.cluster_p_value)


def test_when_one_paper_alone_differs_from_a_clean_sweep_there_is_an_interval_of_another_kind_and_no_test():
    found = compare_paired(np.array([True] * 9), np.array([False] * 8 + [True]), np.repeat(np.arange(3), 3))
    assert found.interval.low < 8 / 9 < found.interval.high
    assert found.cluster_p_value is None
    assert "without one of the papers" in found.reason and "only 3 papers" in found.reason


def test_holm_on_a_worked_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_never_lowers_a_p_value_and_keeps_the_order(values):
    adjusted = holm(values)
    assert all(b >= a and b <= 1 for a, b in zip(values, adjusted, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


@settings(max_examples=15)  # a tenth of a second each
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_that_of_statsmodels(values):
    assert holm(values) == pytest.approx(list(multipletests(values, method="holm")[1]))


def test_power_is_reached_with_the_trials_that_were_planned():
    plan = plan_power(0.35, 0.1, correlation=0.5)
    rng = np.random.default_rng(0)
    share = 0.35 * 0.65 * 0.45 * 0.55
    both = 0.35 * 0.45 + 0.5 * np.sqrt(share)
    cells = rng.multinomial(plan.paired, [both, 0.35 - both, 0.45 - both, 1 - 0.8 + both], size=3000)
    gain = (cells[:, 2] - cells[:, 1]) / np.sqrt(cells[:, 1] + cells[:, 2])
    assert (np.abs(gain) > 1.96).mean() == pytest.approx(0.8, abs=0.03)


def test_the_power_of_two_independent_samples_is_that_of_statsmodels():
    """Theirs is on the arcsine scale; for small differences the two agree."""
    from statsmodels.stats.proportion import proportion_effectsize

    for baseline in (0.2, 0.35, 0.5, 0.8):
        theirs = NormalIndPower().solve_power(proportion_effectsize(baseline + 0.05, baseline), power=0.8, alpha=0.05)
        assert plan_power(baseline, 0.05).unpaired == pytest.approx(theirs, rel=0.01)


def test_known_numbers_of_trials():
    # two-sample proportions 0.5 against 0.6, 80 % power, 5 %: 388 per group (the usual textbook value)
    assert plan_power(0.5, 0.1).unpaired == 388
    clustered = plan_power(0.5, 0.1, per_paper=11, intraclass=0.1)
    assert clustered.design_effect == pytest.approx(2.0)
    assert abs(clustered.unpaired - 2 * 387.3) <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((0.9, 0.2), "between 0 and 1"), ((0.5, 0.0), "difference of 0"), ((0.1, 0.7), "cannot correlate")],
)
def test_plans_that_cannot_be_are_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        plan_power(*arguments, correlation=0.99)
