"""What the arithmetic mean buys as the clients' smoothness constants move apart: cloning, weighting and the bound."""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from ef21.compressors import TopK
from ef21.data import least_squares_clients
from ef21.methods import EF21
from ef21.runs import rounds_to, squared_gradient_norms
from ef21.theory import clone_clients, stationarity_bound, tune


def measure(spread: float, args: argparse.Namespace) -> dict[str, float]:
    """One row of the table: EF21, EF21 on cloned clients and weighted EF21 at one spread."""
    rng = np.random.default_rng(args.seed)
    problem = least_squares_clients(rng, args.clients, args.samples, args.dim, spread, args.strength)
    compressor = TopK(args.k)
    alpha = compressor.contraction(args.dim)
    local, overall = problem.smoothness()
    tuning = tune(local, overall, alpha)
    owners, factors = clone_clients(local)
    cloned = problem.cloned(owners, factors)
    clone_step = tune(*cloned.smoothness(), alpha).quadratic

    norms = {
        "quadratic": squared_gradient_norms(EF21(problem, compressor, tuning.quadratic), args.rounds),
        "cloned": squared_gradient_norms(EF21(cloned, compressor, clone_step), args.rounds),
    }
    weighted = EF21(problem, compressor, tuning.arithmetic, tuning.weights)
    first = weighted.step()
    gap = problem.value(weighted.x)
    gradients = problem.gradients(weighted.x)
    bound = stationarity_bound(
        gap, tuning.arithmetic, alpha, args.rounds, tuning.weights, weighted.estimates, gradients
    )
    rest = squared_gradient_norms(weighted, args.rounds - 1)
    norms["weighted"] = np.concatenate([[first @ first], rest])
    needed = {name: rounds_to(history, args.tolerance) for name, history in norms.items()}
    return {
        "spread": spread,
        "clones": int(owners.size),
        "step_quadratic": tuning.quadratic,
        "step_cloned": clone_step,
        "step_arithmetic": tuning.arithmetic,
        "rounds_quadratic": needed["quadratic"],
        "rounds_cloned": needed["cloned"],
        "rounds_weighted": needed["weighted"],
        "bound": bound,
        "tightness": float(norms["weighted"].mean() / bound),
        "norm_cloned": float(norms["cloned"][99]),
        "largest_weight": float(tuning.weights.max()),
    }


def main() -> None:
    """Measure every spread, and the clone numbers of four clients with round constants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--samples", type=int, default=6)
    parser.add_argument("--dim", type=int, default=12)
    parser.add_argument("--k", type=int, default=2)
    parser.add_argument("--spreads", type=float, nargs="+", default=[0.0, 0.5, 1.0])
    parser.add_argument("--strength", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=900)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    args = parser.parse_args()

    rows = [measure(spread, args) for spread in args.spreads]
    owners, factors = clone_clients(np.array([1.0, 1.0, 2.0, 4.0]))
    result = {name: [row[name] for row in rows] for name in rows[0]}
    result["example"] = {"owners": owners.tolist(), "factors": factors.tolist()}
    result["speedup"] = [row["rounds_quadratic"] / row["rounds_weighted"] for row in rows]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2))
    with args.out.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
