"""The distributed objective: the mean of regularised empirical risks, one per client."""

from dataclasses import dataclass

import numpy as np

from ef21.losses import Loss


@dataclass(frozen=True)
class FederatedProblem:
    """f(x) = mean over clients of f_i(x), where client i holds m labelled samples.

    f_i(x) = scales[i] * (mean over its samples of loss(<a, x>, label) + strength * sum_j x_j^2 / (1 + x_j^2)).
    """

    features: np.ndarray
    """Samples, shape (clients, m, dim)."""
    labels: np.ndarray
    """Labels, shape (clients, m)."""
    scales: np.ndarray
    """Positive factor of each client's function, shape (clients,)."""
    loss: Loss
    strength: float
    """Weight of the nonconvex regulariser."""

    @property
    def clients(self) -> int:
        """Number of clients."""
        return self.features.shape[0]

    @property
    def dim(self) -> int:
        """Number of model parameters."""
        return self.features.shape[2]

    def value(self, x: np.ndarray) -> float:
        """The objective f at ``x``; never negative."""
        risks = self.loss.value(self.features @ x, self.labels).mean(axis=1)
        return float(self.scales @ (risks + self.strength * np.sum(x**2 / (1.0 + x**2))) / self.clients)

    def gradients(self, x: np.ndarray) -> np.ndarray:
        """Gradient of every client's function at ``x``, shape (clients, dim)."""
        predictions = self.features @ x
        slopes = self.loss.slope(predictions, self.labels)
        risk_gradients = np.matmul(slopes[:, None, :], self.features)[:, 0, :] / slopes.shape[1]
        regulariser_gradient = self.strength * 2.0 * x / (1.0 + x**2) ** 2
        return self.scales[:, None] * (risk_gradients + regulariser_gradient)

    def smoothness(self) -> tuple[np.ndarray, float]:
        """Smoothness constants: of every client's function, shape (clients,), and of their mean f."""
        samples = self.features.shape[1]
        grams = np.matmul(self.features.transpose(0, 2, 1), self.features)
        hessians = self.scales[:, None, None] * self.loss.curvature * grams / samples
        ridges = 2.0 * self.strength * self.scales
        local = np.linalg.eigvalsh(hessians)[:, -1] + ridges
        overall = np.linalg.eigvalsh(hessians.mean(axis=0))[-1] + ridges.mean()
        return local, float(overall)

    def cloned(self, owners: np.ndarray, factors: np.ndarray) -> "FederatedProblem":
        """The problem in which clone j holds ``factors[j]`` times the function of client ``owners[j]``."""
        scales = factors * self.scales[owners]
        return FederatedProblem(self.features[owners], self.labels[owners], scales, self.loss, self.strength)
