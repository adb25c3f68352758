"""Resampling with an imperfect verifier: what more attempts buy when a check, not the truth, picks the answer."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rexlab.stats.clusters import ClusteredMean, clustered_mean
from rexlab.stats.passk import subset_share


@dataclass(frozen=True)
class ResamplingCurve:
    """Accuracy and false positives against the number of samples; all of it over the same problems."""

    problems: int
    left_out: int
    """Problems with fewer attempts than the largest number of samples."""
    samples: NDArray[np.int_]
    """K, (sizes,)."""
    accuracy: NDArray[np.float64]
    """Probability that the picked answer is right; no accepted answer counts as wrong, (sizes,)."""
    wrong: NDArray[np.float64]
    """Probability that a wrong answer is accepted, (sizes,)."""
    band: tuple[ClusteredMean, ...]
    """The accuracy with its interval over papers, one per size."""
    ceiling: float
    """No number of samples lifts the accuracy above it, as far as the stored attempts show: the share of right ones
    among a problem's accepted ones (0 where none is accepted), averaged over problems."""
    false_positive_rate: float | None
    """Share of the accepted attempts that are wrong; None when none is accepted."""

    def best(self, cost: float) -> int:
        """The number of samples with the highest accuracy - cost · wrong; 0 when even one sample does harm.

        Args:
            cost: Of accepting a wrong answer, in units of what a right one is worth.
        """
        worth = self.accuracy - cost * self.wrong
        at = int(np.argmax(worth))
        return int(self.samples[at]) if worth[at] > 0 else 0


def resampling_curve(
    attempts: NDArray[np.int_],
    accepted: NDArray[np.int_],
    right: NDArray[np.int_],
    cluster: NDArray[np.int_],
    largest: int | None = None,
) -> ResamplingCurve:
    """Draw attempts of a problem in random order without replacement until the verifier accepts one, at most K.

    With n stored attempts of which a are accepted, r of these right: some accepted one is among K drawn with
    probability 1 - C(n - a, K) / C(n, K), and the first of them is any of the a alike, so it is right with probability
    r / a. Means over problems. As long as the verifier has false positives, accuracy has a ceiling below one however
    many samples are drawn (Stroebl, Kapoor and Narayanan, Inference Scaling fLaws, 2024, section 3). Nothing is
    extrapolated: a problem with fewer than ``largest`` attempts is left out of the whole curve, so that every K is
    about the same problems.

    Args:
        attempts: n, stored attempts per problem, (problems,), each at least 1.
        accepted: a, how many of them the verifier accepts, (problems,). A perfect verifier accepts what is right.
        right: r, how many are accepted and truly right, (problems,).
        cluster: Which paper the problem is of, (problems,): any whole numbers.
        largest: Largest K; the fewest attempts of a problem when None, which leaves none out.

    Raises:
        ValueError: a problem has no attempt, the counts do not fit, or no problem has ``largest`` attempts.
    """
    n, a, r = (np.asarray(counts, dtype=np.int_) for counts in (attempts, accepted, right))
    if not n.size or int(n.min()) < 1:
        raise ValueError("every problem needs at least one attempt")
    if not (n.shape == a.shape == r.shape == np.shape(cluster)) or not ((r >= 0) & (r <= a) & (a <= n)).all():
        raise ValueError("per problem, the accepted attempts are at most all, and the right ones at most the accepted")
    most = int(n.min()) if largest is None else largest
    kept = n >= most
    if most < 1 or not kept.any():
        raise ValueError(f"no problem has {most} attempts: samples from 1 to {int(n.max())} can be looked at")
    names, index = np.unique(np.asarray(cluster)[kept], return_inverse=True)
    n, a, r = n[kept], a[kept], r[kept]
    counts = np.bincount(index, minlength=names.size)
    share = np.divide(r, a, out=np.zeros(a.size), where=a > 0)
    # few different pairs of n and a occur, however many problems there are
    pairs, which = np.unique(np.stack([n, a], axis=1), axis=0, return_inverse=True)
    samples = np.arange(1, most + 1)
    found = 1.0 - subset_share(pairs[:, :1] - pairs[:, 1:], pairs[:, :1], samples[None, :])
    totals = np.zeros((most, names.size))
    wrong = np.zeros(most)
    for i in range(most):
        drawn = found[which.ravel(), i]
        totals[i] = np.bincount(index, weights=share * drawn, minlength=names.size)
        wrong[i] = float(((1.0 - share) * drawn).mean())
    band = tuple(clustered_mean(row, counts) for row in totals)
    return ResamplingCurve(
        problems=n.size,
        left_out=int((~kept).sum()),
        samples=samples,
        accuracy=np.array([mean.value for mean in band]),
        wrong=wrong,
        band=band,
        ceiling=float(share.mean()),
        false_positive_rate=float(1 - r.sum() / a.sum()) if a.sum() else None,
    )
