"""``rexlab task``: calibrate and mutate, the evidence for a task's checks."""

from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend
from rexlab.cli.output import AsJson, console_err, note, print_json, print_table
from rexlab.cli.tasks import SandboxName, TaskName, one_task
from rexlab.execution.request_texts import parse_counts
from rexlab.reports.cells import percent

if TYPE_CHECKING:
    from rexlab.authoring.mutation_record import MutationRecord
    from rexlab.authoring.propose import Proposal
    from rexlab.task.load import Task


def calibrate(
    task: TaskName,
    runs: Annotated[int, typer.Option(min=2, max=1000, help="Runs with the task's own seeds.")] = 5,
    seeds: Annotated[
        str | None,
        typer.Option(help="One more run for each of these seeds: 0..4 or 1,2,3. Ranges then come from them."),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write proposed checks into task.toml where they are open or do not hold.")
    ] = False,
    sandbox: SandboxName = None,
    as_json: AsJson = False,
) -> None:
    """Run the reference, keep what it measures in calibration.json, and propose a check for each metric."""
    from rexlab.authoring.calibration import calibrate as run_reference
    from rexlab.authoring.calibration import save_calibration
    from rexlab.authoring.propose import inline, propose
    from rexlab.errors import InputError
    from rexlab.execution.scratch import scratch_folder
    from rexlab.settings import load_settings, require_writable

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    found = one_task(task)
    chosen = parse_counts(seeds, "--seeds") if seeds else []
    if len(chosen) == 1:
        raise InputError(f"--seeds {seeds}: one seed cannot show whether numbers differ; give at least two")
    backend = choose_backend(settings.sandbox)
    with scratch_folder(settings, "check") as scratch:
        calibration = run_reference(found, backend, settings, scratch, runs, chosen)
    proposals = propose(found, calibration)
    rows = [
        (p.experiment, p.metric, f"{p.lowest:.10g}", f"{p.highest:.10g}", "yes" if p.holds_now else "NO", p.why)
        for p in proposals
    ]
    needed = [p for p in proposals if not p.holds_now]
    if as_json:
        print_json([{**vars(p), "check": p.check.model_dump()} for p in proposals])
    else:
        columns = ("experiment", "metric", "lowest", "highest", "check holds", "proposed check")
        print_table(columns, rows, right=("lowest", "highest"))
    if apply:
        found = _write_checks(found, needed)
        calibration = calibration.model_copy(update={"task_digest": found.digest})
    for p in needed if not apply and not as_json else []:
        note(f"{p.experiment}, {p.metric}: proposed check = {inline(p.check).as_string()}")
    more = f" and {len(chosen)} seeds" if chosen else ""
    note(f"wrote {save_calibration(found, calibration)} from {runs} runs{more}")


def _write_checks(task: "Task", proposals: "list[Proposal]") -> "Task":
    from rexlab.authoring.propose import with_checks
    from rexlab.task.load import load_task

    place = task.folder / "task.toml"
    beside = place.with_suffix(".toml.part")
    beside.write_text(with_checks(place.read_text("utf-8"), proposals), "utf-8")
    beside.replace(place)
    note(f"wrote {len(proposals)} checks into {place}")
    return load_task(task.folder)


def mutate(
    tasks: Annotated[list[str], typer.Argument(help="Tasks, suites or task folders.")],
    mutants: Annotated[int, typer.Option(min=1, max=10000, help="Subtle mistakes to try per function.")] = 10,
    seed: Annotated[int, typer.Option(help="What they are drawn with.")] = 0,
    keep: Annotated[bool, typer.Option(help="Write mutation.json, which `rexlab task check` reads.")] = True,
    sandbox: SandboxName = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Mutants tried at the same time.")] = None,
    as_json: AsJson = False,
) -> None:
    """Test the checks: make subtle mistakes in the functions, and see which ones no metric notices.

    Exit code 1 when fewer than 95 % of all mistakes that can be told from the original are noticed. Survivors that
    cannot be told are argued in a task's equivalent.toml.
    """
    from rich.progress import Progress

    from rexlab.authoring.mutate import MutationTester
    from rexlab.authoring.mutation_record import REQUIRED_RATE, save_record
    from rexlab.execution.scratch import scratch_folder
    from rexlab.settings import load_settings, require_writable
    from rexlab.task.suites import find_tasks

    settings = load_settings(sandbox=sandbox, workers=workers)
    require_writable(settings.home)
    backend = choose_backend(settings.sandbox)
    found = [t for name in tasks for t in find_tasks(name, settings.task_folders)]
    records = {}
    for task in found:
        with scratch_folder(settings, "check") as scratch, Progress(console=console_err(), transient=True) as bar:
            line = bar.add_task(task.id, total=None)
            tester = MutationTester(task, backend, settings, scratch, mutants, seed, settings.workers)
            record = tester.run(lambda done, total: bar.update(line, completed=done, total=total))  # noqa: B023
        records[task.id] = record
        if not as_json:
            _print_mutation(task, record)
        if keep:
            note(f"wrote {save_record(task, record)}")
    if as_json:
        print_json({name: record.model_dump(by_alias=True, mode="json") for name, record in records.items()})
    tried = sum(r.tried for r in records.values())
    killed = sum(r.killed for r in records.values())
    equivalent = sum(r.equivalent for r in records.values())
    note(f"{killed} of {tried} mutants noticed, {equivalent} equivalent by argument, in the {backend.name} sandbox")
    if killed < REQUIRED_RATE * (tried - equivalent):
        raise typer.Exit(1)


def _print_mutation(task: "Task", record: "MutationRecord") -> None:
    rows: list[tuple[object, ...]] = [
        (f.function.rpartition(":")[2], f.possible, f.tried, f.killed, f.equivalent, f.tried - f.killed - f.equivalent)
        for f in record.functions
    ]
    columns = ("function", "possible", "tried", "noticed", "equivalent", "unnoticed")
    title = f"{task.id}: {percent(record.rate)} of the mutants are noticed"
    print_table(columns, rows, title=title, right=columns[1:])
    for f in record.functions:
        for survivor in f.survivors:
            why = survivor.argument and f"equivalent: {survivor.argument}"
            loose = survivor.loose and f"too loose: {', '.join(survivor.loose)}"
            rest = why or loose or "no metric moves: add one that depends on it, or argue it in equivalent.toml"
            note(f"  survivor in {f.function}\n    at: {survivor.at}\n    change: {survivor.change}\n    {rest}")
    if idle := [metric for metric, count in record.kills.items() if not count]:
        note(f"  metrics that noticed none of these mutants: {', '.join(idle)}")
