"""How far a Thresholdout budget reaches into a stream of queries, and how good the answers are until then."""

import argparse
import json
import math
from pathlib import Path

import numpy as np
from thresholdout.analyst import FeatureSelector
from thresholdout.data import draw_means, draw_sample
from thresholdout.noise import NoiseTape
from thresholdout.oracles import Thresholdout
from thresholdout.queries import population_accuracies


def main() -> None:
    """Give the same analyst the same samples with one budget after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=2000, help="examples in the training and in the holdout sample")
    parser.add_argument("--attributes", type=int, default=1500)
    parser.add_argument("--informative", type=int, default=30, help="attributes that depend on the label")
    parser.add_argument("--threshold", type=float, default=1.0, help="in units of one over the root of the size")
    parser.add_argument("--sigma", type=float, default=0.1, help="in units of one over the root of the size")
    parser.add_argument("--budgets", type=int, nargs="+", default=[1, 4, 16, 64, 256])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    unit = 1.0 / math.sqrt(args.size)
    rng = np.random.default_rng([args.seed, 0])
    means = draw_means(rng, args.attributes, args.informative, strength=6.0 * unit)
    train = draw_sample(rng, args.size, means)
    holdout = draw_sample(rng, args.size, means)
    selector = FeatureSelector(clip=1.0, cutoff=0.35 * unit, sizes=args.sizes)
    rows = []
    for budget in args.budgets:
        tape = NoiseTape(np.random.default_rng([args.seed, 1]))
        oracle = Thresholdout(args.threshold * unit, args.sigma * unit, budget, tape)
        findings = selector.investigate(oracle, train, holdout)
        true = population_accuracies(means, findings.order, findings.signs, args.sizes)
        answered = np.isfinite(findings.answers)
        rows.append(
            {
                "budget": budget,
                "spent": oracle.spent,
                "answered": int(answered.sum()),
                "kept": len(findings.order),
                "spread": float(np.std(findings.answers[answered])),
                "train_accuracy": findings.train_accuracy.tolist(),
                "true_accuracy": true.tolist(),
                "reported": [float(value) for value in findings.reported_accuracy if math.isfinite(value)],
            }
        )
        print(f"budget {budget}: {rows[-1]['answered']} of {args.attributes} attribute queries answered")

    columns = {key: [row[key] for row in rows] for key in rows[0] if key not in ("answered", "reported")}
    refusing = [row["answered"] for row in rows if row["answered"] < args.attributes]
    result = {**columns, "answered_before_refusal": refusing, "reported": rows[-1]["reported"]}
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
