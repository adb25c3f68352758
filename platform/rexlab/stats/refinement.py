"""Sequential refinement: an agent goes on until a verifier is satisfied. How soon it is, and how often it is right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rexlab.stats.clusters import ClusteredRate, clustered_rate


@dataclass(frozen=True)
class RefinementCurve:
    """What each further round brings; the element at index t is about the rounds 1 to t + 1."""

    trials: int
    satisfied: tuple[ClusteredRate, ...]
    """Trials whose verifier was satisfied by then, of all."""
    right: tuple[ClusteredRate | None, ...]
    """Of those, the ones that were truly right; None before the verifier was satisfied for the first time."""
    best_score: NDArray[np.float64]
    """Mean of the best score so far, (rounds,)."""
    right_unsatisfied: ClusteredRate | None
    """Right ones among the trials whose verifier was never satisfied; None when it always was."""

    @property
    def false_positive_rate(self) -> float | None:
        """Share of wrong ones among the trials whose verifier was satisfied in the end; None when none was."""
        last = self.right[-1]
        return 1.0 - last.value if last else None


def refinement_curve(
    scores: NDArray[np.float64], right: NDArray[np.bool_], cluster: NDArray[np.int_], *, enough: float = 1.0
) -> RefinementCurve:
    """Follow trials round by round (the iterative refinement of Review, Refine, Repeat, 2025).

    A trial stays as it was after its last round: satisfied if it ever was, with its best score. Whether it was right is
    known of the answer that was graded in the end, so it is only asked of satisfied trials.

    Args:
        scores: Verifier's score per round, (trials, rounds); NaN after a trial's last round.
        right: Whether what was graded in the end was truly right, (trials,).
        cluster: Which paper the trial is of, (trials,): any whole numbers.
        enough: The verifier is satisfied from this score up.

    Raises:
        ValueError: there is no trial, or one has no first round.
    """
    table, truth = np.asarray(scores, dtype=float), np.asarray(right, dtype=bool)
    if table.ndim != 2 or not table.size or table.shape[0] != truth.size or np.isnan(table[:, 0]).any():
        raise ValueError("refinement needs trials with a score for their first round at least")
    names, index = np.unique(np.asarray(cluster), return_inverse=True)
    best = np.fmax.accumulate(table, axis=1)
    content = best >= enough

    def rate(won: NDArray[np.bool_], among: NDArray[np.bool_]) -> ClusteredRate | None:
        if not among.any():
            return None
        of = np.bincount(index[among], minlength=names.size)
        return clustered_rate(np.bincount(index[won & among], minlength=names.size), of)

    everyone = np.ones(truth.size, dtype=bool)
    by_round = [content[:, t] for t in range(table.shape[1])]
    return RefinementCurve(
        trials=truth.size,
        satisfied=tuple(found for seen in by_round if (found := rate(seen, everyone))),
        right=tuple(rate(truth, seen) for seen in by_round),
        best_score=best.mean(axis=0),
        right_unsatisfied=rate(truth, ~by_round[-1]),
    )
