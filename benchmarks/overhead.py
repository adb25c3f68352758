"""What the platform itself costs, beside the bare sandbox programs.

    python benchmarks/overhead.py [--trials 40] [--workers 2] [--sandbox process,bubblewrap,docker]

The task is trivial: its agent is one Python start-up (the oracle), its experiment another. Every figure is of a run
made now; compare figures of one invocation only, for machines differ and are noisy.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

TASK = """
schema = 1
[task]
name = "trivial"
kind = "masking"
title = "Trivial"
summary = "Costs nothing itself."
canary = "6e0c6b5e-7a57-4d0a-8c52-5a8c7bd9a0f1"
[paper]
title = "None"
authors = ["Nobody"]
year = 2026
url = "https://example.org/none"
[[function]]
path = "answer.py"
qualname = "answer"
description = "Return forty-two, as an integer."
[[experiment]]
name = "ask"
command = "python -S -c 'import answer; print(answer.answer())'"
[[experiment.metric]]
name = "value"
source = { stdout = '(\\d+)' }
check = { kind = "exact", target = 42 }
"""
CODE = 'def answer() -> int:\n    """Return the answer."""\n    return 42\n'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sandbox", default="process,bubblewrap,docker")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as name:
        root = Path(name)
        root.chmod(0o755)
        write_task(root / "tasks" / "bench" / "trivial")
        environment = {
            **os.environ,
            "REXLAB_TASKS_PATH": str(root / "tasks"),
            "REXLAB_HOME": str(root / "home"),
        }
        print(f"{'figure':58} {'measured':>12}   wanted")
        for sandbox in arguments.sandbox.split(","):
            measure_trials(sandbox, arguments.trials, arguments.workers, environment)
        measure_planning(environment)
        measure_masking(root)
        show("rexlab --help", f"{median(timed([rexlab(), '--help'], environment) for _ in range(5)):.2f} s", "<= 0.4 s")


def write_task(folder: Path) -> None:
    """The trivial task."""
    (folder / "code").mkdir(parents=True)
    (folder / "task.toml").write_text(TASK)
    (folder / "paper.md").write_text("# None\n")
    (folder / "code" / "answer.py").write_text(CODE)


def measure_trials(sandbox: str, trials: int, workers: int, environment: dict[str, str]) -> None:
    """Seconds per trial of a whole ``rexlab run``, its own start included, and the bare programs beside it."""
    wanted = {"process": "<= 0.15 s", "bubblewrap": "<= 0.20 s", "docker": "<= 1.0 s"}[sandbox]
    command = [rexlab(), "run", "trivial", "--harness", "oracle", "--workers", str(workers), "--sandbox", sandbox]
    warm_up = subprocess.run([*command, "--trials", "2"], env=environment, capture_output=True, text=True, check=False)
    if warm_up.returncode:
        show(f"{sandbox}: not measured", warm_up.stderr.strip().splitlines()[-1][:60], wanted)
        return
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "--trials", str(trials)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if status:
        sys.exit(f"rexlab run failed in the {sandbox} sandbox")
    report = subprocess.run(
        [rexlab(), "report", "latest", "--format", "json"], env=environment, capture_output=True, text=True, check=True
    )
    passed = sum(row["passed"] for row in json.loads(report.stdout)["rows"])
    if passed != trials:
        sys.exit(f"only {passed} of {trials} trials passed in the {sandbox} sandbox")
    show(f"{sandbox}: per trial, {trials} trials, {workers} workers", f"{seconds / trials:.3f} s", wanted)
    show(f"{sandbox}: resident memory of rexlab run", f"{usage.ru_maxrss / 1024:.0f} MB", "<= 200 MB")
    for label, bare in bare_commands(sandbox).items():
        show(f"{sandbox}: {label}", f"{median(timed(bare, environment) for _ in range(7)):.3f} s", "(beside)")


def bare_commands(sandbox: str) -> dict[str, list[str]]:
    """The sandbox's own program around the same start-ups, without rexlab."""
    python = [os.path.realpath(sys.executable), "-S", "-c", "print(42)"]
    if sandbox == "docker":
        base = ["docker", "run", "--rm", "--network", "none"]
        image = subprocess.run(
            ["docker", "images", "rexlab/base", "--format", "{{.Repository}}:{{.Tag}}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()[0]
        return {
            "bare docker run of true": [*base, image, "true"],
            "bare docker run of python": [*base, image, "python3", "-S", "-c", "print(42)"],
        }
    if sandbox == "bubblewrap":
        base = ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        return {"bare bwrap of true": [*base, "true"], "bare bwrap of python": [*base, *python]}
    return {"bare python": python}


def measure_planning(environment: dict[str, str]) -> None:
    """Planning 10,000 trials of the bundled suite and writing them to the store."""
    code = (
        "import time\n"
        "from rexlab.settings import load_settings\n"
        "from rexlab.task.suites import find_tasks\n"
        "from rexlab.harness.manifest import find_harness\n"
        "from rexlab.execution.plan import AgentSpec, RunSpec, plan_run\n"
        "from rexlab.store.database import open_engine\n"
        "from rexlab.store.records import save_run\n"
        "s = load_settings()\n"
        "engine = open_engine(s.store_url)\n"
        "began = time.monotonic()\n"
        "tasks = find_tasks('trivial', s.task_folders)\n"
        "agents = [AgentSpec(find_harness('oracle', s.harness_folders), None, {})]\n"
        "spec = RunSpec('bench', tasks, agents, [1], 10000, None, None, None, 0, 'auto')\n"
        "plan = plan_run(spec)\n"
        "save_run(engine, plan.run, plan.variants, plan.agents, plan.trials)\n"
        "print(len(plan.trials), time.monotonic() - began)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    trials, seconds = done.stdout.split()
    show(f"planning a run of {int(trials):,} trials", f"{float(seconds):.2f} s", "<= 5 s")


def measure_masking(root: Path) -> None:
    """Masking 20 functions in a repository of 1,000 files, after the first parse of the 20 files concerned."""
    from rexlab.task.manifest import FunctionSection
    from rexlab.task.masking import mask_tree

    code = root / "repository"
    source = "\n\n".join(
        f"def f{i}(x: int, y: int = 2) -> int:\n    total = x * {i}\n    for k in range(y):\n"
        f"        total += k * x - {i}\n    return total\n"
        for i in range(20)
    )
    for i in range(1000):
        path = code / f"package{i % 20}" / f"module{i}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""Module {i}."""\n\n' + source)
    description = "Weighted sum over k below y of k times x, less a constant, plus x."
    functions = [
        FunctionSection(path=f"package{i % 20}/module{i}.py", qualname="f7", description=description) for i in range(20)
    ]
    seconds = []
    for attempt in range(4):
        began = time.monotonic()
        mask_tree(code, root / f"masked{attempt}", functions)
        seconds.append(time.monotonic() - began)
        shutil.rmtree(root / f"masked{attempt}")
    show("masking in a 1,000-file repository, first time", f"{seconds[0]:.2f} s", "")
    show("masking in a 1,000-file repository, after the first parse", f"{median(seconds[1:]):.2f} s", "<= 1 s")


def rexlab() -> str:
    """The command that belongs to this interpreter."""
    return str(Path(sys.executable).with_name("rexlab"))


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Wall seconds of a command."""
    began = time.monotonic()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - began


def show(figure: str, measured: str, wanted: str) -> None:
    """One line of the table."""
    print(f"{figure:58} {measured:>12}   {wanted}", flush=True)


if __name__ == "__main__":
    main()
