"""Print a report's section to a terminal or a text file: a table, and its notes."""

from typing import TYPE_CHECKING

from rexlab.cli.output import note, print_table
from rexlab.reports.cells import printable

if TYPE_CHECKING:
    from rich.console import Console

    from rexlab.reports.document import Section


def print_section(section: "Section", title: str, to: "Console | None" = None) -> None:
    """A table where there are rows; the notes in any case."""
    from rexlab.reports.text import WORDS, cell_texts, trimmed

    shown = trimmed(section)
    if shown.rows:
        titles = [column.title for column in shown.columns]
        right = [column.title for column in shown.columns if column.kind not in WORDS]
        print_table(titles, cell_texts(shown, "\n"), title=title, right=right, to=to)
    for remark in section.notes:
        say(remark if shown.rows else f"{section.title}: {remark}", to)


def say(remark: str, to: "Console | None") -> None:
    """On standard error, so that piped tables stay clean; in a file, below its table."""
    if to is None:
        note(printable(remark))
    else:
        to.print(printable(remark), markup=False, soft_wrap=True)
