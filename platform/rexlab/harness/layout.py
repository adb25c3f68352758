"""Lay out the folders a harness sees, and the variables it finds."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rexlab.environment import Environment
from rexlab.errors import PatchRejectedError
from rexlab.grading.experiments import WORKSPACE, limits_of
from rexlab.harness.agent_files import INSIDE as AGENT_FILES
from rexlab.harness.agent_files import agent_files, command_variables, copy_files
from rexlab.harness.assignment import Assignment, Means
from rexlab.harness.door import KIT, kit
from rexlab.harness.prompt import render_prompt
from rexlab.harness.reference import ReferenceFiles, exact_files, extension_files, mutated_files, write_files
from rexlab.harness.variant_file import describe_variant
from rexlab.sandbox import Limits, Mount, Sandbox
from rexlab.workspace import ApplyPolicy, Base, apply, checkout


@dataclass(frozen=True)
class Layout:
    """Folders as made."""

    prompt: str
    mounts: tuple[Mount, ...]
    reference: ReferenceFiles
    workspace: Path
    out: Path


def lay_out(assignment: Assignment, base: Base, means: Means, folder: Path) -> Layout:
    """Make the folders: workspace and out to write, task, harness, kit, bundle and environment to read."""
    workspace, shown, out = folder / "workspace", folder / "task", folder / "out"
    checkout(base, workspace)
    if assignment.earlier:
        _start_from(assignment.earlier, base, workspace, folder / "earlier")
    shown.mkdir()
    out.mkdir()
    prompt = render_prompt(assignment.task, assignment.functions, assignment.shown, feedback=assignment.feedback)
    (shown / "prompt.md").write_text(prompt, "utf-8")
    variant = describe_variant(assignment.task, assignment.functions, assignment.shown)
    (shown / "variant.json").write_text(json.dumps(variant, indent=1), "utf-8")
    if assignment.shown.paper:
        (shown / "paper.md").write_text(assignment.task.paper, "utf-8")
    mounts = [
        Mount(workspace, WORKSPACE, writable=True),
        Mount(out, "/out", writable=True),
        Mount(shown, "/task"),
        Mount(_copy(assignment.harness.folder, folder / "harness"), assignment.harness.inside),
        Mount(_copy(kit(), folder / "kit"), KIT),
        *means.environment.mounts,
    ]
    if means.bundle:
        mounts.append(means.bundle.mount)
    reference = ReferenceFiles({}, {})
    if assignment.harness.is_reference:
        reference = _reference(assignment, base, folder)
        place = folder / "reference"
        place.mkdir()
        write_files(reference, place)
        mounts.append(Mount(place, "/reference"))
    if files := agent_files(assignment.harness, assignment.params):
        place = folder / "agent"
        copy_files(files, place)
        mounts.append(Mount(place, AGENT_FILES))
    return Layout(prompt, tuple(mounts), reference, workspace, out)


def _copy(source: Path, target: Path) -> Path:
    """A copy of files that may lie in rexlab's own package: where rexlab runs in a container the engine does not see
    them, and what is edited while an agent is at work changes nothing of its trial."""
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def _start_from(patch: bytes, base: Base, workspace: Path, scratch: Path) -> None:
    """Put an earlier attempt's changes into the fresh workspace, uncommitted, as its agent left them.

    Raises:
        PatchRejectedError: it does not apply; it was captured on this base, so that it does.
    """
    applied = apply(base, patch, scratch, ApplyPolicy())
    for path in applied.changed:
        source, target = scratch / path, workspace / path
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode & 0o777)
        elif target.is_file():
            target.unlink()
        else:
            raise PatchRejectedError(f"{path} of the earlier attempt is no file")


def _reference(assignment: Assignment, base: Base, folder: Path) -> ReferenceFiles:
    if assignment.task.manifest.task.kind == "extension":
        return extension_files(assignment.task, base, folder / "extended")
    if assignment.harness.manifest.harness.reference == "mutated":
        probability = float(assignment.params["p"])
        return mutated_files(assignment.task, assignment.functions, probability, assignment.seed)
    return exact_files(assignment.task, assignment.functions)


def limits(assignment: Assignment) -> Limits:
    """What the task allows, and beside it what the harness itself needs."""
    task, run = limits_of(assignment.task), assignment.harness.manifest.run
    return replace(
        task,
        memory_mb=task.memory_mb + run.memory_mb,
        pids=task.pids + run.pids,
        disk_mb=task.disk_mb + run.disk_mb,
    )


def variables(
    assignment: Assignment, environment: Environment, sandbox: Sandbox, deadline: float, door: Mapping[str, str]
) -> dict[str, str]:
    """The harness contract's environment; ``door`` is what an open door adds."""
    harness = assignment.harness
    found = {
        "PATH": environment.search_path(sandbox),
        "REXLAB_WORKSPACE": sandbox.path(WORKSPACE),
        "REXLAB_TASK": sandbox.path("/task"),
        "REXLAB_OUT": sandbox.path("/out"),
        "REXLAB_RESULTS": f"{sandbox.path('/out')}/results.json",
        "REXLAB_KIT": sandbox.path(KIT),
        "REXLAB_DEADLINE": f"{deadline:.0f}",
        "REXLAB_SEED": str(assignment.seed),
        "REXLAB_PARAMS": json.dumps(dict(assignment.params)),
        **door,
    }
    if harness.is_reference:
        found["REXLAB_REFERENCE"] = sandbox.path("/reference")
    found.update(command_variables(harness, assignment.params, sandbox.path))
    return found
