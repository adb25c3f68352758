"""Moments of a stream, written as a table."""

import argparse
import csv
from pathlib import Path
from random import Random

from moments.online import Welford

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, required=True)
parser.add_argument("--out", type=Path, required=True)
arguments = parser.parse_args()

random = Random(arguments.seed)
running = Welford()
arguments.out.parent.mkdir(parents=True, exist_ok=True)
with arguments.out.open("w", newline="") as handle:
    table = csv.writer(handle)
    table.writerow(["count", "mean"])
    for step in range(60):
        running.push(random.uniform(0, 10))
        table.writerow([running.count, repr(running.mean)])
        if step in (29, 59):
            print("squares", repr(running.squares))
