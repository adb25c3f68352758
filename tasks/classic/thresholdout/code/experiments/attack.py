"""Bias that an adaptive majority attack gains from exact and from differentially private holdout answers."""

import argparse
import json
import math
from pathlib import Path

import numpy as np
from thresholdout.analyst import majority_attack
from thresholdout.data import draw_means, draw_sample
from thresholdout.noise import NoiseTape
from thresholdout.oracles import LaplaceHoldout, NaiveHoldout, Oracle
from thresholdout.privacy import per_query_epsilon
from thresholdout.queries import population_accuracies


def main() -> None:
    """Attack both mechanisms on several samples and write the gap over the number of attribute queries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", type=int, default=3000, help="examples in the holdout sample")
    parser.add_argument("--informative", type=int, default=0, help="attributes that depend on the label")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 40, 160, 640])
    parser.add_argument("--clip", type=float, default=0.75, help="clip level of the attribute queries")
    parser.add_argument("--epsilon", type=float, default=2.0)
    parser.add_argument("--delta", type=float, default=1e-4)
    parser.add_argument("--repeats", type=int, default=4)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()

    attributes = max(args.sizes)
    queries = attributes + len(args.sizes)
    epsilon = per_query_epsilon(args.epsilon, args.delta, queries)
    gaps: dict[str, list[np.ndarray]] = {"naive": [], "private": []}
    answers: dict[str, list[float]] = {"naive": [], "private": []}
    for repeat in range(args.repeats):
        rng = np.random.default_rng([args.seed, repeat])
        means = draw_means(rng, attributes, args.informative, strength=2.0 / math.sqrt(args.size))
        holdout = draw_sample(rng, args.size, means)
        tape = NoiseTape(np.random.default_rng([args.seed, repeat, 1]))
        oracles: dict[str, Oracle] = {
            "naive": NaiveHoldout(),
            "private": LaplaceHoldout(epsilon, args.size, tape),
        }
        for name, oracle in oracles.items():
            findings = majority_attack(oracle, holdout, args.clip, args.sizes)
            true = population_accuracies(means, findings.order, findings.signs, args.sizes)
            gaps[name].append(findings.reported_accuracy - true)
            answers[name].append(float(np.std(findings.answers)))

    mean_gap = {name: np.mean(rows, axis=0) for name, rows in gaps.items()}
    # What a union bound over as many queries, all fixed beforehand, would allow with probability 95 %.
    hoeffding = [math.sqrt(math.log(2.0 * size / 0.05) / (2.0 * args.size)) for size in args.sizes]
    result = {
        "sizes": args.sizes,
        "per_query_epsilon": [per_query_epsilon(args.epsilon, args.delta, count) for count in (1, 30, 1000, queries)],
        "gap": {name: values.tolist() for name, values in mean_gap.items()},
        "answer_spread": {name: float(np.mean(values)) for name, values in answers.items()},
        "naive_gap_over_fixed_bound": float(mean_gap["naive"][-1] / hoeffding[-1]),
        "private_gap_over_naive_gap": float(mean_gap["private"][-1] / mean_gap["naive"][-1]),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2) + "\n")
    for size, naive, private in zip(args.sizes, mean_gap["naive"], mean_gap["private"], strict=True):
        print(f"{size:5d} attributes: naive gap {naive:+.6f}, private gap {private:+.6f}")


if __name__ == "__main__":
    main()
