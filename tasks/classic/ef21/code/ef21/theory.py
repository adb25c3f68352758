"""What the theory prescribes: step sizes, weights, clone numbers, and the rate they guarantee."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tuning:
    """The largest step sizes covered by the theory, and the weights of weighted EF21."""

    quadratic: float
    """Step size from the quadratic mean of the smoothness constants."""
    arithmetic: float
    """Step size from their arithmetic mean."""
    weights: np.ndarray
    """Weight of each client, shape (clients,), summing to one."""


def tune(local: np.ndarray, overall: float, alpha: float) -> Tuning:
    """Step sizes and weights for clients with smoothness ``local``, a mean with ``overall``, and contraction alpha."""
    xi = (1.0 + np.sqrt(1.0 - alpha)) / alpha - 1.0
    quadratic_mean = np.sqrt(np.mean(local**2))
    arithmetic_mean = np.mean(local)
    return Tuning(
        quadratic=float(1.0 / (overall + quadratic_mean * xi)),
        arithmetic=float(1.0 / (overall + arithmetic_mean * xi)),
        weights=local / np.sum(local),
    )


def clone_clients(local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Owner of every clone and the factor of its owner's function, two arrays of shape (clones,)."""
    copies = np.ceil(local / local.mean()).astype(int)
    owners = np.repeat(np.arange(local.size), copies)
    factors = owners.size / (local.size * copies)
    return owners, factors[owners]


def stationarity_bound(
    gap: float,
    step_size: float,
    alpha: float,
    rounds: int,
    weights: np.ndarray,
    estimates: np.ndarray,
    gradients: np.ndarray,
) -> float:
    """Upper bound on the mean of |grad f|^2 over ``rounds`` iterates of weighted EF21."""
    theta = 1.0 - np.sqrt(1.0 - alpha)
    lag = weights.size * weights[:, None] * estimates - gradients
    distortion = np.sum(np.sum(lag**2, axis=1) / weights) / weights.size**2
    return float((2.0 * gap / step_size + distortion / theta) / rounds)
