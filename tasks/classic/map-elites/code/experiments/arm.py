"""Planar arm: the four criteria for repeated runs of MAP-Elites and of random search."""

import numpy as np
from map_elites.domains import PlanarArm
from map_elites.scores import illumination_scores

from experiments.common import evolve, map_elites, parser, random_search, write


def main() -> None:
    """Run both searches several times and score all runs together."""
    options = parser(__doc__, cells=(24, 20), generations=30, batch=80)
    options.add_argument("--joints", type=int, default=12)
    options.add_argument("--runs", type=int, default=3)
    args = options.parse_args()

    domain = PlanarArm(args.joints)
    elites, randoms = [], []
    for run in range(args.runs):
        rng = np.random.default_rng([args.seed, run, 0])
        search = map_elites(args, domain, rng)
        evolve(search, rng, args.generations, args.batch)
        elites.append(search)
        randoms.append(random_search(args, domain, np.random.default_rng([args.seed, run, 1])))
    scores = illumination_scores(np.stack([s.archive.performance for s in elites + randoms]))

    results = {}
    for name, searches, rows in (
        ("map_elites", elites, slice(0, args.runs)),
        ("random", randoms, slice(args.runs, None)),
    ):
        results[name] = {
            "global_performance": float(scores.global_performance[rows].mean()),
            "reliability": scores.reliability[rows].tolist(),
            "precision": scores.precision[rows].tolist(),
            "coverage": scores.coverage[rows].tolist(),
            "qd_score": [s.archive.qd_score() for s in searches],
            "discoveries": [s.discoveries for s in searches],
            "improvements": [s.improvements for s in searches],
        }
    ratio = scores.reliability[: args.runs].mean() / scores.reliability[args.runs :].mean()
    results["reliability_ratio"] = float(ratio)
    write(args.out, results)
    print(f"reliability, MAP-Elites over random search: {ratio:.6f}")


if __name__ == "__main__":
    main()
