"""Moments of a pseudo-random sample, at once and as a stream."""

import argparse
import json
from pathlib import Path
from random import Random

from moments.core import mean, variance

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--size", type=int, default=100)
parser.add_argument("--out", type=Path, required=True)
arguments = parser.parse_args()

random = Random(arguments.seed)
numbers = [random.uniform(0, 10) for _ in range(arguments.size)]
results = {"mean": mean(numbers), "variance": variance(numbers)}
if arguments.size > 100:
    from moments.online import Welford

    running = Welford()
    for number in numbers:
        running.push(number)
    results["online"] = running.squares / (running.count - 1)
arguments.out.parent.mkdir(parents=True, exist_ok=True)
arguments.out.write_text(json.dumps(results))
