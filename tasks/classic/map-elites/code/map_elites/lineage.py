"""Where the elites came from: lineages through the map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lineages:
    """One value for each traced genome, in every field."""

    generations: Ints
    """Number of ancestors, back to and including the random genome at the root."""
    crossings: Ints
    """Number of births on the lineage that left the parent's cell."""
    distance: Ints
    """Cells travelled from the root to the genome, adding up the steps of the lineage."""


def trace_lineages(parents: Ints, births: Ints, traced: Ints) -> Lineages:
    """Follow the genomes with ids ``traced`` (m,) back to their roots; ``births`` (n, 2) are birth cell coordinates."""
    generations = np.zeros(traced.size, dtype=np.int64)
    crossings = np.zeros(traced.size, dtype=np.int64)
    distance = np.zeros(traced.size, dtype=np.int64)
    for row, genome in enumerate(traced):
        child, parent = genome, parents[genome]
        while parent >= 0:
            step = np.abs(births[child] - births[parent]).max()
            generations[row] += 1
            crossings[row] += step > 0
            distance[row] += step
            child, parent = parent, parents[parent]
    return Lineages(generations, crossings, distance)
