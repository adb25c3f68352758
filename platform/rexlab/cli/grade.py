"""``rexlab grade`` and ``rexlab regrade``: judge patches without running an agent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend, open_store
from rexlab.cli.output import AsJson, note, outcome_text, print_json, print_table
from rexlab.execution.request_texts import split_names
from rexlab.reports.cells import percent

if TYPE_CHECKING:
    from rexlab.grading.original_rule import OriginalVerdict
    from rexlab.grading.records import GradeResult
    from rexlab.grading.rexbench_metrics import RexbenchScore
    from rexlab.store.models import Outcome
    from rexlab.store.queries import TrialRecord

_MAX_PATCH_BYTES = 50_000_000


def grade(
    task: Annotated[str, typer.Argument(help="Task name, suite/task, or a task's folder; a suite for --submission.")],
    patch: Annotated[Path | None, typer.Option(help="A git diff against the masked code.")] = None,
    submission: Annotated[
        Path | None, typer.Option(help="In place of --patch: a zip or folder with TASK/RUN/*.patch, as RExBench's.")
    ] = None,
    masks: Annotated[str, typer.Option(help="The functions that were masked, separated by commas.")] = "",
    claims: Annotated[Path | None, typer.Option(help="The results the patch's author claims, as JSON.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process.")] = None,
    attribute: Annotated[bool, typer.Option(help="Also judge each masked function alone.")] = False,
    original_rule: Annotated[
        bool, typer.Option("--original-rule", help="Judge by AutoExperiment's rule: a mean of 5 % per experiment.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Grade a patch, or a submission of many, from outside; nothing is stored. Exit code 1 when a patch fails."""
    from rexlab.errors import InputError
    from rexlab.execution.regrade import grade_patch
    from rexlab.grading.claims import parse_claims
    from rexlab.grading.collect import CollectError
    from rexlab.grading.original_rule import judge_by_original_rule
    from rexlab.grading.rexbench_metrics import score
    from rexlab.settings import load_settings, require_writable
    from rexlab.task.suites import find_tasks

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    found = find_tasks(task, settings.task_folders)
    if submission is not None:
        from rexlab.cli.submission import grade_submission

        if patch or masks or claims or attribute or original_rule:
            raise InputError("--submission brings its own patches: leave --patch, --masks, --claims and the like out")
        grade_submission(found, submission, choose_backend(settings.sandbox), settings, as_json=as_json)
        return
    if patch is None:
        raise InputError("name what to grade: --patch FILE, or --submission ZIP for a patch per task and run")
    if len(found) != 1:
        raise InputError(f"{task} is a suite of {len(found)} tasks; name one of them")
    functions = split_names(masks)
    if found[0].functions and not functions:
        raise InputError(
            f"name the functions that were masked: --masks {','.join(f.qualname for f in found[0].functions)}"
        )
    try:
        stated = parse_claims(_read(claims)) if claims else {}
    except CollectError as error:
        raise InputError(f"{claims}: {error}; write {{'experiment': {{'metric': number}}}}") from error
    backend = choose_backend(settings.sandbox)
    data = _read(patch)
    result = grade_patch(found[0], functions, data, backend, settings, claims=stated, attribute=attribute)
    verdict = judge_by_original_rule(result.values) if original_rule else None
    extension = score(result.outcome, data, found[0].reference_patch) if not found[0].functions else None
    _print(result, verdict, extension, as_json)
    if not (verdict.passed if verdict else result.outcome == "passed"):
        raise typer.Exit(1)


def regrade(
    run: Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")],
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Patches graded at the same time.")] = None,
    sandbox: Annotated[
        str | None, typer.Option(help="auto, bubblewrap, docker or process; default: as planned.")
    ] = None,
    attribute: Annotated[bool, typer.Option(help="Also judge each masked function alone.")] = False,
) -> None:
    """Grade a run's stored patches again. Agents are not run again; old grades stay."""
    from rexlab.execution.options import RunOptions
    from rexlab.execution.regrade import regradable, regrade_run
    from rexlab.execution.trial import Worker
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run

    settings = load_settings(workers=workers)
    engine = open_store(settings)
    row = find_run(engine, run)
    backend = choose_backend(sandbox or row.spec.get("sandbox") or settings.sandbox)
    worker = Worker(engine, settings, backend, RunOptions(attribute=attribute))
    records = regradable(worker, row.id)
    if not records:
        note(f"run {row.id} has no graded trial")
        return
    changed: list[tuple[str, Outcome | None, Outcome]] = []

    def on_end(record: "TrialRecord", outcome: "Outcome") -> None:
        if record.outcome is not outcome:
            changed.append((record.trial.id, record.outcome, outcome))

    regrade_run(worker, records, settings.workers, on_end)
    note(f"run {row.id}: {len(records)} patches graded again, {len(changed)} outcomes changed")
    if changed:
        print_table(("trial", "before", "now"), [(t, outcome_text(a), outcome_text(b)) for t, a, b in sorted(changed)])


def _read(path: Path) -> bytes:
    from rexlab.errors import InputError

    try:
        if path.stat().st_size > _MAX_PATCH_BYTES:
            raise InputError(f"{path} is larger than {_MAX_PATCH_BYTES // 1_000_000} MB")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _print(
    result: "GradeResult", verdict: "OriginalVerdict | None", extension: "RexbenchScore | None", as_json: bool
) -> None:
    from dataclasses import asdict

    if as_json:
        original = {"original_rule": {"passed": verdict.passed, "losses": verdict.losses}} if verdict else {}
        metrics = {"rexbench": asdict(extension)} if extension else {}
        print_json({**asdict(result), **original, **metrics})
        return
    facts: list[tuple[str, object]] = [
        ("outcome", outcome_text(result.outcome)),
        ("detail", result.detail),
        ("credit", percent(result.credit)),
        ("flags", ", ".join(result.flags) or "none"),
    ]
    facts += [
        ("function", f"{name}: {'right' if good else 'wrong'}") for name, good in (result.functions or {}).items()
    ]
    facts += [("dropped", f"{d.path}: {d.reason}") for d in result.dropped]
    facts += [("edited elsewhere", path) for path in result.elsewhere]
    facts += [("noticed", text) for text in result.notes]
    if extension:
        facts.append(("final success", "yes" if extension.final_success else "no"))
        facts.append(("execution success", "yes" if extension.execution_success else "no"))
        facts.append(("file recall", percent(extension.file_recall)))
    if verdict:
        facts.append(("original rule", "passed" if verdict.passed else "failed"))
        facts += [("", f"{name}: mean loss {loss:.4g}") for name, loss in verdict.losses.items()]
    print_table(("", ""), facts)
    rows = [
        (
            v.experiment + (" (hidden)" if v.hidden else ""),
            v.metric,
            v.position,
            "-" if v.observed is None else f"{v.observed:.6g}",
            f"{v.target:.6g}",
            f"{v.tolerance:.3g}",
            "-" if v.margin is None else f"{v.margin:.3g}",
            outcome_text("passed" if v.passed else "wrong_result", "yes" if v.passed else "no"),
            v.problem,
        )
        for v in result.values
    ]
    if rows:
        columns = ("experiment", "metric", "#", "observed", "target", "tolerance", "margin", "passes", "problem")
        print_table(columns, rows, right=("#", "observed", "target", "tolerance", "margin"))
