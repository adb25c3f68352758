"""Synthetic clients whose smoothness constants lie as far apart as asked for."""

import numpy as np

from ef21.losses import LogisticLoss, SquaredLoss
from ef21.problems import FederatedProblem


def _features(rng: np.random.Generator, clients: int, samples: int, dim: int, spread: float) -> np.ndarray:
    """Gaussian samples; client i's are multiplied by 10^(spread * (i / (clients - 1))^3)."""
    loudness = 10.0 ** (spread * np.linspace(0.0, 1.0, clients) ** 3)
    return loudness[:, None, None] * rng.standard_normal((clients, samples, dim))


def logistic_clients(
    rng: np.random.Generator, clients: int, samples: int, dim: int, spread: float, strength: float
) -> FederatedProblem:
    """Binary classification; each client's labels follow its own noisy version of a common model."""
    features = _features(rng, clients, samples, dim, spread)
    models = rng.standard_normal(dim) + rng.standard_normal((clients, dim))
    scores = np.einsum("imd,id->im", features, models)
    noise = rng.standard_normal(scores.shape) * scores.std(axis=1, keepdims=True)
    labels = np.where(scores + noise >= 0.0, 1.0, -1.0)
    return FederatedProblem(features, labels, np.ones(clients), LogisticLoss(), strength)


def least_squares_clients(
    rng: np.random.Generator, clients: int, samples: int, dim: int, spread: float, strength: float
) -> FederatedProblem:
    """Linear regression; each client's labels follow its own version of a common model, plus noise."""
    features = _features(rng, clients, samples, dim, spread)
    models = rng.standard_normal(dim) + 0.5 * rng.standard_normal((clients, dim))
    labels = np.einsum("imd,id->im", features, models) + rng.standard_normal((clients, samples))
    return FederatedProblem(features, labels, np.ones(clients), SquaredLoss(), strength)
