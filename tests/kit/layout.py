"""Lays out what the platform gives a harness, for tests that start one without the platform."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.kit.kit_path import HARNESSES


def lay_out(
    folder: Path,
    variant: dict[str, Any],
    params: dict[str, Any] | None = None,
    prompt: str = "",
    paper: str | None = None,
) -> dict[str, str]:
    """Make workspace, task and out folders below ``folder``; the contract's environment."""
    for name in ("workspace", "task", "out"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "task" / "prompt.md").write_text(prompt)
    (folder / "task" / "variant.json").write_text(json.dumps(variant))
    if paper is not None:
        (folder / "task" / "paper.md").write_text(paper)
    return {
        "PATH": os.environ["PATH"],
        "REXLAB_KIT": str(HARNESSES / "kit"),
        "REXLAB_WORKSPACE": str(folder / "workspace"),
        "REXLAB_TASK": str(folder / "task"),
        "REXLAB_OUT": str(folder / "out"),
        "REXLAB_RESULTS": str(folder / "out" / "results.json"),
        "REXLAB_DEADLINE": f"{time.time() + 600:.0f}",
        "REXLAB_SEED": "7",
        "REXLAB_PARAMS": json.dumps(params or {}),
    }


def start(entry: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a harness's entry script to its end."""
    command = [sys.executable, "-E", "-s", "-B", str(entry)]
    cwd = environment["REXLAB_WORKSPACE"]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def trajectory(folder: Path) -> dict[str, Any]:
    """What a harness left of its way."""
    return json.loads((folder / "out" / "trajectory.json").read_text("utf-8"))
