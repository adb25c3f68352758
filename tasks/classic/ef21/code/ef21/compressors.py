"""Contractive compressors, applied to the messages of all clients at once."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TopK:
    """Keeps the ``k`` entries of largest magnitude of each client's vector."""

    k: int

    def contraction(self, dim: int) -> float:
        """The alpha for which the squared error is at most (1 - alpha) times the squared norm."""
        return self.k / dim

    def compress(self, rows: np.ndarray) -> np.ndarray:
        """Each row of ``rows``, shape (clients, dim), with all but its ``k`` largest magnitudes set to zero."""
        order = np.argsort(-np.abs(rows), axis=1, kind="stable")
        kept = order[:, : self.k]
        sparse = np.zeros_like(rows)
        np.put_along_axis(sparse, kept, np.take_along_axis(rows, kept, axis=1), axis=1)
        return sparse
