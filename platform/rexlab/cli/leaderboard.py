"""``rexlab leaderboard``: every agent over all runs, ranked; or hidden success as the Ladder releases it."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import note
from rexlab.execution.request_texts import parse_counts
from rexlab.reports.cells import printable

if TYPE_CHECKING:
    from rexlab.reports.document import Report, Section
    from rexlab.reports.view import View
    from rexlab.store.models import VariantRow


class Format(StrEnum):
    """How a leaderboard is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


def leaderboard(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="SUITE|TASK", help="Only trials of these; all without any.")
    ] = None,
    masks: Annotated[str | None, typer.Option(help="Only of so many masked functions: 1,2,3 or 1..5.")] = None,
    hints: Annotated[
        str | None, typer.Option(help="Only extension tasks at this level: default, hints or detailed_hints.")
    ] = None,
    run: Annotated[list[str] | None, typer.Option(help="Only this run; may be repeated.")] = None,
    format: Annotated[Format, typer.Option(help="How it is written.")] = Format.TABLE,
    ladder: Annotated[
        bool,
        typer.Option(
            "--ladder", help="Release success on hidden experiments only where it clearly beats the best so far."
        ),
    ] = False,
) -> None:
    """Rank agents by success on the variants that they share, over all runs, with intervals over papers.

    Reference harnesses and simulated models are listed below the others, unranked.
    """
    from rexlab.reports.leaderboard import leaderboard as ranked
    from rexlab.reports.view import View
    from rexlab.settings import load_settings
    from rexlab.store.columns import read_trials
    from rexlab.store.queries import find_run

    numbers = _numbers(masks, hints)
    engine = open_store(load_settings())
    ids = list(dict.fromkeys(find_run(engine, name).id for name in run)) if run else None
    whole = View(read_trials(engine, ids))
    view = _select(whole, names or [], numbers, hints)
    if ladder:
        from rexlab.reports.exposure import exposure

        made = _report("rexlab leaderboard, hidden success through the Ladder", view, exposure(view))
    else:
        made = _report("rexlab leaderboard", view, [ranked(view)])
    _write(made, view, format)
    if not len(whole):
        note(
            "no trial has finished yet; start a run: rexlab run classic --harness react --model openai/gpt-4o"
            if ids is None
            else "no trial of these runs has finished yet; `rexlab runs list` shows how far they are"
        )


def _numbers(masks: str | None, hints: str | None) -> list[int] | None:
    """The numbers of masked functions that were asked for; None: any.

    Raises:
        InputError: an option cannot be read, or both are given.
    """
    from typing import get_args

    from rexlab.errors import InputError
    from rexlab.task.variant import HintLevel

    if hints is not None and hints not in get_args(HintLevel):
        raise InputError(f"--hints {printable(hints)}: choose from {', '.join(get_args(HintLevel))}")
    if masks is not None and hints is not None:
        raise InputError("--masks is of masking tasks and --hints of extension tasks: give one of them")
    return None if masks is None else parse_counts(masks)


def _select(view: "View", names: Sequence[str], masks: Sequence[int] | None, hints: str | None) -> "View":
    """The trials that were asked for.

    Raises:
        InputError: there are trials, and none of what was asked for.
    """
    import numpy as np

    from rexlab.errors import InputError

    if not len(view):
        return view
    variants = view.trials.variants
    tried = [variants[v] for v in np.unique(view.trials.variant)]
    for name in names:
        if not any(name in _names(v) for v in tried):
            known = ", ".join(sorted({v.task for v in tried}))
            raise InputError(f"no finished trial is of {printable(name)}; there are trials of {known}")
    kept = [
        (not names or any(name in _names(v) for name in names))
        and (masks is None or (v.kind == "masking" and v.masks in masks))
        and (hints is None or (v.kind == "extension" and v.shown.get("hints", "default") == hints))
        for v in variants
    ]
    selected = view if all(kept) else view.pick(np.array(kept, dtype=bool)[view.trials.variant])
    if not len(selected):
        option = f"at --hints {hints}" if masks is None else f"of --masks {','.join(map(str, masks))}"
        where = f" of {', '.join(names)}" if names else ""
        raise InputError(f"no finished trial{where} is {option}; leave the option out to see what there is")
    return selected


def _names(variant: "VariantRow") -> tuple[str, ...]:
    suite, _, task = variant.task.rpartition("/")
    return variant.task, suite, task


def _report(title: str, view: "View", sections: "list[Section]") -> "Report":
    import numpy as np

    from rexlab import __version__
    from rexlab.reports.document import Report

    runs = [view.trials.runs[r].id for r in np.unique(view.trials.run)]
    return Report(title, [("runs", ", ".join(runs)), ("rexlab", __version__)], sections)


def _write(made: "Report", view: "View", format: Format) -> None:
    if format is Format.TABLE:
        from rexlab.cli.sections import print_section

        many = f"{len(view):,} trials of {len(set(view.trials.run.tolist()))} runs"
        for section in made.sections:
            print_section(section, f"{section.title}: {many}" if section is made.sections[0] else section.title)
        return
    if format is Format.MARKDOWN:
        from rexlab.reports.markdown import render_markdown

        sys.stdout.write(render_markdown(made))
        return
    from rexlab.reports.data import render_csv, render_json

    sys.stdout.write((render_json if format is Format.JSON else render_csv)(made, view.trials))
    if format is Format.CSV:  # which has no place for remarks
        for section in made.sections:
            for remark in section.notes:
                note(remark)
