"""pass@k and pass^k against enumeration of every subset."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.stats.passk import mean_pass_at_k, mean_pass_hat_k, pass_at_k, pass_hat_k


@pytest.mark.parametrize("n", range(1, 8))
def test_both_equal_the_share_of_subsets(n):
    for c in range(n + 1):
        attempts = [True] * c + [False] * (n - c)
        for k in range(1, n + 1):
            subsets = list(combinations(attempts, k))
            assert pass_at_k([n], [c], k)[0] == pytest.approx(sum(map(any, subsets)) / len(subsets), abs=1e-12)
            assert pass_hat_k([n], [c], k)[0] == pytest.approx(sum(map(all, subsets)) / len(subsets), abs=1e-12)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_pass_at_k_rises_with_k_pass_hat_k_falls_and_both_begin_at_the_rate(counts):
    n, c = counts
    at = np.array([pass_at_k([n], [c], k)[0] for k in range(1, n + 1)])
    hat = np.array([pass_hat_k([n], [c], k)[0] for k in range(1, n + 1)])
    assert at[0] == pytest.approx(c / n) and hat[0] == pytest.approx(c / n)
    assert (np.diff(at) >= -1e-12).all() and (np.diff(hat) <= 1e-12).all()
    assert (at >= -1e-12).all() and (at <= 1).all()


def test_it_is_unbiased():
    rng = np.random.default_rng(0)
    found = pass_at_k(np.full(20000, 12), rng.binomial(12, 0.2, 20000), 5)
    assert found.mean() == pytest.approx(1 - 0.8**5, abs=0.005)


def test_large_numbers_do_not_overflow():
    assert pass_at_k([100_000], [3], 50_000)[0] == pytest.approx(1 - 0.5**3, abs=1e-4)


@pytest.mark.parametrize(
    ("n", "c", "k", "words"),
    [
        ([3, 5], [1, 1], 4, "1 of 2 problems have fewer attempts"),
        ([3], [4], 1, "successes"),
        ([3], [1], 0, "at least 1"),
    ],
)
def test_nothing_is_extrapolated(n, c, k, words):
    with pytest.raises(ValueError, match=words):
        pass_at_k(n, c, k)


problems = st.lists(
    st.integers(3, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(-3, 3))),
    min_size=1,
    max_size=15,
)


@given(problems, st.integers(1, 3), st.randoms(use_true_random=False))
def test_the_mean_is_over_problems_and_neither_their_order_nor_their_papers_names_matter(made, k, random):
    n, c, paper = (np.array(column) for column in zip(*made, strict=True))
    for mean, each in ((mean_pass_at_k, pass_at_k), (mean_pass_hat_k, pass_hat_k)):
        found = mean(n, c, paper, k)
        assert found.mean.value == pytest.approx(each(n, c, k).mean())
        assert found.mean.clusters == np.unique(paper).size and found.problems == len(made)
        order = list(range(len(made)))
        random.shuffle(order)
        other = mean(n[order], c[order], 100 - paper[order], k)
        assert other.mean.value == pytest.approx(found.mean.value)
        assert (other.mean.interval is None) == (found.mean.interval is None)
        if found.mean.interval is None:
            assert "one paper only" in found.reason
        else:
            assert 0 <= found.mean.interval.low <= found.mean.value <= found.mean.interval.high <= 1
            assert other.mean.interval.low == pytest.approx(found.mean.interval.low, abs=1e-9)


def test_at_one_attempt_the_mean_of_equal_problems_is_the_clustered_rate():
    from rexlab.stats.clusters import clustered_rate

    c, paper = np.array([3, 1, 4, 2, 0, 3, 2, 2]), np.array([0, 0, 1, 1, 2, 3, 4, 5])
    found = mean_pass_at_k(np.full(8, 4), c, paper, 1).mean
    rate = clustered_rate(np.bincount(paper, weights=c), 4 * np.bincount(paper))
    assert (found.value, found.standard_error) == pytest.approx((rate.value, rate.standard_error))
    assert (found.interval.low, found.interval.high) == pytest.approx((rate.interval.low, rate.interval.high))


def test_with_too_few_attempts_there_is_no_mean_but_a_sentence():
    found = mean_pass_at_k([5, 3, 2], [1, 1, 1], [0, 1, 2], 4)
    assert (found.mean, found.too_few) == (None, 2)
    assert found.reason == "pass@k of k = 4 is undefined: 2 of 3 problems have fewer attempts (the fewest: 2)"
    assert "1 of 2 problems has" in mean_pass_hat_k([5, 3], [1, 1], [0, 1], 4).reason
    with pytest.raises(ValueError, match="no problem"):
        mean_pass_at_k([], [], [], 1)
    with pytest.raises(ValueError, match="at least 1"):
        mean_pass_at_k([3], [1], [0], 0)
    with pytest.raises(ValueError, match="successes"):
        mean_pass_at_k([3], [4], [0], 5)
