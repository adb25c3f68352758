"""Rounds that each method needs on logistic regression with clients of very different smoothness."""

import argparse
import json
from pathlib import Path

import numpy as np
from ef21.compressors import TopK
from ef21.data import logistic_clients
from ef21.methods import EF21, ErrorFeedback, GradientDescent
from ef21.runs import rounds_to, squared_gradient_norms
from ef21.theory import tune

CHECKPOINTS = [2, 5, 20, 60, 200, 600]


def main() -> None:
    """Run gradient descent, classic EF, and EF21 with the two step sizes and with weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--dim", type=int, default=12)
    parser.add_argument("--k", type=int, default=2)
    parser.add_argument("--spread", type=float, default=1.0)
    parser.add_argument("--strength", type=float, default=0.1)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    problem = logistic_clients(rng, args.clients, args.samples, args.dim, args.spread, args.strength)
    compressor = TopK(args.k)
    local, overall = problem.smoothness()
    tuning = tune(local, overall, compressor.contraction(args.dim))
    weighted = EF21(problem, compressor, tuning.arithmetic, tuning.weights)
    methods = {
        "gd": GradientDescent(problem, 1.0 / overall),
        "ef": ErrorFeedback(problem, compressor, tuning.arithmetic),
        "ef21_quadratic": EF21(problem, compressor, tuning.quadratic),
        "ef21_arithmetic": EF21(problem, compressor, tuning.arithmetic),
        "ef21_weighted": weighted,
    }
    norms = {name: squared_gradient_norms(method, args.rounds) for name, method in methods.items()}
    needed = {name: rounds_to(history, args.tolerance) for name, history in norms.items()}
    result = {
        "step_sizes": [1.0 / overall, tuning.quadratic, tuning.arithmetic],
        "rounds": list(needed.values()),
        "speedup": needed["ef21_quadratic"] / needed["ef21_weighted"],
        "step_ratio": tuning.arithmetic / tuning.quadratic,
        "curves": {name: [float(history[index - 1]) for index in CHECKPOINTS] for name, history in norms.items()},
        "floor": {name: float(history[-200:].mean() / history[0]) for name, history in norms.items()},
        "weighted_estimate_norm": float(np.linalg.norm(weighted.estimates)),
    }
    result["floor_ratio"] = result["floor"]["ef"] / result["floor"]["ef21_weighted"]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2))
    for name, count in needed.items():
        print(f"{name}: {count} rounds, step ratio {result['step_ratio']:.4f}")


if __name__ == "__main__":
    main()
