"""Reported against true accuracy of selected classifiers, with a naive holdout and with Thresholdout."""

import argparse
import csv
import json
import math
from pathlib import Path

import numpy as np
from thresholdout.analyst import FeatureSelector
from thresholdout.data import draw_means, draw_sample
from thresholdout.noise import NoiseTape
from thresholdout.oracles import NaiveHoldout, Oracle, Thresholdout
from thresholdout.queries import population_accuracies


def main() -> None:
    """Run both mechanisms on several data sets and write the curves over the number of selected attributes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=1000, help="examples in the training and in the holdout sample")
    parser.add_argument("--attributes", type=int, default=2000)
    parser.add_argument("--informative", type=int, default=0, help="attributes that depend on the label")
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--budget", type=int, default=400)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 5, 20, 40, 80])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    unit = 1.0 / math.sqrt(args.size)
    selector = FeatureSelector(clip=1.0, cutoff=0.35 * unit, sizes=args.sizes)
    curves: dict[str, dict[str, list[np.ndarray]]] = {}
    kept: dict[str, list[int]] = {"naive": [], "thresholdout": []}
    spent = []
    for repeat in range(args.repeats):
        rng = np.random.default_rng([args.seed, repeat])
        means = draw_means(rng, args.attributes, args.informative, strength=6.0 * unit)
        train = draw_sample(rng, args.size, means)
        holdout = draw_sample(rng, args.size, means)
        tape = NoiseTape(np.random.default_rng([args.seed, repeat, 1]))
        reusable = Thresholdout(threshold=2.0 * unit, sigma=0.125 * unit, budget=args.budget, noise=tape)
        oracles: dict[str, Oracle] = {"naive": NaiveHoldout(), "thresholdout": reusable}
        for name, oracle in oracles.items():
            findings = selector.investigate(oracle, train, holdout)
            true = population_accuracies(means, findings.order, findings.signs, args.sizes)
            curve = curves.setdefault(name, {"train": [], "reported": [], "true": [], "gap": []})
            curve["train"].append(findings.train_accuracy)
            curve["reported"].append(findings.reported_accuracy)
            curve["true"].append(true)
            curve["gap"].append(findings.reported_accuracy - true)
            kept[name].append(len(findings.order))
        spent.append(reusable.spent)

    means_of = {name: {key: np.mean(rows, axis=0) for key, rows in curve.items()} for name, curve in curves.items()}
    worst = {name: float(np.abs(curve["gap"]).max()) for name, curve in means_of.items()}
    result = {
        "sizes": args.sizes,
        "kept": kept,
        "spent": spent,
        "worst_gap": worst,
        "gap_ratio": worst["naive"] / worst["thresholdout"],
        **{name: {key: values.tolist() for key, values in curve.items()} for name, curve in means_of.items()},
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2) + "\n")
    with args.out.with_suffix(".csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["attributes", "naive_reported", "naive_true", "thresholdout_reported", "thresholdout_true"])
        for row, size in enumerate(args.sizes):
            values = [means_of[name][key][row] for name in oracles for key in ("reported", "true")]
            writer.writerow([size, *(f"{value:.8f}" for value in values)])
    print(f"largest mean gap: naive {worst['naive']:.6f}, thresholdout {worst['thresholdout']:.6f}")


if __name__ == "__main__":
    main()
