"""The multistep exponential integrator and the single-step methods it is compared with.

Every sampler takes x (n, d) at time ``grid[0]`` to time ``grid[-1]`` and calls the model once per step.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from deis.coefficients import multistep_coefficients
from deis.schedule import LinearVPSchedule

Model = Callable[[np.ndarray, float], np.ndarray]


class MultistepSampler:
    """tAB-DEIS: exponential integrator that extrapolates the noise prediction by a polynomial in time."""

    def __init__(self, schedule: LinearVPSchedule, grid: np.ndarray, order: int, points: int = 16) -> None:
        self.schedule = schedule
        self.grid = grid
        self.coefficients = multistep_coefficients(schedule, grid, order, points)

    def sample(self, model: Model, x: np.ndarray) -> np.ndarray:
        """Take x (n, d) from time ``grid[0]`` to ``grid[-1]``, one model call per step."""
        recent: list[np.ndarray] = []
        for i, row in enumerate(self.coefficients):
            recent.insert(0, model(x, self.grid[i]))
            x = self.schedule.transition(self.grid[i + 1], self.grid[i]) * x
            for coefficient, noise in zip(row, recent, strict=False):
                x = x + coefficient * noise
        return x


def euler(schedule: LinearVPSchedule, grid: np.ndarray, model: Model, x: np.ndarray) -> np.ndarray:
    """Explicit Euler on the probability-flow ODE."""
    for now, after in pairwise(grid):
        velocity = schedule.beta(now) / 2 * (model(x, now) / schedule.sigma(now) - x)
        x = x + (after - now) * velocity
    return x


def exponential_score(schedule: LinearVPSchedule, grid: np.ndarray, model: Model, x: np.ndarray) -> np.ndarray:
    """Exponential integrator that freezes the score, rather than the noise prediction, over each step."""
    for now, after in pairwise(grid):
        factor = schedule.transition(after, now)
        x = factor * x + (1 - factor) / schedule.sigma(now) * model(x, now)
    return x


def ddim_coefficient(schedule: LinearVPSchedule, now: float, after: float) -> float:
    """Coefficient of the noise prediction in a deterministic DDIM step from time ``now`` to ``after``."""
    return schedule.sigma(after) - schedule.transition(after, now) * schedule.sigma(now)


def ddim(schedule: LinearVPSchedule, grid: np.ndarray, model: Model, x: np.ndarray) -> np.ndarray:
    """Deterministic DDIM."""
    for now, after in pairwise(grid):
        noise = model(x, now)
        x = schedule.transition(after, now) * x + ddim_coefficient(schedule, now, after) * noise
    return x
