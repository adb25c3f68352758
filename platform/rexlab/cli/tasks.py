"""``rexlab task``: list, show, functions, mask, check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend
from rexlab.cli.output import AsJson, console, note, print_json, print_table
from rexlab.execution.request_texts import split_names

if TYPE_CHECKING:
    from rexlab.authoring.finding import Finding
    from rexlab.task.load import Task
    from rexlab.task.manifest import EnvironmentSection, FunctionSection

app = typer.Typer(help="Tasks: look at them, mask them, prove them.", no_args_is_help=True)
TaskName = Annotated[str, typer.Argument(help="Task name, suite/task, or a task's folder.")]
SandboxName = Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All tasks of all suites."""
    from rexlab.settings import load_settings
    from rexlab.task.load import load_task
    from rexlab.task.suites import iterate_suites

    suites = iterate_suites(load_settings().task_folders)
    tasks = [load_task(p) for paths in suites.values() for p in paths]
    if as_json:
        print_json([_as_dict(t) for t in tasks])
        return
    rows = []
    for t in tasks:
        hidden = sum(e.hidden for e in t.experiments)
        experiments = f"{len(t.experiments) - hidden} + {hidden} hidden"
        rows.append((t.id, t.manifest.task.kind, len(t.functions), experiments, t.manifest.task.title))
    print_table(("task", "kind", "functions", "experiments", "title"), rows, right=("functions",))
    if not rows:
        note("no tasks were found; set REXLAB_TASKS_PATH to a folder of suites")


def _gpus(asked: "EnvironmentSection") -> str:
    if not asked.gpus:
        return "none"
    return f"{asked.gpus}" + (f" of at least {asked.gpu_memory_mb} MB" if asked.gpu_memory_mb else "")


@app.command()
def show(task: TaskName, as_json: AsJson = False) -> None:
    """One task: paper, environment, experiments and their checks."""
    found = one_task(task)
    if as_json:
        print_json({**_as_dict(found), "manifest": found.manifest.model_dump(by_alias=True, mode="json")})
        return
    manifest = found.manifest
    paper = manifest.paper
    facts: list[tuple[str, object]] = [
        ("task", f"{found.id} ({manifest.task.kind})"),
        ("title", manifest.task.title),
        ("summary", manifest.task.summary),
        ("paper", f"{paper.title}, {', '.join(paper.authors)} ({paper.year})\n{paper.url}"),
        ("requirements", ", ".join(manifest.environment.requirements) or manifest.environment.image or "none"),
        ("limits", f"{manifest.environment.cpus} CPUs, {manifest.environment.memory_mb} MB, no network"),
        ("GPUs", _gpus(manifest.environment)),
        ("protected", ", ".join(manifest.protect.paths) or "nothing"),
        ("folder", found.folder),
        ("digest", found.digest),
    ]
    print_table(("", ""), facts)
    rows = []
    for e in found.experiments:
        for position, m in enumerate(e.metric):
            name = f"{e.name}{' (hidden)' if e.hidden else ''}" if position == 0 else ""
            check = m.check.model_dump(exclude={"kind"})
            words = ", ".join(f"{k} {_short(v)}" for k, v in check.items())
            rows.append((name, m.name, m.count * len(e.seeds), m.check.kind, words))
    print_table(("experiment", "metric", "values", "check", "expected"), rows, right=("values",))


@app.command()
def functions(
    task: TaskName,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Run the experiments, and rank every function that could be masked.")
    ] = False,
    sandbox: SandboxName = None,
    as_json: AsJson = False,
) -> None:
    """A task's maskable functions."""
    from rexlab.task.functions import scan

    found = one_task(task)
    if suggest:
        from rexlab.cli.authoring import show_suggestions

        show_suggestions(found, sandbox, as_json)
        return
    rows = []
    for f in found.functions:
        span = scan((found.code / f.path).read_bytes(), f.path).find(f.qualname)
        used = ", ".join(e.name for e in found.experiments if not e.functions or {f.qualname, f.id} & set(e.functions))
        rows.append((f.qualname, f.path, span.last_line - span.first_line + 1, used, f.description))
    columns = ("function", "path", "lines", "experiments", "description")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, rows, right=("lines",))


@app.command()
def mask(
    task: TaskName,
    functions: Annotated[str, typer.Option(help="Functions to mask, separated by commas; all without it.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder to write; must not exist yet.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Show the change as a diff.")] = False,
) -> None:
    """Mask functions of a task's code, as an agent would get it, and scan the result for leaks."""
    from tempfile import TemporaryDirectory

    from rexlab.errors import InputError

    found = one_task(task)
    names = split_names(functions) if functions else [f.id for f in found.functions]
    if not names:
        raise InputError("--functions is empty: name at least one; `rexlab task functions` lists them")
    if out is None and not preview:
        raise InputError("give --out FOLDER to write the masked code, or --preview to look at it")
    chosen = list({f.id: f for f in (found.function(name) for name in names)}.values())
    if out is not None and out.exists():
        raise InputError(f"{out} exists already: name a folder that does not")
    with TemporaryDirectory(prefix="rexlab-mask-") as folder:
        leaked = _mask(found, chosen, out or Path(folder) / "code", preview)
    if out is not None:
        note(f"{len(chosen)} functions of {found.id} masked in {out}")
    if leaked:
        raise typer.Exit(1)


def _mask(task: "Task", chosen: "list[FunctionSection]", place: Path, preview: bool) -> bool:
    """Mask, show and scan; whether anything gives a masked body away."""
    from rexlab.authoring.preview import write_mask

    seen = write_mask(task, chosen, place)
    if preview:
        from rexlab.cli.authoring import show_diffs

        show_diffs(seen.diffs)
    for leak in seen.leaks:
        note(
            f"leak: {leak.function}: {leak.kind} in {leak.file}, line {leak.line} ({100 * leak.similarity:.0f} % alike)"
        )
    for remark in seen.notes:
        note(f"not searched: {remark}")
    if preview and not seen.leaks:
        note("no masked body stands elsewhere in the code")
    return bool(seen.leaks)


@app.command()
def check(
    tasks: Annotated[list[str], typer.Argument(help="Tasks, suites or task folders.")],
    sandbox: SandboxName = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Experiments run at the same time.")] = None,
    as_json: AsJson = False,
) -> None:
    """Prove tasks by running them. Exit code 1 when a proof fails; each failure says what to do."""
    from rexlab.authoring.check import Checker
    from rexlab.execution.scratch import scratch_folder
    from rexlab.settings import load_settings, require_writable
    from rexlab.task.suites import find_tasks

    settings = load_settings(sandbox=sandbox, workers=workers)
    require_writable(settings.home)
    backend = choose_backend(settings.sandbox)
    found = [t for name in tasks for t in find_tasks(name, settings.task_folders)]
    results = {}
    for task in found:
        if not as_json:
            console().print(task.id, style="bold", markup=False)
        with scratch_folder(settings, "check") as scratch:
            checker = Checker(task, backend, settings, scratch, settings.workers)
            results[task.id] = checker.run(lambda f: None if as_json else _print_finding(f))
    failed = sum(not f.holds for findings in results.values() for f in findings)
    total = sum(map(len, results.values()))
    if as_json:
        from dataclasses import asdict

        print_json({task: [asdict(f) for f in findings] for task, findings in results.items()})
    else:
        note(f"{total - failed} of {total} proofs hold for {len(found)} tasks, in the {backend.name} sandbox")
    if failed:
        raise typer.Exit(1)


def one_task(name: str) -> "Task":
    """The one task that ``name`` means.

    Raises:
        InputError: it means none, or several.
    """
    from rexlab.errors import InputError
    from rexlab.settings import load_settings
    from rexlab.task.suites import find_tasks

    found = find_tasks(name, load_settings().task_folders)
    if len(found) != 1:
        raise InputError(f"{name} is a suite; name one of its tasks: {', '.join(t.id for t in found)}")
    return found[0]


def _print_finding(finding: "Finding") -> None:
    from rich.text import Text

    line = Text("  ok    " if finding.holds else "  FAIL  ", style="green" if finding.holds else "bold red")
    line.append(finding.claim, style="" if finding.holds else "bold")
    if finding.detail:
        line.append(f": {finding.detail}", style="dim")
    console().print(line, soft_wrap=True)
    if finding.remedy:
        console().print(Text(f"        -> {finding.remedy}"), soft_wrap=True)


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"{value[0]:g} … {value[-1]:g}" if len(value) > 3 else ", ".join(f"{v:g}" for v in value)
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _as_dict(task: "Task") -> dict[str, object]:
    return {
        "task": task.id,
        "kind": task.manifest.task.kind,
        "title": task.manifest.task.title,
        "functions": [f.id for f in task.functions],
        "experiments": [e.name for e in task.experiments],
        "hidden": [e.name for e in task.experiments if e.hidden],
        "digest": task.digest,
        "folder": str(task.folder),
    }
