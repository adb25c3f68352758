"""``rexlab grade`` and ``rexlab regrade``: judge patches without running an agent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend, open_store, split_names
from rexlab.cli.output import AsJson, note, outcome_text, percent, print_json, print_table

if TYPE_CHECKING:
    from rexlab.grading.records import GradeResult
    from rexlab.store.models import Outcome
    from rexlab.store.queries import TrialRecord

_MAX_PATCH_BYTES = 50_000_000


def grade(
    task: Annotated[str, typer.Argument(help="Task name, suite/task, or a task's folder.")],
    patch: Annotated[Path, typer.Option(help="A git diff against the masked code.")],
    masks: Annotated[str, typer.Option(help="The functions that were masked, separated by commas.")] = "",
    claims: Annotated[Path | None, typer.Option(help="The results the patch's author claims, as JSON.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process.")] = None,
    attribute: Annotated[bool, typer.Option(help="Also judge each masked function alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Grade a patch from outside; nothing is stored. Exit code 1 when it does not pass."""
    from rexlab.errors import InputError
    from rexlab.execution.regrade import grade_patch
    from rexlab.grading.collect import CollectError
    from rexlab.grading.grade import parse_claims
    from rexlab.settings import load_settings, require_writable
    from rexlab.task.suites import find_tasks

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    found = find_tasks(task, settings.task_folders)
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
    result = grade_patch(found[0], functions, _read(patch), backend, settings, claims=stated, attribute=attribute)
    _print(result, as_json)
    if result.outcome != "passed":
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
    from rexlab.execution.regrade import regradable, regrade_run
    from rexlab.execution.trial import Worker
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run

    settings = load_settings(workers=workers)
    engine = open_store(settings)
    row = find_run(engine, run)
    backend = choose_backend(sandbox or row.spec.get("sandbox") or settings.sandbox)
    worker = Worker(engine, settings, backend, attribute)
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


def _print(result: "GradeResult", as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        print_json(asdict(result))
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
