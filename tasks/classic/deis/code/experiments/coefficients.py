"""Integrator coefficients: quadrature error, values on a grid, and the order of convergence they give."""

import json
from itertools import pairwise

import numpy as np
from deis.coefficients import multistep_coefficients
from deis.grids import time_grid
from deis.metrics import observed_order, sample_error
from deis.samplers import ddim_coefficient

from experiments.common import parser, setting, write


def main() -> None:
    """Run, print observed orders of convergence and write the coefficients as JSON."""
    options = parser(__doc__)
    options.add_argument("--order", type=int, default=2)
    options.add_argument("--grid-steps", type=int, default=6)
    options.add_argument("--points", type=int, nargs="+", default=[1, 2, 3, 4, 6])
    options.add_argument("--steps", type=int, nargs="+", default=[20, 30, 40, 60])
    args = options.parse_args()
    case = setting(args)
    schedule = case.schedule

    grid = time_grid(schedule, args.grid_steps, args.t_min, 1.0, "power", 2.0)
    closed = np.array([ddim_coefficient(schedule, now, after) for now, after in pairwise(grid)])
    quadrature = []
    for points in args.points:
        numeric = multistep_coefficients(schedule, grid, 0, points)[:, 0]
        quadrature.append(float(np.abs(numeric / closed - 1).max()))
    middle = time_grid(schedule, 4, 10 * args.t_min, 0.5, "power", 3.0)
    table = multistep_coefficients(schedule, grid, args.order, 16)

    order = {}
    for method in ["ddim", *(f"tab{r}" for r in range(1, args.order + 1))]:
        errors = []
        for steps in args.steps:
            fine = time_grid(schedule, steps, args.t_min, 1.0, "power", 2.0)
            errors.append(sample_error(case.sampler(method, fine)(case.model(), case.noise), case.exact))
        order[method] = observed_order(errors, args.steps)
        print(f"order of {method}: {order[method]:.6f}")

    result = {
        "grid": grid.tolist(),
        "grid_from_middle": middle.tolist(),
        "quadrature": quadrature,
        "table": table.ravel().tolist(),
        "order": order,
    }
    write(args.out, json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
