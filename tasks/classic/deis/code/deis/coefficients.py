"""Coefficients of the multistep exponential integrator (tAB-DEIS)."""

import numpy as np

from deis.schedule import LinearVPSchedule


def lagrange_basis(nodes: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Lagrange polynomials over ``nodes`` (m,) evaluated at ``tau`` (q,): an array (m, q)."""
    basis = np.ones((len(nodes), len(tau)))
    for j, own in enumerate(nodes):
        for k, other in enumerate(nodes):
            if k != j:
                basis[j] *= (tau - other) / (own - other)
    return basis


def multistep_coefficients(schedule: LinearVPSchedule, grid: np.ndarray, order: int, points: int) -> np.ndarray:
    """Coefficients (len(grid) - 1, order + 1) of the present and past noise predictions in each step."""
    roots, weights = np.polynomial.legendre.leggauss(points)
    coefficients = np.zeros((len(grid) - 1, order + 1))
    for i in range(len(grid) - 1):
        half = (grid[i + 1] - grid[i]) / 2
        tau = grid[i] + half * (roots + 1)
        kernel = half * weights * schedule.noise_weight(grid[i + 1], tau)
        nodes = grid[max(i - order, 0) : i + 1][::-1]
        coefficients[i, : len(nodes)] = lagrange_basis(nodes, tau) @ kernel
    return coefficients
