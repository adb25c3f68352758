"""``rexlab doctor``: what is available here, what is missing, and how to get it."""

import os
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote

import typer

from rexlab.cli.output import AsJson, note, print_json, print_table

if TYPE_CHECKING:
    from rexlab.settings import Settings

_LOW_DISK_GB = 5


@dataclass(frozen=True)
class Finding:
    """One thing rexlab can use."""

    name: str
    state: str
    """ok, missing or problem"""
    detail: str
    remedy: str = ""


def doctor(
    sweep: Annotated[bool, typer.Option("--sweep", help="Remove what killed workers left behind.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at this machine: sandboxes, GPUs, disk, git, store, tasks. Exit code 1 when rexlab cannot run here."""
    from rexlab.sandbox import BACKENDS
    from rexlab.settings import load_settings

    settings = load_settings()
    if sweep:
        _sweep(settings)
    sandboxes = [_sandbox(name) for name in BACKENDS]
    findings = [
        Finding("python", "ok", f"{sys.version.split()[0]} at {sys.executable}"),
        _git(),
        *sandboxes,
        _gpus(),
        _disk(settings.home),
        _store(settings.store_url),
        _tasks(settings.task_folders),
        _bundles(settings),
    ]
    if as_json:
        print_json([asdict(f) for f in findings])
    else:
        from rich.text import Text

        style = {"ok": "green", "missing": "yellow", "problem": "red"}
        rows = [(f.name, Text(f.state, style=style[f.state]), f.detail, f.remedy) for f in findings]
        print_table(("", "state", "detail", "how to get it"), rows)
    usable = any(f.state == "ok" for f in sandboxes)
    if not usable or any(f.state == "problem" for f in findings):
        raise typer.Exit(1)


def _sandbox(name: str) -> Finding:
    from rexlab.sandbox import backend

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


def _gpus() -> Finding:
    program = shutil.which("nvidia-smi")
    if program is None:
        return Finding("gpus", "missing", "no nvidia-smi: no NVIDIA driver here", "only tasks with gpus > 0 need one")
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=10, check=False)
    except subprocess.TimeoutExpired:
        return Finding("gpus", "missing", "nvidia-smi does not answer", "look at the driver: dmesg | grep -i nvrm")
    lines = [line for line in done.stdout.splitlines() if line.startswith("GPU ")]
    return Finding("gpus", "ok" if lines else "missing", "; ".join(lines) or done.stderr.strip()[:200] or "none")


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


def _store(url: str) -> Finding:
    from rexlab.errors import RexlabError
    from rexlab.store.database import open_engine
    from rexlab.store.queries import list_runs

    if url.startswith("sqlite:///") and not Path(unquote(url.removeprefix("sqlite:///"))).exists():
        return Finding("store", "ok", f"{url} (not made yet)")
    try:
        runs = list_runs(open_engine(url))
    except RexlabError as error:
        return Finding("store", "problem", str(error), "check REXLAB_DATABASE_URL")
    return Finding("store", "ok", f"{url}: {len(runs)} runs")


def _tasks(folders: list[Path]) -> Finding:
    from rexlab.task.suites import iterate_suites

    suites = iterate_suites(folders)
    words = ", ".join(f"{suite} ({len(tasks)} tasks)" for suite, tasks in suites.items())
    return Finding(
        "tasks", "ok" if suites else "problem", words or "none found", "" if suites else "set REXLAB_TASKS_PATH"
    )


def _bundles(settings: "Settings") -> Finding:
    from rexlab.harness.bundle import find_bundle
    from rexlab.harness.manifest import iterate_harnesses, load_harness

    wanted = [load_harness(folder) for folder in iterate_harnesses(settings.harness_folders).values()]
    wanted = [harness for harness in wanted if harness.manifest.bundle]
    missing = [harness.name for harness in wanted if find_bundle(harness, settings.bundle_root) is None]
    built = ", ".join(harness.name for harness in wanted if harness.name not in missing) or "none"
    if not missing:
        return Finding("bundles", "ok", f"{built}, in {settings.bundle_root}")
    remedy = f"rexlab run builds what it needs; beforehand: rexlab harness build {' '.join(missing)}"
    return Finding("bundles", "missing", f"built: {built}; not built: {', '.join(missing)}", remedy)


def _sweep(settings: "Settings") -> None:
    from rexlab.cli.context import open_store
    from rexlab.execution.scratch import sweep_folders
    from rexlab.sandbox import BACKENDS, backend

    removed = [f"{name}: {what}" for name in BACKENDS if backend(name).check().ok for what in backend(name).sweep()]
    if (settings.home / "work").is_dir():
        removed += [f"folder: {name}" for name in sweep_folders(settings, open_store(settings))]
    note("\n".join(f"removed {line}" for line in removed) or "nothing was left behind")
