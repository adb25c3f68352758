"""``rexlab export``: harbor, jsonl."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.output import note
from rexlab.execution.request_texts import parse_counts, split_names

if TYPE_CHECKING:
    from rexlab.exporters.selection import Selection
    from rexlab.task.load import Task
    from rexlab.task.variant import Variant

app = typer.Typer(help="Tasks in other benchmarks' formats.", no_args_is_help=True)
Tasks = Annotated[list[str], typer.Argument(help="Tasks, suites or task folders.")]
Masks = Annotated[str, typer.Option(help="Numbers of masked functions: 1,2,3 or 1..5.")]
Sample = Annotated[int | None, typer.Option(min=1, help="Draw so many variants per task and number of masks.")]
Seed = Annotated[int, typer.Option(help="What the sample is drawn with.")]
Functions = Annotated[str, typer.Option(help="Mask exactly these, separated by commas, in place of --masks.")]


@app.command()
def harbor(
    tasks: Tasks,
    out: Annotated[Path, typer.Option(help="Folder to write; must not exist yet.")],
    masks: Masks = "1",
    sample: Sample = None,
    seed: Seed = 0,
    functions: Functions = "",
    hints: Annotated[
        str, typer.Option(help="Hint levels of extension tasks: default, hints, detailed_hints, separated by commas.")
    ] = "default",
) -> None:
    """One Harbor task per variant: a folder that Harbor runs as a local dataset."""
    from rexlab.exporters.harbor import export_harbor
    from rexlab.importers.publish import refuse_existing

    refuse_existing(out)
    names = export_harbor(_variants(tasks, _selection(masks, sample, seed, functions, hints)), out)
    note(f"{len(names)} Harbor tasks in {out}; run them with: harbor run -p {out} -a oracle")


@app.command()
def jsonl(
    tasks: Tasks,
    out: Annotated[Path, typer.Option(help="File to write; must not exist yet.")],
    masks: Masks = "1",
    sample: Sample = None,
    seed: Seed = 0,
    functions: Functions = "",
) -> None:
    """One line of JSON per variant of masking tasks, as AutoExperiment's variant files have them."""
    from rexlab.exporters.jsonl import export_jsonl

    wanted = _selection(masks, sample, seed, functions)
    remarks = export_jsonl(_variants(tasks, wanted), out)
    for remark in remarks:
        note(remark)
    note(f"wrote {out}")


def _selection(masks: str, sample: int | None, seed: int, functions: str, hints: str = "default") -> "Selection":
    from rexlab.exporters.selection import Selection, parse_hints

    return Selection(parse_counts(masks), sample, seed, split_names(functions), parse_hints(hints))


def _variants(tasks: list[str], wanted: "Selection") -> "list[tuple[Task, Variant]]":
    from rexlab.exporters.selection import select_all
    from rexlab.settings import load_settings
    from rexlab.task.suites import find_tasks

    folders = load_settings().task_folders
    found = {task.id: task for name in tasks for task in find_tasks(name, folders)}
    return select_all(list(found.values()), wanted)
