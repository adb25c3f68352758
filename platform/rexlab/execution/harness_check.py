"""A harness's self-test: a bundled task solved with scripted models, from the sandbox's start to the grade."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rexlab.execution.prepare import environment_for, masked_base
from rexlab.execution.regrade import grade_patch
from rexlab.execution.scratch import scratch_folder
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.harness.assignment import Assignment, Means
from rexlab.harness.bundle import Bundle
from rexlab.harness.launch import launch
from rexlab.harness.manifest import Harness
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings, bundled
from rexlab.store.models import Outcome
from rexlab.task.load import load_task
from rexlab.task.variant import Shown

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient

TASK = "classic/deis"
FUNCTION = "time_grid"
EXPECTED: Mapping[str, Outcome] = {"scripted": Outcome.PASSED, "scripted/refuse": Outcome.NO_PATCH}
"""What each scripted model must come to: one that knows the answer, and one that only declines."""
_CALLS = 60


@dataclass(frozen=True)
class Checked:
    """What one scripted model came to."""

    model: str
    expected: Outcome
    outcome: Outcome
    detail: str
    seconds: float
    """From the start of the sandbox to the harness's end."""
    calls: int
    stderr: str

    @property
    def ok(self) -> bool:
        return self.outcome is self.expected


def check_harness(
    harness: Harness,
    bundle: Bundle | None,
    params: Mapping[str, str],
    backend: SandboxBackend,
    gateway: "GatewayClient",
    settings: Settings,
) -> list[Checked]:
    """Have the harness write one function of a bundled task, once with each scripted model.

    Raises:
        InputError: a parameter cannot be used.
        InfrastructureError: the platform failed; nothing is concluded about the harness.
    """
    with scratch_folder(settings, "check") as scratch:
        return [
            _check(harness, bundle, params, backend, gateway, settings, model, scratch / str(number))
            for number, model in enumerate(EXPECTED)
        ]


def _check(
    harness: Harness,
    bundle: Bundle | None,
    params: Mapping[str, str],
    backend: SandboxBackend,
    gateway: "GatewayClient",
    settings: Settings,
    model: str,
    folder: Path,
) -> Checked:
    task = load_task(bundled("tasks") / TASK)
    function = task.function(FUNCTION).id
    folder.mkdir()
    assignment = Assignment(
        trial_id=f"check-{harness.name}-{folder.parent.name}-{folder.name}",
        epoch=1,
        run_id=f"check-{harness.name}-{folder.parent.name}",
        harness=harness,
        model=ModelSpec(name=model),
        params=harness.resolve_params(dict(params)),
        task=task,
        functions=(function,),
        shown=Shown(),
        seed=0,
        timeout_s=harness.manifest.run.timeout_s,
        budget=Budget(calls=_CALLS),
    )
    environment = environment_for(task, backend, settings)
    means = Means(backend, environment, lambda: False, bundle, gateway)
    solved = launch(assignment, masked_base(task, (function,), settings), means, folder)
    outcome, detail = solved.agent_outcome, solved.detail
    if outcome is None:
        if solved.patch is None or not solved.patch.data:
            outcome, detail = Outcome.NO_PATCH, "the agent changed nothing"
        else:
            grade = grade_patch(task, (function,), solved.patch.data, backend, settings)
            outcome, detail = grade.outcome, grade.detail
    calls = solved.usage.calls if solved.usage else 0
    return Checked(model, EXPECTED[model], outcome, detail, solved.timings["solve"], calls, solved.stderr)
