"""pass@k and pass^k: success of k attempts at a problem, estimated from n ≥ k attempts without bias."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from rexlab.stats.clusters import ClusteredMean, clustered_mean

Counts = Sequence[int] | NDArray[np.int_]


def pass_at_k(attempts: Counts, successes: Counts, k: int) -> NDArray[np.float64]:
    """Probability that at least one of k attempts succeeds, per problem.

    1 - C(n - c, k) / C(n, k), with c successes among n attempts: the share of the k-subsets of the attempts that hold
    a success, hence unbiased. Source: Chen et al., Evaluating Large Language Models Trained on Code, 2021, equation 1.

    Args:
        attempts: n per problem, (problems,).
        successes: c per problem, (problems,), each at most n.
        k: How many attempts; at least 1.

    Raises:
        ValueError: some problem has fewer than k attempts (nothing is extrapolated), or more successes than attempts.
    """
    n, c = _checked(attempts, successes, k)
    return 1.0 - subset_share(n - c, n, k)


def pass_hat_k(attempts: Counts, successes: Counts, k: int) -> NDArray[np.float64]:
    """Probability that all of k attempts succeed (reliability), per problem: C(c, k) / C(n, k), unbiased.

    Source: Yao et al., tau-bench, 2024, section 3 (there called pass^k). Arguments and errors as for ``pass_at_k``.
    """
    n, c = _checked(attempts, successes, k)
    return subset_share(c, n, k)


@dataclass(frozen=True)
class MeanPass:
    """pass@k, or pass^k, averaged over problems."""

    k: int
    problems: int
    too_few: int
    """Problems with fewer than k attempts."""
    mean: ClusteredMean | None
    """Over problems, each of the same weight, with its interval over papers; None when some problem has too few
    attempts (leaving such problems out would change what is measured)."""
    reason: str = ""
    """Why there is no mean, or what is unusual about its interval."""


def mean_pass_at_k(attempts: Counts, successes: Counts, cluster: Counts, k: int) -> MeanPass:
    """Mean of ``pass_at_k`` over problems, with its interval over papers (``rexlab.stats.clusters``).

    Args:
        attempts: n per problem, (problems,).
        successes: c per problem, (problems,), each at most n.
        cluster: Which paper the problem is of, (problems,): any whole numbers.
        k: How many attempts; at least 1.

    Raises:
        ValueError: there is no problem, k is below 1, or a problem has more successes than attempts.
    """
    return _mean(attempts, successes, cluster, k, every=False)


def mean_pass_hat_k(attempts: Counts, successes: Counts, cluster: Counts, k: int) -> MeanPass:
    """Mean of ``pass_hat_k`` over problems; arguments and errors as for ``mean_pass_at_k``."""
    return _mean(attempts, successes, cluster, k, every=True)


def _mean(attempts: Counts, successes: Counts, cluster: Counts, k: int, *, every: bool) -> MeanPass:
    n, c = _counts(attempts, successes, k)
    if not n.size:
        raise ValueError("there is no problem")
    too_few = int((n < k).sum())
    if too_few:
        word = "pass^k" if every else "pass@k"
        have = "problems has" if too_few == 1 else "problems have"
        reason = f"{word} of k = {k} is undefined: {too_few} of {n.size} {have} fewer attempts (the fewest: {n.min()})"
        return MeanPass(k, n.size, too_few, None, reason)
    values = pass_hat_k(n, c, k) if every else pass_at_k(n, c, k)
    names, index = np.unique(np.asarray(cluster), return_inverse=True)
    totals = np.bincount(index, weights=values, minlength=names.size)
    mean = clustered_mean(totals, np.bincount(index, minlength=names.size))
    return MeanPass(k, n.size, 0, mean, mean.reason)


def _counts(attempts: Counts, successes: Counts, k: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    n, c = np.asarray(attempts, dtype=np.int_), np.asarray(successes, dtype=np.int_)
    if k < 1:
        raise ValueError(f"k is {k}; it counts attempts, so it is at least 1")
    if n.shape != c.shape or (c < 0).any() or (c > n).any():
        raise ValueError("every problem needs a number of successes between 0 and its number of attempts")
    return n, c


def _checked(attempts: Counts, successes: Counts, k: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    n, c = _counts(attempts, successes, k)
    if (n < k).any():
        raise ValueError(
            f"k is {k}, but {int((n < k).sum())} of {n.size} problems have fewer attempts (the fewest: {int(n.min())})"
        )
    return n, c


def subset_share(part: NDArray[np.int_], whole: NDArray[np.int_], k: int | NDArray[np.int_]) -> NDArray[np.float64]:
    """C(part, k) / C(whole, k): the share of the k-subsets that lie in a part. In logarithms: binomials overflow."""
    possible = part >= k
    small = np.where(possible, part, k)
    logs = gammaln(small + 1) - gammaln(small - k + 1) - gammaln(whole + 1) + gammaln(whole - k + 1)
    return np.where(possible, np.exp(np.minimum(logs, 0.0)), 0.0)
