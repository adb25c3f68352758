"""What is available on this machine, what is missing, and how to get it: for ``rexlab doctor`` and the page System."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from rexlab.dashboard.counts import counted
from rexlab.dashboard.system_gpus import look_at_gpus
from rexlab.errors import RexlabError
from rexlab.harness.bundle import find_bundle
from rexlab.harness.manifest import iterate_harnesses, load_harness
from rexlab.sandbox import BACKENDS, backend
from rexlab.settings import Settings
from rexlab.store.artifacts import Artifacts
from rexlab.store.changes import revisions
from rexlab.store.database import open_engine
from rexlab.store.urls import without_secrets
from rexlab.task.suites import iterate_suites

_LOW_DISK_GB = 5


@dataclass(frozen=True)
class Finding:
    """One thing rexlab can use."""

    name: str
    state: Literal["ok", "missing", "problem"]
    detail: str
    remedy: str = ""


def look_at_machine(settings: Settings) -> list[Finding]:
    """Python, git, sandboxes, GPUs, disk, tasks and bundles; takes up to seconds, for it asks other programs."""
    return [
        Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}"),
        _git(),
        *(_sandbox(name) for name in BACKENDS),
        _gpus(settings),
        _disk(settings.home),
        _tasks(settings.task_folders),
        _bundles(settings),
    ]


def look_at_store(url: str) -> Finding:
    """Whether the store can be opened; it is not made where it is not there yet."""
    shown = without_secrets(url)
    if url.startswith("sqlite:///") and not Path(unquote(url.removeprefix("sqlite:///"))).exists():
        return Finding("store", "ok", f"{shown} (not made yet)")
    try:
        runs = len(revisions(open_engine(url)))
    except RexlabError as error:
        return Finding("store", "problem", str(error), "check REXLAB_DATABASE_URL")
    return Finding("store", "ok", f"{shown}: {runs} runs")


def look_at_artifacts(root: str) -> Finding:
    """Whether artifacts can be kept; a folder is not made where it is not there yet, in a bucket a small file is."""
    try:
        artifacts = Artifacts(root)
        if "://" not in root and not Path(root).exists():
            return Finding("artifacts", "ok", f"{artifacts.shown} (not made yet)")
        artifacts.require_usable()
    except RexlabError as error:
        return Finding("artifacts", "problem", str(error), "check REXLAB_ARTIFACTS_URL, and AWS_* for a bucket")
    return Finding("artifacts", "ok", artifacts.shown)


def is_usable(findings: list[Finding]) -> bool:
    """Whether rexlab can run here: some sandbox works, and nothing is a problem."""
    sandboxes = [f for f in findings if f.name.startswith("sandbox ")]
    return any(f.state == "ok" for f in sandboxes) and not any(f.state == "problem" for f in findings)


def _sandbox(name: str) -> Finding:
    found = backend(name).check()
    detail = found.detail
    if found.ok and found.unprotected:
        detail += f"; but {'; '.join(found.unprotected)}"
    return Finding(f"sandbox {name}", "ok" if found.ok else "missing", detail, found.remedy)


def _git() -> Finding:
    if shutil.which("git") is None:
        return Finding("git", "problem", "not found", "apt-get install git")
    version = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return Finding("git", "ok", version)


def _gpus(settings: Settings) -> Finding:
    found = look_at_gpus(settings)
    return Finding("gpus", "ok" if found.uses and not found.remedy else "missing", found.said, found.remedy)


def _disk(home: Path) -> Finding:
    place = home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / 1e9
    low = free < _LOW_DISK_GB
    if not os.access(place, os.W_OK):
        return Finding("disk", "problem", f"{place} cannot be written", "set REXLAB_HOME to a folder of yours")
    return Finding(
        "disk",
        "problem" if low else "ok",
        f"{free:.0f} GB free for {home}",
        "free some, or set REXLAB_HOME" if low else "",
    )


def _tasks(folders: list[Path]) -> Finding:
    suites = iterate_suites(folders)
    words = ", ".join(f"{suite} ({counted(len(tasks), 'task')})" for suite, tasks in suites.items())
    return Finding(
        "tasks", "ok" if suites else "problem", words or "none found", "" if suites else "set REXLAB_TASKS_PATH"
    )


def _bundles(settings: Settings) -> Finding:
    wanted = [load_harness(folder) for folder in iterate_harnesses(settings.harness_folders).values()]
    wanted = [harness for harness in wanted if harness.manifest.bundle]
    missing = [harness.name for harness in wanted if find_bundle(harness, settings.bundle_root) is None]
    built = ", ".join(harness.name for harness in wanted if harness.name not in missing) or "none"
    if not missing:
        return Finding("bundles", "ok", f"{built}, in {settings.bundle_root}")
    remedy = f"rexlab run builds what it needs; beforehand: rexlab harness build {' '.join(missing)}"
    return Finding("bundles", "missing", f"built: {built}; not built: {', '.join(missing)}", remedy)
