"""What the experiments share: building searches, running them, writing results."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from map_elites.archive import GridArchive
from map_elites.domains import Domain
from map_elites.draws import draw_generation
from map_elites.search import MapElites, Search
from map_elites.variation import MutationSettings


def parser(description: str, cells: tuple[int, int], generations: int, batch: int) -> argparse.ArgumentParser:
    """The options that all experiments take, with their defaults."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--cells", type=int, nargs=2, default=list(cells))
    options.add_argument("--generations", type=int, default=generations)
    options.add_argument("--batch", type=int, default=batch)
    options.add_argument("--initial", type=int, default=100, help="random genomes that MAP-Elites starts from")
    options.add_argument("--percent", type=int, default=30, help="mutation probability of a gene, in percent")
    options.add_argument("--eta", type=float, default=3.0)
    options.add_argument("--width", type=float, default=0.5)
    return options


def grid(options: argparse.Namespace, domain: Domain) -> GridArchive:
    """An empty grid for a domain."""
    return GridArchive((options.cells[0], options.cells[1]), domain.lower, domain.upper, domain.genes)


def map_elites(options: argparse.Namespace, domain: Domain, rng: np.random.Generator) -> MapElites:
    """A MAP-Elites search after its random start."""
    settings = MutationSettings(percent=options.percent, eta=options.eta, width=options.width)
    search = MapElites(domain, grid(options, domain), settings)
    search.sample(rng, options.initial)
    return search


def evolve(search: MapElites, rng: np.random.Generator, generations: int, batch: int) -> None:
    """Run some generations."""
    for _ in range(generations):
        search.step(draw_generation(rng, batch, search.domain.genes))


def random_search(options: argparse.Namespace, domain: Domain, rng: np.random.Generator) -> Search:
    """Random search with as many evaluations as MAP-Elites gets."""
    search = Search(domain, grid(options, domain))
    search.sample(rng, options.initial + options.generations * options.batch)
    return search


def write(path: Path, results: dict[str, Any]) -> None:
    """Write results as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=2) + "\n")
