"""``rexlab task``: new, describe, paper, variants, and what ``functions --suggest`` and ``mask --preview`` show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend
from rexlab.cli.output import AsJson, console, note, print_json, print_table
from rexlab.cli.tasks import SandboxName, TaskName, one_task
from rexlab.execution.request_texts import parse_counts

if TYPE_CHECKING:
    from rexlab.task.load import Task


def new(
    folder: Annotated[Path, typer.Argument(help="Folder to write; its name becomes the task's.")],
    source: Annotated[str, typer.Option("--from", help="The paper's repository: a folder or a git URL.")],
    paper: Annotated[Path, typer.Option(help="The paper: .pdf, .tex, .html, .md or .txt.")],
    sandbox: SandboxName = None,
) -> None:
    """Make a task folder from a paper's repository: experiments, functions and requirements that can be found.

    Each script that could be an experiment is run once, in a sandbox.
    """
    from rexlab.authoring.scaffold import scaffold
    from rexlab.execution.scratch import scratch_folder
    from rexlab.settings import load_settings, require_writable

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    backend = choose_backend(settings.sandbox)
    with scratch_folder(settings, "check") as scratch:
        made = scaffold(folder, source, paper, backend, settings, scratch, note)
    task = made.task
    rows: list[tuple[object, ...]] = [
        (e.name, e.command, len(e.metric), "hidden" if e.hidden else "") for e in task.experiments
    ]
    print_table(("experiment", "command", "metrics", ""), rows, right=("metrics",))
    print_table(("function", "path"), [(f.qualname, f.path) for f in task.functions])
    for remark in made.remarks:
        note(f"look: {remark}")
    note(f"wrote {task.folder}; next: fill in what says TODO in task.toml, then rexlab task calibrate {folder} --apply")


def describe(task: TaskName) -> None:
    """Write missing function descriptions from docstrings and signatures. Exit code 1 while some are missing."""
    from rexlab.authoring.describe import TODO
    from rexlab.authoring.describe import describe as from_code
    from rexlab.authoring.edit import FunctionEdit, edit_functions
    from rexlab.task.functions import scan

    found = one_task(task)
    place = found.folder / "task.toml"
    missing, written, functions = [], 0, []
    for section in found.functions:
        text = section.description
        if text.strip().startswith(TODO):
            said = from_code(scan((found.code / section.path).read_bytes(), section.path).find(section.qualname))
            if said.startswith(TODO):
                missing.append(section.id)
            else:
                text, written = said, written + 1
        functions.append(FunctionEdit(section.path, section.qualname, text))
    if written:
        edit_functions(found, functions)
    note(f"{written} descriptions written into {place}")
    for name in missing:
        note(f"still missing: {name} has no docstring to take one from; write it in task.toml")
    if missing:
        raise typer.Exit(1)


def paper(
    task: TaskName,
    pdf: Annotated[Path | None, typer.Option(help="The paper as PDF.")] = None,
    tex: Annotated[Path | None, typer.Option(help="The paper as LaTeX.")] = None,
    html: Annotated[Path | None, typer.Option(help="The paper as HTML.")] = None,
    redact: Annotated[bool, typer.Option("--redact", help="Take out the numbers that the checks expect.")] = False,
) -> None:
    """Write a task's paper text from a PDF, LaTeX or HTML file, or redact the text it has."""
    from rexlab.authoring.paper import read_paper
    from rexlab.authoring.paper import redact as without_numbers
    from rexlab.errors import InputError

    found = one_task(task)
    given = [f for f in (pdf, tex, html) if f is not None]
    if len(given) > 1 or not (given or redact):
        raise InputError("give the paper as one of --pdf, --tex or --html, or --redact the text the task has")
    text = read_paper(given[0]) if given else found.paper
    if redact:
        done = without_numbers(found, text)
        for number in done.removed:
            note(f"redacted: {number.text} in line {number.line} ({number.owner})")
        note(f"{len(done.removed)} numbers redacted")
        text = done.text
    place = found.folder / found.manifest.paper.file
    beside = place.with_name(f".{place.name}.part")
    beside.write_text(text, "utf-8")
    beside.replace(place)
    note(f"wrote {place}: {len(text.split())} words")


def variants(
    task: TaskName,
    masks: Annotated[str, typer.Option(help="Numbers of masked functions: 1,2,3 or 1..5.")] = "1",
    sample: Annotated[int | None, typer.Option(min=1, help="Draw so many sets per number, in place of all.")] = None,
    progressive: Annotated[
        bool, typer.Option("--progressive", help="Nested sets along random orders of the functions; --sample orders.")
    ] = False,
    seed: Annotated[int, typer.Option(help="What is drawn is drawn with this.")] = 0,
    as_json: AsJson = False,
) -> None:
    """The sets of functions that a run would mask."""
    from rexlab.errors import InputError
    from rexlab.task.variants import enumerate_variants
    from rexlab.task.variants import progressive as chains_of

    found = one_task(task)
    ids = [f.id for f in found.functions]
    if not ids:
        raise InputError(f"task {found.id} is an extension: nothing in it is masked")
    counts = parse_counts(masks)
    if progressive:
        sets = [s for chain in chains_of(ids, counts, sample or 1, seed) for s in chain]
    else:
        sets = [s for n in counts for s in enumerate_variants(ids, n, sample=sample, seed=seed)]
    if as_json:
        print_json([{"masks": len(s), "functions": list(s)} for s in sets])
        return
    print_table(("masks", "functions"), [(len(s), ", ".join(s)) for s in sets], right=("masks",))
    note(f"{len(sets)} variants of {found.id}")


def show_suggestions(found: "Task", sandbox: str | None, as_json: bool) -> None:
    """Rank the functions of a task's code by how well they could be masked."""
    from rexlab.authoring.candidates import find_candidates
    from rexlab.authoring.observe import Observer
    from rexlab.execution.scratch import scratch_folder
    from rexlab.settings import load_settings, require_writable
    from rexlab.workspace.paths import patterns

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    backend = choose_backend(settings.sandbox)
    section = found.manifest.environment
    with scratch_folder(settings, "check") as scratch:
        observer = Observer(found.code, section.requirements, backend, settings, scratch, memory_mb=section.memory_mb)
        observer.setup = section.setup
        seen = {
            e.name: observer.run(e.command.replace("{seed}", str(e.seeds[0])))
            for e in found.experiments
            if not e.hidden
        }
    for name, observation in seen.items():
        if not observation.lines:
            note(f"{name}: nothing that it executes was recorded; exit code {observation.ended.exit_code}")
    protected = patterns(tuple(found.manifest.protect.paths))
    scripts = [
        p.relative_to(found.code).as_posix()
        for p in found.code.rglob("*.py")
        if protected.match(p.relative_to(found.code).as_posix().encode(), folder=False)
    ]
    candidates, unreadable = find_candidates(found.code, scripts, seen)
    declared = {f.id for f in found.functions}
    columns = ("function", "path", "score", "lines", "complexity", "reach", "executed by", "in task.toml")
    rows = [
        (
            c.function.name,
            c.path,
            c.score,
            c.lines,
            c.complexity,
            c.reach,
            ", ".join(c.executed_by),
            "yes" if f"{c.path}:{c.function.name}" in declared else "",
        )
        for c in candidates
    ]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, [(r[0], r[1], f"{r[2]:.0f}", *r[3:]) for r in rows], right=columns[2:6])
    for remark in unreadable:
        note(f"not looked at: {remark}")


def show_diffs(diffs: list[tuple[str, str]]) -> None:
    """Print what masking changed in each file, as coloured diffs."""
    from rich.syntax import Syntax

    for _, text in diffs:
        console().print(Syntax(text, "diff", background_color="default", word_wrap=False))
