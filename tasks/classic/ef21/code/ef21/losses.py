"""Losses of a linear model's predictions against labels, elementwise."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Loss(Protocol):
    """A convex loss of a prediction, with the largest value of its second derivative."""

    curvature: float

    def value(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Loss of every prediction."""
        ...

    def slope(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Derivative of the loss with respect to the prediction."""
        ...


@dataclass(frozen=True)
class LogisticLoss:
    """log(1 + exp(-label * prediction)) for labels -1 and +1."""

    curvature: float = 0.25

    def value(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Loss of every prediction."""
        return np.logaddexp(0.0, -labels * predictions)

    def slope(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Derivative of the loss with respect to the prediction."""
        return -labels / (1.0 + np.exp(labels * predictions))


@dataclass(frozen=True)
class SquaredLoss:
    """Half the squared difference of prediction and label."""

    curvature: float = 1.0

    def value(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Loss of every prediction."""
        return 0.5 * (predictions - labels) ** 2

    def slope(self, predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Derivative of the loss with respect to the prediction."""
        return predictions - labels
