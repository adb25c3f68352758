"""Sample error at a fixed number of score evaluations, for several time grids."""

from deis.grids import time_grid
from deis.metrics import negative_log_likelihood, sample_error

from experiments.common import parser, setting, write

GRIDS = {
    "uniform": ("power", 1.0),
    "quadratic": ("power", 2.0),
    "cubic": ("power", 3.0),
    "rho7": ("rho", 7.0),
    "log-rho": ("log_rho", 1.0),
}


def main() -> None:
    """Run, write one CSV row per grid and print likelihoods."""
    options = parser(__doc__)
    options.add_argument("--methods", nargs="+", default=["ddim", "tab1", "tab2"])
    options.add_argument("--steps", type=int, default=10)
    args = options.parse_args()
    case = setting(args)
    alpha = float(case.schedule.alpha(args.t_min))

    rows = [["grid", *args.methods, "middle"]]
    for name, (kind, kappa) in GRIDS.items():
        grid = time_grid(case.schedule, args.steps, args.t_min, 1.0, kind, kappa)
        results = [case.sampler(method, grid)(case.model(), case.noise) for method in args.methods]
        errors = [sample_error(x, case.exact) for x in results]
        rows.append([name, *map(repr, errors), repr(float(grid[args.steps // 2]))])
        likelihood = negative_log_likelihood(case.mixture, results[-1], alpha)
        print(f"{name}: negative log-likelihood {likelihood:.9f} with {args.methods[-1]}")
    write(args.out, "".join(",".join(row) + "\n" for row in rows))


if __name__ == "__main__":
    main()
