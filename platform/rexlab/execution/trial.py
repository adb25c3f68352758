"""Run one trial: claim, prepare, solve, capture, grade, record."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine

from rexlab import __version__
from rexlab.environment import Environment
from rexlab.errors import InfrastructureError, RexlabError, StoreError
from rexlab.execution.attempts import Selected
from rexlab.execution.gpus import leased
from rexlab.execution.hardware import describe_hardware, note_hardware
from rexlab.execution.live import file_sink
from rexlab.execution.options import RunOptions
from rexlab.execution.prepare import environment_for, masked_base, planned_task
from rexlab.execution.scratch import working_folder
from rexlab.execution.solving import Solver, artifacts_of_solving
from rexlab.gpu.devices import Gpu
from rexlab.gpu.leases import GpuPool, WaitEndedError
from rexlab.grading.claims import claim_passes
from rexlab.grading.experiments import Measurer, never
from rexlab.grading.grade import Grader, Submission, relevant_experiments
from rexlab.grading.records import GradeResult
from rexlab.grading.rexbench_metrics import file_recall
from rexlab.sandbox import SandboxBackend
from rexlab.sandbox.live import SILENT, Listener, Sink, Tail
from rexlab.settings import Settings
from rexlab.store.artifacts import Artifacts
from rexlab.store.leases import Claim, LeaseLostError, claim, release
from rexlab.store.models import ArtifactRow, GradeRow, MetricRow, Outcome
from rexlab.store.queries import TrialRecord, artifacts_of, find_trial
from rexlab.store.records import GradeRecord, save_result, save_solved
from rexlab.task.load import Task

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient

logger = logging.getLogger(__name__)


@dataclass
class Worker:
    """What is needed to run trials in this process. Its methods may be called from several threads."""

    engine: Engine
    settings: Settings
    backend: SandboxBackend
    options: RunOptions = field(default_factory=RunOptions)
    gateway: "GatewayClient | None" = None
    """None where no agent of the run asks a model."""
    stop: Event = field(default_factory=Event)
    """Set to end every trial at work; each goes back into the queue."""
    cancel: Event = field(default_factory=Event)
    """Set beside ``stop`` when the run is cancelled: trials at work end as cancelled instead."""
    overdue: str = ""
    """Given beside ``stop`` when a trial has taken too long: the sentence with which it ends as infra_error."""
    sink: Callable[[Claim], Sink] | None = None
    """Where what a trial at work prints is published; None: in its working folder."""
    gpus: GpuPool | None = None
    """What its trials lease GPUs from; None: all of this machine."""
    unfit: Callable[[], bool] = never
    """Asked when the platform failed: where no trial can be run here now, this one goes back into the queue."""
    held: dict[str, Claim] = field(default_factory=dict)
    """Claims of the trials at work, for whoever renews their leases."""
    _tasks: dict[str, Task] = field(default_factory=dict)
    _environments: dict[str, Environment] = field(default_factory=dict)

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.settings.artifact_root)

    def run_trial(self, trial_id: str) -> Outcome | None:
        """Run the trial to its end and record it; None when another worker has it, or when it was interrupted."""
        held = claim(self.engine, trial_id, self.settings.lease_s)
        if held is None:
            return None
        self.held[trial_id] = held
        try:
            sink = self.sink(held) if self.sink else file_sink(self.settings, held)
            with working_folder(self.settings, trial_id, held.epoch) as folder, Tail(sink, trial_id) as live:
                return self._run(held, folder, live)
        except LeaseLostError as error:
            logger.warning("%s", error)
            return None
        except WaitEndedError:
            return self._give_up(held)
        except RexlabError as error:
            if isinstance(error, InfrastructureError) and self.unfit():
                release(self.engine, held, f"its worker can run no trials now: {error}")
                return None
            return self._record_infra_error(held, str(error))
        except Exception as error:
            # a mistake of ours must not take the other trials of a long run with it; it is kept, told, and counted
            logger.exception("trial %s failed inside rexlab", trial_id)
            return self._record_infra_error(held, f"internal error, {type(error).__name__}: {error}")
        finally:
            self.held.pop(trial_id, None)

    def _run(self, held: Claim, folder: Path, live: Listener) -> Outcome | None:
        record = find_trial(self.engine, held.trial_id)
        task = self.task_of(record)
        self.environment_of(task)  # first, for building it takes no GPU
        if record.variant.gpus:
            live.phase("waiting for GPUs")
        with leased(task, self.settings, held.trial_id, self.stop.is_set, self.gpus) as gpus:
            return self._run_with(gpus, held, record, task, folder, live)

    def _run_with(
        self, gpus: tuple[Gpu, ...], held: Claim, record: TrialRecord, task: Task, folder: Path, live: Listener
    ) -> Outcome | None:
        if not held.solved:
            selected = self._solver.solve(record, task, self.environment_of(task), folder, held.epoch, live, gpus)
            if selected.solved.agent_outcome is Outcome.CANCELLED:
                return self._give_up(held)
            self._save_solved(held, selected, task)
            record = find_trial(self.engine, held.trial_id)
        trial = record.trial
        if trial.agent_outcome is not None:
            self._finish(held, trial.agent_outcome, trial.detail)
            return trial.agent_outcome
        patch = self.stored_patch(trial.id)
        if not patch and (record.variant.functions or task.manifest.task.kind == "extension"):
            self._finish(held, Outcome.NO_PATCH, "the agent changed nothing")
            return Outcome.NO_PATCH
        began = time.monotonic()
        result, environment = self.grade(record, task, patch, folder / "grade", gpus, live)
        if self.stop.is_set():
            return self._give_up(held)
        grade = self.grade_record(record, task, result, environment, gpus, "trial", held.epoch)
        timings = {"grade": time.monotonic() - began}
        flags = [str(f) for f in result.flags]
        self._finish(held, result.outcome, result.detail, timings=timings, flags=flags, grade=grade)
        return result.outcome

    def task_of(self, record: TrialRecord) -> Task:
        """The trial's task, unchanged since the run was planned.

        Raises:
            InputError: it is gone, or has changed.
        """
        variant = record.variant
        if variant.id not in self._tasks:
            task = planned_task(record, self.settings)
            self._tasks[variant.id] = next((t for t in self._tasks.values() if t.digest == task.digest), task)
        return self._tasks[variant.id]

    def environment_of(self, task: Task) -> Environment:
        """The task's environment, built when it is not there."""
        if task.id not in self._environments:
            self._environments[task.id] = environment_for(task, self.backend, self.settings)
        return self._environments[task.id]

    @cached_property
    def _solver(self) -> Solver:
        return Solver(self.settings, self.backend, self.options, self.gateway, self.stop.is_set)

    def _save_solved(self, held: Claim, selected: Selected, task: Task) -> None:
        solved = selected.solved
        patch = solved.patch.data if solved.patch else b""
        rows = [
            self.artifacts.save(held.trial_id, held.epoch, kind, name, data)
            for kind, name, data in artifacts_of_solving(selected)
        ]
        self._record(
            save_solved,
            held,
            agent_outcome=solved.agent_outcome,
            detail=solved.detail,
            timings=solved.timings,
            claims=solved.claims,
            claims_problem=solved.claims_problem,
            mutations=solved.mutations,
            usage=solved.usage.model_dump() if solved.usage else None,
            selection=selected.selection,
            file_recall=file_recall(patch, task.reference_patch) if task.reference_patch else None,
            notes=solved.patch.notes if solved.patch else (),
            artifacts=rows,
        )

    def stored_patch(self, trial_id: str) -> bytes:
        """The trial's captured patch; empty when the agent changed nothing.

        Raises:
            InfrastructureError: the store has none, or it is damaged.
        """
        patches = [a for a in artifacts_of(self.engine, trial_id) if a.kind == "patch"]
        if not patches:
            raise InfrastructureError(f"trial {trial_id}: its patch is not in the store")
        return self.artifacts.load(patches[-1])

    def grade(
        self,
        record: TrialRecord,
        task: Task,
        patch: bytes,
        scratch: Path,
        gpus: tuple[Gpu, ...],
        live: Listener = SILENT,
    ) -> tuple[GradeResult, Environment]:
        """Grade a trial's patch in fresh sandboxes; ``live`` is told what the experiments print."""
        scratch.mkdir(parents=True)
        functions = tuple(record.variant.functions)
        environment = self.environment_of(task)
        note_hardware(self.engine, record.trial.id, task, gpus)
        measurer = Measurer(task, self.backend, environment, scratch, record.trial.id, self.stop.is_set, live, gpus)
        base = masked_base(task, functions, self.settings)
        submission = Submission(functions, patch, record.trial.claims or {}, record.trial.claims_problem)
        return Grader(task, base, measurer, environment).grade(
            submission, attribute=self.options.attribute
        ), environment

    def grade_record(
        self,
        record: TrialRecord,
        task: Task,
        result: GradeResult,
        environment: Environment,
        gpus: tuple[Gpu, ...],
        reason: str,
        epoch: int,
    ) -> GradeRecord:
        """The rows of a grade, its logs written."""
        trial_id = record.trial.id
        experiments = relevant_experiments(task, record.variant.functions)
        logs: list[ArtifactRow] = []
        if result.logs:
            text = "\n".join(f"=== {name} ===\n{log}" for name, log in result.logs.items())
            name = "experiments.log" if reason == "trial" else f"experiments-{time.time_ns()}.log"
            logs.append(self.artifacts.save(trial_id, epoch, "experiment_log", name, text.encode()))
        grade = GradeRow(
            trial_id=trial_id,
            created_at=time.time(),
            reason=reason,
            outcome=result.outcome,
            detail=result.detail,
            credit=result.credit,
            flags=[str(f) for f in result.flags],
            functions=result.functions,
            visible_passed=result.visible_passed,
            claim_passed=claim_passes(experiments, record.trial.claims or {}),
            claims_made=sum(v.claimed is not None for v in result.values),
            claims_held=sum(v.claim is True for v in result.values),
            dropped=[{"path": d.path, "reason": d.reason} for d in result.dropped],
            elsewhere=result.elsewhere,
            notes=result.notes,
            seconds=result.seconds,
            sandbox=self.backend.name,
            environment={
                "python": environment.python,
                "packages": environment.packages,
                "image": environment.image,
                "hardware": describe_hardware(gpus),
            },
            platform_version=__version__,
            task_digest=task.digest,
        )
        return GradeRecord(grade, [MetricRow(**vars(v), grade_id=0) for v in result.values], logs)

    def _give_up(self, held: Claim) -> Outcome | None:
        """After a stop: a cancelled run's trial is recorded so, one that took too long too; any other goes back into
        the queue."""
        if self.cancel.is_set():
            self._finish(held, Outcome.CANCELLED, "the run was cancelled while the trial was at work")
            return Outcome.CANCELLED
        if self.overdue:
            return self._record_infra_error(held, self.overdue)
        release(self.engine, held, "rexlab was stopped")
        return None

    def _finish(self, held: Claim, outcome: Outcome, detail: str, **more: Any) -> None:
        result = {"timings": {}, "flags": [], "sandbox": self.backend.name, **more}
        self._record(save_result, held, outcome=outcome, detail=detail, **result)

    def _record(self, save: Callable[..., None], held: Claim, **what: Any) -> None:
        """Keep something of the trial; once more where the store broke off meanwhile, for it may be back."""
        try:
            save(self.engine, held, **what)
        except LeaseLostError:
            raise
        except StoreError as error:
            logger.warning("trial %s is recorded once more: %s", held.trial_id, error)
            with suppress(LeaseLostError):  # it was recorded, and only the answer was lost
                save(self.engine, held, **what)

    def _record_infra_error(self, held: Claim, detail: str) -> Outcome | None:
        try:
            self._finish(held, Outcome.INFRA_ERROR, detail)
        except LeaseLostError as error:
            logger.warning("%s", error)
            return None
        return Outcome.INFRA_ERROR
