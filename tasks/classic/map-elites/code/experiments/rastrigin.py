"""Rastrigin map: filled cells and QD score against evaluations, for MAP-Elites and for random search."""

import csv

import numpy as np
from map_elites.domains import Rastrigin
from map_elites.scores import illumination_scores
from map_elites.search import Search

from experiments.common import evolve, grid, map_elites, parser, write


def main() -> None:
    """Run both searches with the same number of evaluations; write the curves as CSV and the end as JSON."""
    options = parser(__doc__, cells=(22, 27), generations=48, batch=100)
    options.add_argument("--genes", type=int, default=6)
    options.add_argument("--checkpoints", type=int, default=6)
    args = options.parse_args()

    domain = Rastrigin(args.genes)
    rng, other = (np.random.default_rng([args.seed, stream]) for stream in range(2))
    elites = map_elites(args, domain, rng)
    randoms = Search(domain, grid(args, domain))
    randoms.sample(other, args.initial)
    curve = []
    for _ in range(args.checkpoints):
        generations = args.generations // args.checkpoints
        evolve(elites, rng, generations, args.batch)
        randoms.sample(other, generations * args.batch)
        curve.append([elites.parents.size, *_state(elites), *_state(randoms)])
    scores = illumination_scores(np.stack([elites.archive.performance, randoms.archive.performance]))

    write(
        args.out,
        {
            "filled": [row[1] for row in curve],
            "improvements": elites.improvements,
            "reliability": scores.reliability.tolist(),
            "precision": scores.precision.tolist(),
            "global_performance": float(scores.global_performance.min()),
            "mean_genome": np.nanmean(elites.archive.genomes, axis=0).tolist(),
        },
    )
    with args.out.with_suffix(".csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["evaluations", "filled", "qd_score", "random_filled", "random_qd_score"])
        table.writerows(curve)


def _state(search: Search) -> tuple[int, float]:
    return search.archive.occupied().size, search.archive.qd_score()


if __name__ == "__main__":
    main()
