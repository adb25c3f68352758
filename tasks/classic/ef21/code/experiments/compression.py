"""What TopK keeps of vectors with many equal magnitudes, and how fast repeated corrections reach a fixed vector."""

import argparse
import json
from pathlib import Path

import numpy as np
from ef21.compressors import TopK


def main() -> None:
    """Compress vectors of small integers for several k."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=40)
    parser.add_argument("--dim", type=int, default=12)
    parser.add_argument("--ks", type=int, nargs="+", default=[1, 3, 5])
    args = parser.parse_args()

    rng = np.random.default_rng(args.seed)
    goals = rng.integers(-4, 5, size=(args.clients, args.dim)).astype(float)
    places = np.outer(np.arange(1, args.clients + 1), np.arange(1, args.dim + 1))
    result: dict[str, list[float]] = {"error": [], "places": [], "corrections": []}
    for k in args.ks:
        compressor = TopK(k)
        kept = compressor.compress(goals)
        error = float(np.sum((goals - kept) ** 2) / np.sum(goals**2))
        estimates, corrections = kept, 1
        while np.any(estimates != goals) and corrections < 2 * args.dim:
            estimates = estimates + compressor.compress(goals - estimates)
            corrections += 1
        result["error"].append(error)
        result["places"].append(int(np.sum(places * kept)))
        result["corrections"].append(corrections)
        print(f"k={k} error={error:.10f} contraction={1.0 - compressor.contraction(args.dim):.4f}")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
