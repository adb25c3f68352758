"""A report as LaTeX: one booktabs table per section, to be input into a paper, with everything from outside escaped."""

import re
import textwrap
import unicodedata

from rexlab.reports.cells import one_line
from rexlab.reports.document import Kind, Report, Section
from rexlab.reports.text import WORDS, cell_texts, trimmed

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedblright{}",
    "'": r"{'}",
    "`": r"{`}",
    "\N{EN DASH}": r"\textendash{}",
    "\N{EM DASH}": r"\textemdash{}",
    "\N{MINUS SIGN}": "$-$",
    "\N{PLUS-MINUS SIGN}": r"$\pm$",
    "\N{INFINITY}": r"$\infty$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{LESS-THAN OR EQUAL TO}": r"$\le$",
    "\N{GREATER-THAN OR EQUAL TO}": r"$\ge$",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "\N{RIGHT SINGLE QUOTATION MARK}": "{'}",
}
"""Braces around quotes keep two of them from becoming another sign."""
_ACCENTS = {
    "\N{COMBINING GRAVE ACCENT}": "`",
    "\N{COMBINING ACUTE ACCENT}": "'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "^",
    "\N{COMBINING TILDE}": "~",
    "\N{COMBINING DIAERESIS}": '"',
    "\N{COMBINING DOUBLE ACUTE ACCENT}": "H",
    "\N{COMBINING CARON}": "v",
    "\N{COMBINING CEDILLA}": "c",
    "\N{COMBINING RING ABOVE}": "r",
    "\N{COMBINING MACRON}": "=",
}
_DASHES = re.compile(r"(?<=-)(?=-)")
"""Between two hyphens of a text (``--fast``), which LaTeX would join to a dash."""

_LONG = 45
"""Characters that fit beside other columns."""


def render_latex(report: Report) -> str:
    """The whole report: sections with rows as floats, everything else as comments."""
    unsaid = [f"{section.title}: {note}" for section in report.sections if not section.rows for note in section.notes]
    told = [report.title, *report.notes, *unsaid, *(f"{name}: {value}" for name, value in report.facts)]
    comments = [*map(one_line, told), r"In the preamble: \usepackage{booktabs}. Then \input this file."]
    tables = [_float(trimmed(section)) for section in report.sections if section.rows]
    return "\n".join([*(f"% {comment}" for comment in comments), *(f"\n{table}" for table in tables)]) + "\n"


def escape(text: str) -> str:
    """Text as LaTeX that shows it as it is, on one line; a sign that plain LaTeX cannot set is a question mark."""
    whole = _DASHES.sub("{}", "".join(_sign(char) for char in one_line(text)))
    # where a row begins, a bracket or a star would be taken for an argument of the line break before it
    return f"{{{whole[0]}}}{whole[1:]}" if whole[:1] in ("[", "*") else whole


def _float(section: Section) -> str:
    kinds = [column.kind for column in section.columns]
    texts = cell_texts(section, "\n")
    widest = [max(len(line) for row in texts for line in row[i].split("\n")) for i in range(len(kinds))]
    alignment = "".join(_alignment(kind, width) for kind, width in zip(kinds, widest, strict=True))
    head = _row([_title(column.title, width) for column, width in zip(section.columns, widest, strict=True)])
    body = [
        _row(
            [
                _stacked(text.split("\n"), "t") if kind is Kind.COUNTS else escape(text)
                for text, kind in zip(row, kinds, strict=True)
            ]
        )
        for row in texts
    ]
    lines = [
        r"\begin{table}",
        r"  \centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"  \caption{{{escape(section.title)}}}",
        rf"  \label{{tab:rexlab-{section.name.replace('_', '-')}}}",
        rf"  \begin{{tabular}}{{@{{}}{alignment}@{{}}}}",
        *(f"    {line}" for line in (r"\toprule", head, r"\midrule", *body, r"\bottomrule")),
        r"  \end{tabular}",
        *(rf"  \par\smallskip\raggedright {escape(note)}" for note in section.notes),
        r"\end{table}",
    ]
    return "\n".join(lines)


def _alignment(kind: Kind, width: int) -> str:
    """Sentences are broken into lines, for in one they would leave the page."""
    if kind is Kind.TEXT and width > _LONG:
        return r"p{0.3\linewidth}"
    return "l" if kind in WORDS else "r"


def _title(title: str, width: int) -> str:
    """A column's title in lines no longer than its cells, as far as its words allow."""
    lines = textwrap.wrap(one_line(title).replace("/", "/ "), max(width, 1), break_long_words=False)
    return _stacked([line.replace("/ ", "/") for line in lines], "b")


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _stacked(lines: list[str], by: str) -> str:
    """Lines below each other, aligned with the other cells by the top one (t) or the bottom one (b)."""
    escaped = [escape(line) for line in lines]
    if len(lines) == 1:
        return escaped[0]
    return rf"\begin{{tabular}}[{by}]{{@{{}}l@{{}}}}" + r"\\".join(escaped) + r"\end{tabular}"


def _sign(char: str) -> str:
    if char in _SIGNS:
        return _SIGNS[char]
    if char.isascii():
        return char
    apart = unicodedata.normalize("NFD", char)
    known = len(apart) == 2 and apart[0].isascii() and apart[1] in _ACCENTS
    return f"\\{_ACCENTS[apart[1]]}{{{apart[0]}}}" if known else "?"
