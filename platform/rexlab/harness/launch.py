"""Launch a harness on a variant: lay out its folders, run it in a sandbox, capture what it leaves."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rexlab.environment import Environment
from rexlab.errors import PatchRejectedError
from rexlab.grading.collect import CollectError
from rexlab.grading.experiments import WORKSPACE, limits_of
from rexlab.grading.grade import Claims, parse_claims
from rexlab.harness.agent_files import INSIDE as AGENT_FILES
from rexlab.harness.agent_files import agent_files, command_variables, copy_files
from rexlab.harness.manifest import Harness, ParamValue
from rexlab.harness.prompt import render_prompt
from rexlab.harness.reference import ReferenceFiles, exact_files, extension_files, mutated_files, write_files
from rexlab.sandbox import Ended, ExecResult, Mount, Sandbox, SandboxBackend, SandboxSpec
from rexlab.store.models import Outcome
from rexlab.task.load import Task
from rexlab.task.variant import Shown
from rexlab.workspace import ARTIFACTS, Base, OutputError, Patch, capture, checkout, read_output

MAX_TRAJECTORY_BYTES = 100_000_000
MAX_CLAIMS_BYTES = 1_000_000


@dataclass(frozen=True)
class Assignment:
    """What a harness is launched with."""

    trial_id: str
    harness: Harness
    model: str | None
    params: Mapping[str, ParamValue]
    task: Task
    functions: tuple[str, ...]
    shown: Shown
    seed: int


@dataclass
class Solved:
    """What a harness left."""

    patch: Patch | None
    agent_outcome: Outcome | None
    """None when it ended by itself, without a complaint."""
    detail: str
    stdout: str = ""
    stderr: str = ""
    prompt: str = ""
    claims: Claims | None = None
    claims_problem: str = ""
    """Why the results file it left says nothing."""
    trajectory: bytes | None = None
    mutations: dict[str, str] | None = None
    timings: dict[str, float] = field(default_factory=dict)


def launch(
    assignment: Assignment,
    base: Base,
    environment: Environment,
    backend: SandboxBackend,
    folder: Path,
    cancelled: Callable[[], bool],
) -> Solved:
    """Run the harness below ``folder``, which must be empty.

    Raises:
        InfrastructureError: the platform failed; nothing is concluded about the agent.
    """
    began = time.monotonic()
    harness, task = assignment.harness, assignment.task
    prompt = render_prompt(task, assignment.functions, assignment.shown)
    mounts, reference = _lay_out(assignment, base, environment, folder, prompt)
    prepared = time.monotonic()
    spec = SandboxSpec(
        name=f"{assignment.trial_id}-agent",
        mounts=tuple(mounts),
        workdir=WORKSPACE,
        limits=limits_of(task),
        image=environment.image,
    )
    with backend.create(spec) as sandbox:
        timeout = harness.manifest.run.timeout_s
        ended = sandbox.exec(
            [word.replace("{harness}", sandbox.path(harness.inside)) for word in harness.manifest.run.command],
            timeout_s=timeout,
            env=_variables(assignment, environment, sandbox, time.time() + timeout),
            cancelled=cancelled,
        )
    solved = time.monotonic()
    outcome, detail = _judge(ended, timeout)
    result = Solved(None, outcome, detail, ended.stdout, ended.stderr, prompt, mutations=reference.mutations or None)
    results, result.claims_problem = _read(folder / "out", "results.json", MAX_CLAIMS_BYTES)
    if results is not None:
        try:
            result.claims = parse_claims(results)
        except CollectError as error:
            result.claims_problem = str(error)
    result.trajectory, _ = _read(folder / "out", "trajectory.json", MAX_TRAJECTORY_BYTES)
    try:
        excludes = [*ARTIFACTS, *(f"/{glob}" for e in task.experiments for glob in e.outputs)]
        result.patch = capture(base, folder / "workspace", excludes=excludes)
    except PatchRejectedError as error:
        result.agent_outcome = result.agent_outcome or Outcome.PATCH_REJECTED
        result.detail = result.detail or str(error)
    result.timings = {
        "prepare": prepared - began,
        "solve": solved - prepared,
        "capture": time.monotonic() - solved,
    }
    return result


def _lay_out(
    assignment: Assignment, base: Base, environment: Environment, folder: Path, prompt: str
) -> tuple[list[Mount], ReferenceFiles]:
    """Make the folders a harness sees: workspace and out to write, task, harness and environment to read."""
    workspace, shown, out = folder / "workspace", folder / "task", folder / "out"
    checkout(base, workspace)
    shown.mkdir()
    out.mkdir()
    (shown / "prompt.md").write_text(prompt, "utf-8")
    if assignment.shown.paper:
        (shown / "paper.md").write_text(assignment.task.paper, "utf-8")
    mounts = [
        Mount(workspace, WORKSPACE, writable=True),
        Mount(out, "/out", writable=True),
        Mount(shown, "/task"),
        Mount(assignment.harness.folder, assignment.harness.inside),
        *environment.mounts,
    ]
    reference = ReferenceFiles({}, {})
    if assignment.harness.is_reference:
        if assignment.task.manifest.task.kind == "extension":
            reference = extension_files(assignment.task, base, folder / "extended")
        elif assignment.harness.manifest.harness.reference == "mutated":
            probability = float(assignment.params["p"])
            reference = mutated_files(assignment.task, assignment.functions, probability, assignment.seed)
        else:
            reference = exact_files(assignment.task, assignment.functions)
        place = folder / "reference"
        place.mkdir()
        write_files(reference, place)
        mounts.append(Mount(place, "/reference"))
    if files := agent_files(assignment.harness, assignment.params):
        place = folder / "agent"
        copy_files(files, place)
        mounts.append(Mount(place, AGENT_FILES))
    return mounts, reference


def _variables(assignment: Assignment, environment: Environment, sandbox: Sandbox, deadline: float) -> dict[str, str]:
    """The harness contract's environment."""
    harness = assignment.harness
    variables = {
        "PATH": environment.search_path(sandbox),
        "REXLAB_WORKSPACE": sandbox.path(WORKSPACE),
        "REXLAB_TASK": sandbox.path("/task"),
        "REXLAB_OUT": sandbox.path("/out"),
        "REXLAB_RESULTS": f"{sandbox.path('/out')}/results.json",
        "REXLAB_DEADLINE": f"{deadline:.0f}",
        "REXLAB_SEED": str(assignment.seed),
        "REXLAB_PARAMS": json.dumps(dict(assignment.params)),
    }
    if assignment.model:
        variables["REXLAB_MODEL"] = assignment.model
    if harness.is_reference:
        variables["REXLAB_REFERENCE"] = sandbox.path("/reference")
    variables.update(command_variables(harness, assignment.params, sandbox.path))
    return variables


def _judge(ended: ExecResult, timeout_s: float) -> tuple[Outcome | None, str]:
    match ended.ended:
        case Ended.TIMEOUT:
            return Outcome.AGENT_TIMEOUT, f"the agent did not end within {timeout_s:g} s"
        case Ended.CANCELLED:
            return Outcome.CANCELLED, "cancelled while the agent was at work"
        case Ended.MEMORY:
            return Outcome.AGENT_CRASHED, "the agent used more memory than the task allows"
        case Ended.DISK:
            return Outcome.AGENT_CRASHED, "the agent wrote more than the task allows"
    if ended.exit_code == 0:
        return None, ""
    lines = [line for line in ended.stderr.strip().splitlines() if line.strip()]
    return Outcome.AGENT_CRASHED, f"the agent ended with exit code {ended.exit_code}" + (
        f": {lines[-1][:200]}" if lines else ""
    )


def _read(folder: Path, name: str, max_bytes: int) -> tuple[bytes | None, str]:
    """A file the agent may have left, and what is wrong with it when it cannot be read."""
    if not (folder / name).is_symlink() and not (folder / name).exists():
        return None, ""
    try:
        return read_output(folder, name, max_bytes), ""
    except OutputError as error:
        return None, str(error)
