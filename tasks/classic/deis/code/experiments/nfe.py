"""Sample error of each method against the number of score evaluations."""

import json

from deis.grids import time_grid
from deis.metrics import negative_log_likelihood, sample_error

from experiments.common import parser, setting, write


def main() -> None:
    """Run and write errors, evaluation counts and likelihoods as JSON."""
    options = parser(__doc__)
    options.add_argument("--methods", nargs="+", default=["euler", "score", "ddim", "tab0", "tab1", "tab2"])
    options.add_argument("--steps", type=int, nargs="+", default=[5, 10, 20])
    options.add_argument("--kind", default="power")
    options.add_argument("--kappa", type=float, default=2.0)
    args = options.parse_args()
    case = setting(args)
    alpha = float(case.schedule.alpha(args.t_min))

    error: dict[str, list[float]] = {}
    evaluations: dict[str, list[int]] = {}
    likelihood: dict[str, float] = {"exact": negative_log_likelihood(case.mixture, case.exact, alpha)}
    for method in args.methods:
        error[method], evaluations[method] = [], []
        for steps in args.steps:
            grid = time_grid(case.schedule, steps, args.t_min, 1.0, args.kind, args.kappa)
            model = case.model()
            x = case.sampler(method, grid)(model, case.noise)
            error[method].append(sample_error(x, case.exact))
            evaluations[method].append(model.evaluations)
            likelihood[method] = negative_log_likelihood(case.mixture, x, alpha)
    gain = [first / last for first, last in zip(error["ddim"], error[args.methods[-1]], strict=True)]

    result = {"steps": args.steps, "error": error, "evaluations": evaluations, "nll": likelihood, "gain": gain}
    write(args.out, json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
