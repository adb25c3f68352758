"""Launch a harness on a variant: lay out its folders, run it in a sandbox, capture what it leaves."""

import time
from contextlib import ExitStack
from pathlib import Path

from rexlab.errors import GatewayError, PatchRejectedError
from rexlab.gateway.contract import ModelSpec, Registration, Usage
from rexlab.grading.claims import parse_claims
from rexlab.grading.collect import CollectError
from rexlab.grading.experiments import WORKSPACE
from rexlab.harness.assignment import Assignment, Means, Solved
from rexlab.harness.bundle import PYTHON
from rexlab.harness.door import Door, open_door, prepare_door
from rexlab.harness.layout import Layout, lay_out, limits, variables
from rexlab.harness.script import script_for
from rexlab.sandbox import Ended, ExecResult, Sandbox, SandboxSpec
from rexlab.store.models import Outcome
from rexlab.workspace import ARTIFACTS, Base, OutputError, capture, read_output

MAX_TRAJECTORY_BYTES = 100_000_000
MAX_CLAIMS_BYTES = 1_000_000


def launch(assignment: Assignment, base: Base, means: Means, folder: Path) -> Solved:
    """Run the harness below ``folder``, where no other was launched before.

    Raises:
        InfrastructureError: the platform failed; nothing is concluded about the agent.
    """
    began = time.monotonic()
    layout = lay_out(assignment, base, means, folder)
    with ExitStack() as stack:
        door = _open(assignment, base, layout.workspace, means, folder, stack)
        spec = SandboxSpec(
            name=f"{assignment.trial_id}-agent",
            mounts=(*layout.mounts, *([door.mount] if door else [])),
            workdir=WORKSPACE,
            limits=limits(assignment),
            image=means.environment.image,
            gpus=means.gpus,
        )
        sandbox = stack.enter_context(means.backend.create(spec))
        prepared = time.monotonic()
        means.live.phase("the agent is at work" + (f", attempt {assignment.attempt}" if assignment.attempt > 1 else ""))
        ended = sandbox.exec(
            _command(assignment, means, sandbox, door),
            timeout_s=assignment.timeout_s,
            env=variables(
                assignment,
                means.environment,
                sandbox,
                time.time() + assignment.timeout_s,
                door.variables() if door else {},
            ),
            cancelled=means.cancelled,
            on_output=means.live.hear,
        )
    solved = time.monotonic()
    outcome, detail = _judge(ended, assignment.timeout_s, door.usage if door else None)
    result = Solved(None, outcome, detail, ended.stdout, ended.stderr, layout.prompt)
    result.mutations = layout.reference.mutations or None
    result.usage = door.usage if door else None
    _collect(result, assignment, base, layout)
    result.timings = {
        "prepare": prepared - began,
        "solve": solved - prepared,
        "capture": time.monotonic() - solved,
    }
    return result


def _open(assignment: Assignment, base: Base, found: Path, means: Means, folder: Path, stack: ExitStack) -> Door | None:
    """The door to the assignment's model, closed with the stack; None when it has no model to ask."""
    if assignment.model is None:
        return None
    if means.gateway is None:
        raise GatewayError(f"{assignment.trial_id}: there is no gateway to {assignment.model.name}")
    return stack.enter_context(
        open_door(means.gateway, registration_of(assignment, assignment.model, base, found, folder))
    )


def registration_of(assignment: Assignment, model: ModelSpec, base: Base, found: Path, folder: Path) -> Registration:
    """What the gateway is told of the assignment; the socket's folder is made below ``folder``.

    ``found`` is the code as the agent finds it.
    """
    return Registration(
        trial_id=assignment.trial_id,
        epoch=assignment.epoch,
        run_id=assignment.run_id,
        socket=prepare_door(folder / "gateway"),
        model=model,
        budget=assignment.budget,
        run_budget=assignment.run_budget,
        script=script_for(
            model,
            assignment.task,
            assignment.functions,
            base,
            found,
            folder / "script",
            seed=assignment.seed,
            attempt=assignment.attempt,
        ),
        cassette=assignment.cassette,
    )


def _command(assignment: Assignment, means: Means, sandbox: Sandbox, door: Door | None) -> list[str]:
    """The harness's command line, below the forwarder when there is a door."""
    places = {"{harness}": sandbox.path(assignment.harness.inside)}
    if means.bundle:
        places["{python}"] = PYTHON
    command = []
    for word in assignment.harness.manifest.run.command:
        for name, place in places.items():
            word = word.replace(name, place)  # noqa: PLW2901  (one word after the other, each place in it)
        command.append(word)
    return door.wrap(command, places.get("{python}", "python3"), sandbox) if door else command


def _collect(result: Solved, assignment: Assignment, base: Base, layout: Layout) -> None:
    """Read what the agent left: claimed results, trajectory, and its changes as a patch."""
    results, result.claims_problem = _read(layout.out, "results.json", MAX_CLAIMS_BYTES)
    if results is not None:
        try:
            result.claims = parse_claims(results)
        except CollectError as error:
            result.claims_problem = str(error)
    result.trajectory, _ = _read(layout.out, "trajectory.json", MAX_TRAJECTORY_BYTES)
    try:
        excludes = [*ARTIFACTS, *(f"/{glob}" for e in assignment.task.experiments for glob in e.outputs)]
        result.patch = capture(base, layout.workspace, excludes=excludes)
    except PatchRejectedError as error:
        result.agent_outcome = result.agent_outcome or Outcome.PATCH_REJECTED
        result.detail = result.detail or str(error)


def _judge(ended: ExecResult, timeout_s: float, usage: Usage | None) -> tuple[Outcome | None, str]:
    """What became of the agent. A budget that was reached, or a provider that failed to the end, says more than how the
    program took it."""
    if ended.ended is Ended.CANCELLED:
        return Outcome.CANCELLED, "cancelled while the agent was at work"
    if usage and usage.budget_exceeded:
        return Outcome.BUDGET_EXCEEDED, usage.budget_exceeded
    if usage and usage.outage:
        return Outcome.INFRA_ERROR, usage.outage
    match ended.ended:
        case Ended.TIMEOUT:
            return Outcome.AGENT_TIMEOUT, f"the agent did not end within {timeout_s:g} s"
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
