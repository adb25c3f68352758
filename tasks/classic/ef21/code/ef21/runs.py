"""Running a method and reading off its history."""

import numpy as np

from ef21.methods import Method


def squared_gradient_norms(method: Method, rounds: int) -> np.ndarray:
    """|grad f|^2 at the point evaluated in each of ``rounds`` rounds, shape (rounds,)."""
    norms = np.empty(rounds)
    for index in range(rounds):
        gradient = method.step()
        norms[index] = gradient @ gradient
    return norms


def rounds_to(norms: np.ndarray, tolerance: float) -> int:
    """Rounds until |grad f|^2 is at most ``tolerance`` times its first value; the length plus one if never."""
    reached = np.flatnonzero(norms <= tolerance * norms[0])
    return int(reached[0]) + 1 if reached.size else norms.size + 1
