"""What harnesses cost: the mount of a bundle, and each harness's own start-up.

    python benchmarks/harnesses.py [--harnesses aider,openhands,claude-code,mini-swe-agent,agentless,react] [--rounds 3]

Every harness runs for real in the best sandbox of this machine, with a scripted model that declines. Its start-up is
the time from the start of its sandbox to its first request to the model. Bundles that are missing are built first,
unmeasured. Every figure is of a run made now; compare figures of one invocation only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rexlab.harness.bundle import Bundle, build_bundle
from rexlab.harness.manifest import Harness, find_harness
from rexlab.sandbox import Mount, SandboxBackend, SandboxSpec, default_backend
from rexlab.settings import load_settings
from rexlab.store.calls import calls_of
from rexlab.store.database import open_engine
from rexlab.store.queries import list_trials

REXLAB = str(Path(sys.executable).with_name("rexlab"))
HARNESSES = "aider,openhands,claude-code,mini-swe-agent,agentless,react"
STARTS = 40


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--harnesses", default=HARNESSES)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    settings = load_settings()
    harnesses = [find_harness(name, settings.harness_folders) for name in arguments.harnesses.split(",")]
    bundles = {h.name: build_bundle(h, settings.bundle_root, print) for h in harnesses}
    print(f"{'figure':58} {'measured':>16}   wanted")
    for harness in harnesses:
        measure_mount(harness, bundles[harness.name], default_backend())
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as home:
        environment = {**os.environ, "REXLAB_HOME": home, "REXLAB_BUNDLES": str(settings.bundle_root)}
        for harness in harnesses:
            measure_start(harness, arguments.rounds, environment)


def measure_mount(harness: Harness, bundle: Bundle, backend: SandboxBackend) -> None:
    """What the bundle's mount adds to a sandbox's start, in turn with and without."""
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as name:
        workspace = Path(name)
        workspace.chmod(0o755)  # the sandbox's programs have another id
        times: dict[bool, list[float]] = {False: [], True: []}
        for number in range(2 * STARTS):
            mounted = bool(number % 2)
            mounts = (Mount(workspace, "/workspace", writable=True), *((bundle.mount,) if mounted else ()))
            began = time.perf_counter()
            with backend.create(SandboxSpec(name=f"bench-{number}", mounts=mounts)) as sandbox:
                if not sandbox.exec(["/bin/true"], timeout_s=30).ok:
                    sys.exit("/bin/true failed in the sandbox")
            times[mounted].append(time.perf_counter() - began)
    added = 1000 * (median(times[True]) - median(times[False]))
    figure = f"{harness.name}: bundle mount, added to {1000 * median(times[False]):.0f} ms"
    print(f"{figure:58} {added:13.1f} ms   <= 50 ms")


def measure_start(harness: Harness, rounds: int, environment: dict[str, str]) -> None:
    """Seconds from the sandbox's start to the first request, and to the end of a conversation that comes to nothing."""
    done = subprocess.run(
        [
            *(REXLAB, "run", "deis", "--harness", harness.name, "--model", "scripted/refuse", "--limit", "1"),
            *("--trials", str(rounds), "--workers", "1"),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stderr)
    run = json.loads(
        subprocess.run(
            [REXLAB, "runs", "list", "--json"], env=environment, capture_output=True, text=True, check=True
        ).stdout
    )[0]
    engine = open_engine(f"sqlite:///{environment['REXLAB_HOME']}/rexlab.db")
    firsts, wholes = [], []
    for record in list_trials(engine, [run["id"]]):
        trial = record.trial
        started = (trial.solved_at or 0.0) - trial.timings["capture"] - trial.timings["solve"]
        firsts.append(calls_of(engine, trial.id)[0].at - started)
        wholes.append(trial.timings["solve"])
    engine.dispose()
    print(f"{harness.name + ': start-up, to its first request':58} {median(firsts):14.2f} s   (shown)")
    print(f"{harness.name + ': to its end, after a model that declines':58} {median(wholes):14.2f} s   (shown)")


if __name__ == "__main__":
    main()
