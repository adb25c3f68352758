"""A report as GitHub-flavoured Markdown: pipe tables, with everything from outside escaped."""

import re
from collections.abc import Iterable

from rexlab.reports.cells import one_line
from rexlab.reports.document import Report, Section
from rexlab.reports.text import WORDS, cell_texts, trimmed

_MARKUP = re.compile(
    r"[\\`*{}<>|~$&]|\](?=[\[(:])|(?<![^\W_])_|_(?![^\W_])|(?<=http):|(?<=https):|(?<=www)\.", re.IGNORECASE
)
"""What makes markup wherever it stands; an underscore inside a word or brackets alone do not."""
_BLOCK = re.compile(r"^(\d*)([-+#=.)\[])")
"""What would begin a list or a heading where a text begins."""


def render_markdown(report: Report) -> str:
    """The whole report; what it is of, and the command that made it, come last."""
    facts = _list(f"{name}: {value}" for name, value in report.facts)
    sections = [_section(trimmed(section)) for section in report.sections]
    parts = [f"# {escape(report.title)}", _list(report.notes), *sections, facts and f"## Made from\n\n{facts}"]
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Text as Markdown that shows it as it is, on one line: no markup, no HTML, no links."""
    return _MARKUP.sub(r"\\\g<0>", one_line(text))


def _section(section: Section) -> str:
    return "\n\n".join(part for part in (f"## {escape(section.title)}", _table(section), _list(section.notes)) if part)


def _table(section: Section) -> str:
    if not section.rows:
        return ""
    head = [escape(column.title) for column in section.columns]
    rule = [":--" if column.kind in WORDS else "--:" for column in section.columns]
    body = [[escape(text) for text in row] for row in cell_texts(section)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *body])


def _list(texts: Iterable[str]) -> str:
    return "\n".join("* " + _BLOCK.sub(r"\1\\\2", escape(text)) for text in texts)
