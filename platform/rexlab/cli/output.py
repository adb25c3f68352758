"""Print for people through rich, for machines as JSON."""

import json
import sys
import time
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.reports.cells import printable

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

_LONGEST_NAME = 60
WIDTH = 200
"""Of tables that go to a file or a pipe."""

OUTCOME_STYLE = {
    "passed": "green",
    "wrong_result": "red",
    "missing_result": "red",
    "experiment_crashed": "red",
    "experiment_timeout": "red",
    "patch_rejected": "magenta",
    "no_patch": "yellow",
    "agent_crashed": "magenta",
    "agent_timeout": "magenta",
    "budget_exceeded": "magenta",
    "infra_error": "bold white on red",
    "cancelled": "dim",
}


@cache
def console() -> "Console":
    """Standard output."""
    from rich.console import Console

    # without a terminal there is no width to fit: a table that wraps its words cannot be searched
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else WIDTH)


@cache
def console_err() -> "Console":
    """Standard error: for what moves while a command works, so that piped results stay clean."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_error(message: str) -> None:
    """One clear sentence on standard error."""
    print(f"error: {message}", file=sys.stderr)  # noqa: T201


def note(message: str) -> None:
    """Something the user should know, on standard error, so that piped results stay clean."""
    print(message, file=sys.stderr)  # noqa: T201


def print_json(value: Any) -> None:
    """Indented JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))  # noqa: T201


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    to: "Console | None" = None,
) -> None:
    """A table on standard output, or ``to`` another console; cells are shown as text, whatever is in them."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=title or None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        show_header=any(columns),
    )
    for position, column in enumerate(columns):
        # the first column names its row: an id that is broken over lines cannot be copied; a long command may be
        first = position == 0 and all(len(str(row[0])) <= _LONGEST_NAME for row in rows)
        table.add_column(column, justify="right" if column in right else "left", overflow="fold", no_wrap=first)
    for row in rows:
        table.add_row(*[cell if isinstance(cell, Text) else Text(_plain(cell)) for cell in row])
    (to or console()).print(table)


def outcome_text(outcome: str | None, shown: str | None = None) -> Any:
    """An outcome in its colour."""
    from rich.text import Text

    return Text(shown or outcome or "-", style=OUTCOME_STYLE.get(outcome or "", ""))


def _plain(cell: object) -> str:
    return "" if cell is None else printable(str(cell))


def clock(seconds: float | None) -> str:
    """A time of day, local."""
    return "-" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
