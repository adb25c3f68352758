"""Distributed methods. One call of ``step`` is one round: server to clients and back."""

from typing import Protocol

import numpy as np

from ef21.compressors import TopK
from ef21.problems import FederatedProblem


class Method(Protocol):
    """Anything that moves a model ``x`` one round at a time."""

    x: np.ndarray

    def step(self) -> np.ndarray:
        """Run one round; return grad f at the point where the clients evaluated their gradients in it."""
        ...


class GradientDescent:
    """Uncompressed gradient descent from the origin."""

    def __init__(self, problem: FederatedProblem, step_size: float) -> None:
        self.problem = problem
        self.step_size = step_size
        self.x = np.zeros(problem.dim)

    def step(self) -> np.ndarray:
        """Run one round; return grad f at the point before the move."""
        gradient = self.problem.gradients(self.x).mean(axis=0)
        self.x = self.x - self.step_size * gradient
        return gradient


class ErrorFeedback:
    """Classic error feedback: what the compressor dropped is added to the client's next message."""

    def __init__(self, problem: FederatedProblem, compressor: TopK, step_size: float) -> None:
        self.problem = problem
        self.compressor = compressor
        self.step_size = step_size
        self.x = np.zeros(problem.dim)
        self.errors = np.zeros((problem.clients, problem.dim))

    def step(self) -> np.ndarray:
        """Run one round; return grad f at the point before the move."""
        gradients = self.problem.gradients(self.x)
        pending = self.errors + self.step_size * gradients
        messages = self.compressor.compress(pending)
        self.errors = pending - messages
        self.x = self.x - messages.mean(axis=0)
        return gradients.mean(axis=0)


class EF21:
    """EF21: clients send compressed corrections of their gradient estimates. Uniform weights give the original."""

    def __init__(
        self, problem: FederatedProblem, compressor: TopK, step_size: float, weights: np.ndarray | None = None
    ) -> None:
        self.problem = problem
        self.compressor = compressor
        self.step_size = step_size
        self.weights = np.full(problem.clients, 1.0 / problem.clients) if weights is None else weights
        self.x = np.zeros(problem.dim)
        self.estimates = np.zeros((problem.clients, problem.dim))

    def step(self) -> np.ndarray:
        """Run one round; return grad f at the point after the move."""
        self.x = self.x - self.step_size * (self.weights @ self.estimates)
        local = self.problem.gradients(self.x)
        goals = local / (self.problem.clients * self.weights)[:, None]
        self.estimates = self.estimates + self.compressor.compress(goals - self.estimates)
        return local.mean(axis=0)
