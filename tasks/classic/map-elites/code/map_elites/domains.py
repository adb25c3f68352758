"""The two search spaces: a planar redundant arm and the Rastrigin function."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from map_elites.lattice import snap_descriptors, snap_performance

Floats = NDArray[np.float64]


class Domain(ABC):
    """A search space: genomes in the unit cube, each with a performance and a two-dimensional descriptor."""

    genes: int
    """Genes per genome."""
    lower: tuple[float, float]
    """Lower corner of the part of descriptor space that the map covers."""
    upper: tuple[float, float]
    """Upper corner of the part of descriptor space that the map covers."""

    @abstractmethod
    def measure(self, genomes: Floats) -> tuple[Floats, Floats]:
        """Performance (n,), positive and at most 1, and descriptors (n, 2) of genomes (n, genes)."""

    def evaluate(self, genomes: Floats) -> tuple[Floats, Floats]:
        """``measure``, rounded to the lattices of ``map_elites.lattice``."""
        performance, descriptors = self.measure(genomes)
        return snap_performance(performance), snap_descriptors(descriptors)


class PlanarArm(Domain):
    """A chain of hinges in the plane, fixed at the origin, of total length 1; where its tip is describes a posture."""

    lower = (-0.75, -0.875)
    upper = (0.9375, 0.875)

    def __init__(self, joints: int, taper: float = 0.9, bend: float = 0.6) -> None:
        """``joints`` links, each ``taper`` times the one before; hinges turn by at most ``bend`` times pi."""
        lengths = taper ** np.arange(joints)
        self.genes = joints
        self.links: Floats = lengths / lengths.sum()
        self.max_angle = bend * np.pi

    def measure(self, genomes: Floats) -> tuple[Floats, Floats]:
        """Evenness of the bending, and the position of the tip, for genomes (n, joints)."""
        angles = self.max_angle * (2.0 * genomes - 1.0)
        headings = np.cumsum(angles, axis=1)
        tips = np.stack([np.cos(headings) @ self.links, np.sin(headings) @ self.links], axis=1)
        deviations = angles - angles.mean(axis=1, keepdims=True)
        spread = np.sqrt(np.mean(deviations**2, axis=1))
        return 1.0 - spread / self.max_angle, tips


class Rastrigin(Domain):
    """The Rastrigin function on [-5.12, 5.12]^genes; the first two genes describe a point."""

    lower = (0.0625, 0.125)
    upper = (0.9375, 0.875)

    def __init__(self, genes: int) -> None:
        """A Rastrigin function of ``genes`` variables."""
        self.genes = genes
        self.half_width = 5.12

    def measure(self, genomes: Floats) -> tuple[Floats, Floats]:
        """One minus the function value over an upper bound of it, and the first two genes."""
        points = self.half_width * (2.0 * genomes - 1.0)
        values = 10.0 * self.genes + np.sum(points**2 - 10.0 * np.cos(2.0 * np.pi * points), axis=1)
        return 1.0 - values / (self.genes * (self.half_width**2 + 20.0)), genomes[:, :2]
