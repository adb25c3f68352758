"""What `rexlab report` costs over many trials: seconds and resident memory, beside what is wanted of it.

    python benchmarks/report.py [--trials 100000,1000000] [--formats table,json,html] [--repeat 3] [--keep FOLDER]

The trials are synthetic: drawn by chance, never run; their numbers mean nothing, only their amount and form count. A
store of a million takes 1.3 GB of disk and minutes to make. Every figure is of the command itself, run now as a process
of its own, its start-up included, after one run that nobody times: Python's compiled modules and the store's pages are
in their caches, as they are for anyone but the first. The best of --repeat is judged and shown beside the worst, for
machines are noisy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from synthetic import RUN, make_store

LIMITS_S = {100_000: 3.0, 1_000_000: 30.0}
LIMIT_MB = 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", default="100000,1000000")
    parser.add_argument("--formats", default="table,json,html")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep the stores in this folder, and use those that are there")
    arguments = parser.parse_args()
    missed = 0
    for count in (int(part) for part in arguments.trials.split(",")):
        with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as name:
            home = (arguments.keep or Path(name)) / f"home-{count}"
            made = make_store(home / "rexlab.db", count)
            size = (home / "rexlab.db").stat().st_size / 1e9
            how = f"made in {made:.0f} s" if made else "made before"
            now = f"load of this machine {os.getloadavg()[0]:.1f}, ten million additions in a loop {additions():.2f} s"
            print(f"{count:,} synthetic trials, {size:.2f} GB, {how}; {now}")
            print(f"{'command':28} {'wall':>15} {'processor':>12} {'memory':>9}   wanted", flush=True)
            for written in arguments.formats.split(","):
                missed += not measure(home, count, written, arguments.repeat)
    sys.exit(f"{missed} missed" if missed else 0)


def additions() -> float:
    """Seconds that a plain loop takes now: the same machine is not always equally fast."""
    began, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - began


def measure(home: Path, count: int, written: str, repeat: int) -> bool:
    """Print the line of one command; whether it keeps its limits."""
    command = [rexlab(), "report", RUN, "--format", written]
    command += ["--out", str(home / "report.html")] if written == "html" else []
    used = [one_run(command, home, count) for _ in range(1 + repeat)][1:]
    wall, processor, memory = zip(*used, strict=True)
    limit = LIMITS_S.get(count)
    kept = limit is None or (min(wall) <= limit and max(memory) <= LIMIT_MB)
    wanted = f"<= {limit:g} s, <= {LIMIT_MB} MB: {'met' if kept else 'MISSED'}" if limit else ""
    print(
        f"{f'report --format {written}':28} {f'{min(wall):.2f}-{max(wall):.2f} s':>15} {min(processor):>10.2f} s "
        f"{max(memory):>6.0f} MB   {wanted}",
        flush=True,
    )
    return kept


def one_run(command: list[str], home: Path, count: int) -> tuple[float, float, float]:
    """Wall seconds, processor seconds and peak resident megabytes of the command."""
    environment = {
        **os.environ,
        "REXLAB_HOME": str(home),
        "COLUMNS": "200",
        "PYTHONPYCACHEPREFIX": str(home / "pycache"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as notes:
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=notes)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        notes.seek(0)
        if status:
            sys.exit(f"{' '.join(command)} failed: {notes.read().decode()[-1000:]}")
        if "json" in command:
            check(json.load(output), count)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def check(document: dict[str, Any], count: int) -> None:
    """Stop when the report does not count every trial that no retry replaced, each once."""
    in_rows = sum(row["passed_of"] for row in document["rows"])
    if not document["counted"] == in_rows == count:
        sys.exit(f"{count} trials are stored, the report counts {document['counted']} and its main table {in_rows}")


def rexlab() -> str:
    """The command that belongs to this interpreter."""
    return str(Path(sys.executable).with_name("rexlab"))


if __name__ == "__main__":
    main()
