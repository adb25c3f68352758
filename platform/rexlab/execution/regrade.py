"""Grade again: a stored patch of a trial, or a patch from outside. Agents are not run."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from rexlab.execution.gpus import leased
from rexlab.execution.prepare import environment_for, masked_base
from rexlab.execution.scratch import scratch_folder
from rexlab.execution.trial import Worker
from rexlab.grading.claims import Claims
from rexlab.grading.experiments import Measurer
from rexlab.grading.grade import Grader, Submission
from rexlab.grading.records import GradeResult
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.store.models import Outcome
from rexlab.store.queries import TrialRecord, list_trials
from rexlab.store.records import save_grade
from rexlab.task.load import Task


def regradable(worker: Worker, run_id: str) -> list[TrialRecord]:
    """Finished trials that came to grading once: what an agent that crashed or timed out left is not graded."""
    return [r for r in list_trials(worker.engine, [run_id]) if r.grade is not None]


def regrade_trial(worker: Worker, record: TrialRecord) -> Outcome:
    """Grade the trial's stored patch once more and add the grade; earlier ones stay.

    Raises:
        InputError: the task has changed since, or is gone, or needs GPUs that are not here.
        InfrastructureError: the platform failed; no grade was added.
    """
    task = worker.task_of(record)
    patch = worker.stored_patch(record.trial.id)
    with (
        scratch_folder(worker.settings, "grade") as scratch,
        leased(task, worker.settings, record.trial.id, worker.stop.is_set, worker.gpus) as gpus,
    ):
        result, environment = worker.grade(record, task, patch, scratch / "grade", gpus)
        if worker.stop.is_set():
            return Outcome.CANCELLED
        rows = worker.grade_record(record, task, result, environment, gpus, "regrade", record.trial.lease_epoch)
        save_grade(worker.engine, rows)
        return result.outcome


def regrade_run(
    worker: Worker, records: Sequence[TrialRecord], workers: int, on_end: Callable[[TrialRecord, Outcome], None]
) -> None:
    """Grade many trials' stored patches again.

    Raises:
        RexlabError: the first trial that could not be graded; those graded before keep their new grade.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="regrade") as pool:
        futures = {pool.submit(regrade_trial, worker, record): record for record in records}
        try:
            for future in as_completed(futures):
                on_end(futures[future], future.result())
        except BaseException:
            worker.stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def grade_patch(
    task: Task,
    functions: Sequence[str],
    patch: bytes,
    backend: SandboxBackend,
    settings: Settings,
    *,
    claims: Claims | None = None,
    attribute: bool = False,
) -> GradeResult:
    """Grade a patch that no trial of ours made; nothing is stored.

    Raises:
        PatchFormatError: it is not a git diff.
        FunctionNotFoundError: a function is not maskable in this task.
        InputError: the task needs GPUs that are not here.
        InfrastructureError: the platform failed.
    """
    ids = tuple(sorted(task.function(name).id for name in functions))
    environment = environment_for(task, backend, settings)
    with scratch_folder(settings, "grade") as scratch, leased(task, settings, f"grade {task.id}") as gpus:
        measurer = Measurer(task, backend, environment, scratch, "patch", gpus=gpus)
        grader = Grader(task, masked_base(task, ids, settings), measurer, environment)
        return grader.grade(Submission(ids, patch, claims or {}), attribute=attribute)
