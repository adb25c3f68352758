"""Have a trial's agent solve its variant: from stored rows to an assignment, and from what it left to artifacts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rexlab.environment import Environment
from rexlab.errors import EnvironmentBuildError
from rexlab.execution.attempts import Selected, solve
from rexlab.execution.options import RunOptions
from rexlab.execution.prepare import masked_base
from rexlab.execution.verify import Verdict, verify_claim, verify_judge, verify_visible
from rexlab.gateway.contract import ModelSpec
from rexlab.gpu.devices import Gpu
from rexlab.grading.experiments import Measurer
from rexlab.grading.grade import Grader
from rexlab.harness.assignment import Assignment, Means, Solved
from rexlab.harness.bundle import Bundle, find_bundle
from rexlab.harness.manifest import Harness, planned_harness
from rexlab.harness.strategy import Strategy
from rexlab.sandbox import SandboxBackend
from rexlab.sandbox.live import Listener
from rexlab.settings import Settings
from rexlab.store.queries import TrialRecord
from rexlab.task.load import Task
from rexlab.task.variant import Shown
from rexlab.workspace import Base

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient

Kept = tuple[str, str, bytes]
"""Kind, file name and content of an artifact."""


@dataclass(frozen=True)
class Solver:
    """What solving needs, the same for every trial of a run."""

    settings: Settings
    backend: SandboxBackend
    options: RunOptions
    gateway: "GatewayClient | None"
    cancelled: Callable[[], bool]
    bundles: dict[str, Bundle] = field(default_factory=dict)
    """Found so far, by harness."""

    def solve(
        self,
        record: TrialRecord,
        task: Task,
        environment: Environment,
        folder: Path,
        epoch: int,
        live: Listener,
        gpus: tuple[Gpu, ...],
    ) -> Selected:
        """Run the trial's agent below ``folder``, on its GPUs; ``live`` is told what it prints.

        Raises:
            InfrastructureError: the platform failed; nothing is concluded about the agent.
        """
        agent = record.agent
        folders = self.settings.harness_folders
        harness = planned_harness(agent.harness, agent.harness_folder, agent.harness_digest, folders)
        functions = tuple(record.variant.functions)
        assignment = self._assignment(record, task, harness, epoch)
        means = Means(
            backend=self.backend,
            environment=environment,
            cancelled=self.cancelled,
            bundle=self._bundle(harness),
            gateway=self.gateway if assignment.model else None,
            live=live,
            gpus=gpus,
        )
        base = masked_base(task, functions, self.settings)
        strategy = Strategy.model_validate(record.agent.strategy) if record.agent.strategy else None

        def verify(tried: Assignment, solved: Solved, place: Path) -> Verdict:
            match strategy.verifier if strategy else "visible":
                case "claim":
                    return verify_claim(tried, solved)
                case "judge":
                    return verify_judge(tried, base, means, solved, place)
            return verify_visible(self._grader(tried, base, means, place), tried, solved)

        return solve(assignment, base, means, folder, strategy, verify)

    def _assignment(self, record: TrialRecord, task: Task, harness: Harness, epoch: int) -> Assignment:
        trial, agent, variant = record.trial, record.agent, record.variant
        model = ModelSpec(name=agent.model, params=agent.model_params) if agent.model else None
        recorded = model is not None and self.options.mode != "live"
        return Assignment(
            trial_id=trial.id,
            epoch=epoch,
            run_id=trial.run_id,
            harness=harness,
            model=model,
            params=agent.params,
            task=task,
            functions=tuple(variant.functions),
            shown=Shown(**variant.shown),
            seed=trial.seed,
            timeout_s=self.options.timeout_of(harness),
            budget=self.options.budget_of(harness),
            run_budget=self.options.run_budget,
            cassette=f"{variant.id}-{agent.id}-{trial.attempt}.jsonl" if recorded else "",
        )

    def _bundle(self, harness: Harness) -> Bundle | None:
        """The harness's bundle, looked for once: making sure that it is whole takes a while.

        Raises:
            EnvironmentBuildError: it has not been built.
        """
        name = harness.name
        if harness.manifest.bundle is not None and name not in self.bundles:
            bundle = find_bundle(harness, self.settings.bundle_root)
            if bundle is None:
                raise EnvironmentBuildError(f"harness {name} has no bundle; run: rexlab harness build {name}")
            self.bundles[name] = bundle
        return self.bundles.get(name)

    def _grader(self, assignment: Assignment, base: Base, means: Means, place: Path) -> Grader:
        place.mkdir(parents=True, exist_ok=True)
        label = f"{assignment.trial_id}-verify"
        measurer = Measurer(
            assignment.task, self.backend, means.environment, place, label, self.cancelled, means.live, means.gpus
        )
        return Grader(assignment.task, base, measurer, means.environment)


def artifacts_of_solving(selected: Selected) -> Iterator[Kept]:
    """What is kept of the chosen attempt, and of every attempt of a strategy."""
    yield from _of(selected.solved, "")
    for attempt in selected.attempts:
        yield from _of(attempt.solved, f"attempt-{attempt.number}-")


def _of(solved: Solved, prefix: str) -> Iterator[Kept]:
    kept: list[tuple[str, str, bytes | None]] = [
        ("prompt", "prompt.md", solved.prompt.encode()),
        ("patch", "patch.diff", solved.patch.data if solved.patch else None),
        ("agent_stdout", "agent-stdout.txt", solved.stdout.encode() or None),
        ("agent_stderr", "agent-stderr.txt", solved.stderr.encode() or None),
        ("trajectory", "trajectory.json", solved.trajectory),
    ]
    for kind, name, data in kept:
        if data is not None:
            yield f"attempt_{kind}" if prefix else kind, f"{prefix}{name}", data
