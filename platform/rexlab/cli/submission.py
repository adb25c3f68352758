"""``rexlab grade --submission``: grade a patch per task and run, as RExBench's submissions are organised."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rexlab.cli.output import note, outcome_text, print_json, print_table
from rexlab.reports.cells import percent

if TYPE_CHECKING:
    from rexlab.grading.rexbench_metrics import Mean, RexbenchScore
    from rexlab.importers.rexbench import SubmittedRun
    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings
    from rexlab.store.models import Outcome
    from rexlab.task.load import Task


@dataclass(frozen=True)
class GradedRun:
    """One run of a submission, graded."""

    submitted: "SubmittedRun"
    outcome: "Outcome"
    detail: str
    score: "RexbenchScore"


def grade_submission(
    tasks: "Sequence[Task]", path: Path, backend: "SandboxBackend", settings: "Settings", *, as_json: bool
) -> None:
    """Grade every run of a submission and print the means per task; nothing is stored.

    Raises:
        InputError: the submission cannot be used, or a task is no extension.
        typer.Exit: with 1 when rexlab itself failed on a run; such runs count as failures.
    """
    from rexlab.errors import InputError
    from rexlab.importers.rexbench import read_submission
    from rexlab.store.models import Outcome

    by_name = {task.name: task for task in tasks}
    for task in tasks:
        if task.manifest.task.kind != "extension":
            raise InputError(f"{task.id} is a masking task: a submission holds patches of extension tasks only")
    if len(by_name) != len(tasks):
        raise InputError("two of these tasks have one name; grade one suite at a time")
    submission = read_submission(path, by_name)
    for remark in submission.remarks:
        note(remark)
    graded = []
    for run in submission.runs:
        graded.append(_grade(by_name[run.task], run, backend, settings))
        note(f"{run.task}, {run.run}: {graded[-1].outcome}")
    if as_json:
        print_json(_as_dict(by_name, graded))
    else:
        _print(by_name, graded)
    if broken := [g for g in graded if g.outcome is Outcome.INFRA_ERROR]:
        note(f"{len(broken)} runs could not be graded and count as failures; first: {broken[0].detail}")
        raise typer.Exit(1)


def _grade(task: "Task", run: "SubmittedRun", backend: "SandboxBackend", settings: "Settings") -> GradedRun:
    from rexlab.errors import InfrastructureError, PatchFormatError
    from rexlab.execution.regrade import grade_patch
    from rexlab.grading.rexbench_metrics import score
    from rexlab.store.models import Outcome

    if not run.patch.strip():
        outcome, detail = Outcome.NO_PATCH, run.problem or "the patch is empty"
    else:
        try:
            result = grade_patch(task, [], run.patch, backend, settings)
            outcome, detail = result.outcome, result.detail
        except PatchFormatError as error:
            outcome, detail = Outcome.PATCH_REJECTED, str(error)
        except InfrastructureError as error:
            outcome, detail = Outcome.INFRA_ERROR, str(error)
    return GradedRun(run, outcome, detail, score(outcome, run.patch, task.reference_patch))


def _means(graded: list[GradedRun]) -> "tuple[Mean | None, Mean | None, Mean | None]":
    """Final Success, Execution Success, File Recall, over the runs."""
    from rexlab.grading.rexbench_metrics import summarise

    return (
        summarise([float(g.score.final_success) for g in graded]),
        summarise([float(g.score.execution_success) for g in graded]),
        summarise([g.score.file_recall for g in graded if g.score.file_recall is not None]),
    )


def _print(tasks: "dict[str, Task]", graded: list[GradedRun]) -> None:
    rows = [
        (
            g.submitted.task,
            g.submitted.run,
            outcome_text(g.outcome),
            "yes" if g.score.final_success else "no",
            "yes" if g.score.execution_success else "no",
            percent(g.score.file_recall),
            g.detail,
        )
        for g in graded
    ]
    print_table(("task", "run", "outcome", "final", "executed", "file recall", "detail"), rows, right=("file recall",))
    totals = []
    for name in sorted(tasks):
        runs = [g for g in graded if g.submitted.task == name]
        totals.append((name, len(runs), *map(_with_error, _means(runs))))
    totals.append(("all runs", len(graded), *map(_with_error, _means(graded))))
    numbers = ("runs", "final success", "execution success", "file recall")
    print_table(("task", *numbers), totals, title="means over runs, ± standard error", right=numbers)
    if missing := [name for name in sorted(tasks) if not any(g.submitted.task == name for g in graded)]:
        note(f"not in the submission: {', '.join(missing)}")


def _with_error(mean: "Mean | None") -> str:
    if mean is None:
        return "-"
    return percent(mean.value) + (f" ± {100 * mean.sem:.1f}" if mean.sem is not None else "")


def _as_dict(tasks: "dict[str, Task]", graded: list[GradedRun]) -> dict[str, object]:
    from dataclasses import asdict

    names = ("final_success", "execution_success", "file_recall")

    def means(runs: list[GradedRun]) -> dict[str, object]:
        values = zip(names, _means(runs), strict=True)
        return {"runs": len(runs), **{key: None if mean is None else asdict(mean) for key, mean in values}}

    return {
        "runs": [
            {
                "task": g.submitted.task,
                "run": g.submitted.run,
                "outcome": g.outcome,
                "detail": g.detail,
                **asdict(g.score),
            }
            for g in graded
        ],
        "tasks": {name: means([g for g in graded if g.submitted.task == name]) for name in sorted(tasks)},
        "all": means(graded),
    }
