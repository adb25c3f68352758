"""``rexlab report``: what runs say of their agents and tasks, as tables, data, or a document."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import open_store, without_collecting
from rexlab.cli.output import WIDTH, console, note
from rexlab.cli.sections import print_section, say
from rexlab.execution.request_texts import split_names
from rexlab.reports.cells import printable

if TYPE_CHECKING:
    from rich.console import Console
    from sqlalchemy import Engine

    from rexlab.reports.document import Report, Section
    from rexlab.store.columns import TrialColumns


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    MARKDOWN = "markdown"
    LATEX = "latex"
    HTML = "html"


_PER_TASK = ("agent", "shown", "task", "masks")
"""What the main table is by where a program reads it."""
_FOR_PROGRAMS = (Format.JSON, Format.CSV, Format.PARQUET)
_MAIN_TABLE_ONLY = (Format.CSV, Format.PARQUET)
_NOT_FOR_A_TERMINAL = (Format.PARQUET, Format.HTML)
_FEW_RUNS = 3
"""So many are named in a table's title."""
_MOST_ROWS = 20
"""So many of each table but the main one are printed: functions, say, come worst first."""


@without_collecting()
def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Run ids, their beginnings, or `latest`.")],
    format: Annotated[Format, typer.Option(help="How it is written.")] = Format.TABLE,
    by: Annotated[
        str | None,
        typer.Option(
            help="What the main table is by: any of agent, harness, model, shown, hint, suite, paper, task, masks, run "
            "(default: agent,shown,masks; of json, csv and parquet: agent,shown,task,masks)",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file.")] = None,
    original_rule: Annotated[
        bool, typer.Option("--original-rule", help="Judge by AutoExperiment's rule: a mean of 5 % per experiment.")
    ] = False,
) -> None:
    """Report on runs, pooled: success with intervals, difficulty, functions, cost, and what else their trials say.

    csv and parquet hold the main table, the other formats everything.
    """
    from rexlab.errors import InputError
    from rexlab.settings import load_settings
    from rexlab.store.columns import read_trials
    from rexlab.store.queries import find_run

    if format in _NOT_FOR_A_TERMINAL and out is None and sys.stdout.isatty():
        raise InputError(f"{format} is not for a terminal; give --out FILE, or pipe it on")
    keys = _keys(by, format)
    engine = open_store(load_settings())
    ids = dict.fromkeys(find_run(engine, name).id for name in runs)
    from rexlab.reports.build import build_report  # slow to import: a wrong name is told before

    trials = read_trials(engine, list(ids))
    if original_rule:
        from rexlab.reports.original import by_original_rule

        trials = by_original_rule(engine, trials)
    made = build_report(trials, keys, command=_command(), main_only=format in _MAIN_TABLE_ONLY)
    if original_rule:
        made.notes.append(
            "judged by AutoExperiment's rule: mean of |gold - got| / gold over an experiment's values <= 0.05"
        )
    if format is Format.TABLE and out is None:
        _print(made, trials)
    else:
        _write(_rendered(made, trials, format), format, out)
        if format is Format.CSV or not len(trials):  # a CSV has no place for remarks
            for remark in made.notes:
                note(remark)


def print_main_table(engine: "Engine", run_id: str) -> None:
    """Print the main table of one run alone: the rest takes longer to make."""
    from rexlab.reports.build import DEFAULT_BY
    from rexlab.reports.success import success
    from rexlab.reports.view import View
    from rexlab.store.columns import read_trials

    trials = read_trials(engine, [run_id])
    print_section(success(View(trials), DEFAULT_BY), _title(trials))
    if not len(trials):
        note(f"run {run_id} has no finished trial yet: {trials.planned} are planned")


def _keys(by: str | None, format: Format) -> Sequence[str]:
    """What the main table is by.

    Raises:
        InputError: there is no such key, one is there twice, or none.
    """
    from rexlab.errors import InputError
    from rexlab.reports.build import DEFAULT_BY
    from rexlab.reports.view import KEYS

    if by is None:
        return _PER_TASK if format in _FOR_PROGRAMS else DEFAULT_BY
    keys = split_names(by)
    known = f"give any of {', '.join(KEYS)}, with commas between them"
    if not keys:
        raise InputError(f"--by is empty: {known}")
    for key in keys:
        if key not in KEYS:
            raise InputError(f"--by {by}: there is no {printable(key)}; {known}")
        if keys.count(key) > 1:
            raise InputError(f"--by {by}: {key} is there twice; name it once")
    return keys


def _command() -> str:
    """The command as it was given, ready to be given again."""
    import shlex

    return printable(shlex.join(["rexlab", *sys.argv[1:]]))


def _rendered(made: "Report", trials: "TrialColumns", format: Format) -> str | bytes:
    match format:
        case Format.TABLE:
            return _table_text(made, trials)
        case Format.JSON:
            from rexlab.reports.data import render_json

            return render_json(made, trials)
        case Format.CSV:
            from rexlab.reports.data import render_csv

            return render_csv(made, trials)
        case Format.PARQUET:
            from rexlab.reports.data import render_parquet

            return render_parquet(made, trials)
        case Format.MARKDOWN:
            from rexlab.reports.markdown import render_markdown

            return render_markdown(made)
        case Format.LATEX:
            from rexlab.reports.latex import render_latex

            return render_latex(made)
        case Format.HTML:
            from rexlab.reports.html import render_html

            return render_html(made)


def _table_text(made: "Report", trials: "TrialColumns") -> str:
    import io

    from rich.console import Console

    text = io.StringIO()
    _print(made, trials, Console(file=text, highlight=False, width=WIDTH))
    return text.getvalue()


def _print(made: "Report", trials: "TrialColumns", to: "Console | None" = None) -> None:
    first, *others = made.sections
    print_section(first, _title(trials), to)
    for section in others:
        if section.rows:
            (to or console()).print()
        print_section(_cut(section), section.title, to)
    for remark in made.notes:
        say(remark, to)


def _cut(section: "Section") -> "Section":
    """Without the rows that nobody reads in a terminal."""
    rows = len(section.rows)
    if rows <= _MOST_ROWS:
        return section
    left_out = f"the first {_MOST_ROWS} of {rows} rows; --format markdown or json has all"
    return replace(section, rows=section.rows[:_MOST_ROWS], notes=[left_out, *section.notes])


def _title(trials: "TrialColumns") -> str:
    ids = [run.id for run in trials.runs]
    named = ", ".join(ids) if len(ids) <= _FEW_RUNS else str(len(ids))
    return f"{'run' if len(ids) == 1 else 'runs'} {named}: {len(trials)} of {trials.planned} trials"


def _write(text: str | bytes, format: Format, out: Path | None) -> None:
    """Write to standard output or to a file.

    Raises:
        InputError: the file cannot be written.
    """
    from rexlab.errors import InputError

    content = text.encode("utf-8") if isinstance(text, str) else text
    if out is None:
        if isinstance(text, str):
            sys.stdout.write(text)
        else:
            sys.stdout.buffer.write(content)
        return
    try:
        _replace(out.resolve(), content)
    except OSError as error:
        raise InputError(f"{out} cannot be written: {error.strerror}; name a file in a folder that can") from error
    note(f"wrote {out}: {format}, {len(content):,} bytes")


def _replace(out: Path, content: bytes) -> None:
    """Write beside, then rename: a reader sees the old file or the new one, whole."""
    if out.exists() and not out.is_file():  # a pipe or a device is written to, never replaced
        out.write_bytes(content)
        return
    beside = out.with_name(f".{out.name[:80]}.{os.getpid()}")
    try:
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
