"""Stepping stones: how far the lineages of the final elites wander through the map of the planar arm."""

import numpy as np
from map_elites.domains import PlanarArm
from map_elites.lineage import trace_lineages

from experiments.common import evolve, map_elites, parser, write


def main() -> None:
    """Run MAP-Elites once and trace every elite of the final map back to its root."""
    options = parser(__doc__, cells=(20, 24), generations=60, batch=80)
    options.add_argument("--joints", type=int, default=9)
    args = options.parse_args()

    rng = np.random.default_rng(args.seed)
    search = map_elites(args, PlanarArm(args.joints), rng)
    evolve(search, rng, args.generations, args.batch)
    archive = search.archive
    elites = archive.ids[archive.occupied()]
    lineages = trace_lineages(search.parents, archive.coordinates(search.births), elites)

    generations, crossings = lineages.generations.mean(), lineages.crossings.mean()
    write(
        args.out,
        {
            "elites": int(elites.size),
            "generations": float(generations),
            "crossings": float(crossings),
            "distance": float(lineages.distance.mean()),
            "deepest": int(lineages.generations.max()),
            "qd_score": archive.qd_score(),
            "mean_descriptor": np.nanmean(archive.descriptors, axis=0).tolist(),
        },
    )
    print(f"births on a lineage that changed cells: {crossings / generations:.6f}")
    print(f"cells travelled per birth: {lineages.distance.sum() / lineages.generations.sum():.6f}")


if __name__ == "__main__":
    main()
