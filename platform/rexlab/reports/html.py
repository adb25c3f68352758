"""The report as one HTML file that needs nothing else: text, tables, figures and the library that draws them."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rexlab.reports.cells import one_line, printable, show
from rexlab.reports.document import Cell, Column, Estimate, Kind, Report, Section
from rexlab.reports.figures import agents_of, figure_of, min_width_of, note_of
from rexlab.reports.text import WORDS, trimmed

MAX_ROWS = 2000
"""A longer table makes the page slow; the other formats have all rows."""
MAX_TEXT = 1000
"""A longer cell is cut, and says so."""
_SHORT = 12
"""Characters; a column with more is given room, so that names do not break."""

READING = {
    "success": "The main table: how many trials passed. A trial passes when every measured value of its "
    "experiments is right. Strict counts infrastructure errors as failures; intervals cover the "
    "true rate in 95 of 100 such studies.",
    "outcomes": "How the trials ended. Green passed; red ran but gave a wrong result, none, or crashed; purple "
    "and yellow handed in nothing that could be run; grey is the platform's own failure.",
    "tasks": "Which agent passes which task. Darker is better; each cell says how many of its trials passed.",
    "difficulty": "Success as more functions are masked. Points are observed rates with their intervals; the "
    "line is what independent errors predict: per-function accuracy to the power n, with its "
    "band.",
    "difficulty_fit": "The accuracy per function that explains the curve, and how many masked functions an "
    "agent still restores half of the time. A small p says that accuracy changes with n, so "
    "that the simple model is too simple.",
    "functions": "Which functions fail, worst first. Passed is over trials in which the function was masked, "
    "alone or among others; alone is its own verdict where functions are judged one by one.",
    "attempts": "What more attempts bring: pass@k is the chance that at least one of k passes, pass^k that all of them "
    "do. The gap between the two is how much an agent's work varies.",
    "autoexperiment": "Laid out as in AutoExperiment's paper: Pass@k by number of masked functions n. Pass@k "
    "is the chance that at least one of k attempts passes, estimated without bias from all "
    "attempts.",
    "rexbench": "Laid out as in RExBench's paper, by level of hints: mean and standard error over runs. A run "
    "is one attempt at every task.",
    "cost": "What success costs. Agents on the front are those that no other beats in both price and accuracy.",
    "time_to_success": "How long an agent works until it succeeds. Trials that stopped without success count "
    "as still unsolved at that time (Kaplan and Meier), so the curves need not reach the "
    "success rate.",
    "resampling": "What more samples buy when something has to choose among them. A verifier that accepts "
    "wrong answers puts a ceiling on accuracy that no number of samples lifts.",
    "refinement": "Strategies that try, check and try again: whether they stopped satisfied, and how often "
    "satisfied was right by the hidden experiments.",
    "comparisons": "Agents compared on the same variants and attempts. The difference is first minus second; p "
    "is exact McNemar, adjusted by Holm for the number of comparisons.",
    "claims": "What agents said of their own results, against what was measured: a claim is borne out when the "
    "re-run gives the number that was claimed.",
    "benchmark": "How far the benchmark itself can be trusted: the reference solution should never fail, and a "
    "planted mistake should never pass.",
}
"""How to read each section, in a sentence or two."""


@dataclass(frozen=True)
class _Field:
    """A cell as the page shows it."""

    text: str
    title: str
    """Shown at the pointer: why the number is missing or of another kind than usual."""
    css: str
    heads: bool
    """Whether it names its row."""


@dataclass(frozen=True)
class _Plot:
    """A figure as the page embeds it."""

    data: str
    """JSON that ends no script element."""
    height: int
    min_width: int
    note: str


@dataclass(frozen=True)
class _Part:
    """A section as the page shows it."""

    id: str
    title: str
    reading: str
    plot: _Plot | None
    heads: list[tuple[str, str]]
    """Title and CSS class."""
    rows: list[list[_Field]]
    notes: list[str]


def render_html(report: Report) -> str:
    """The whole page. Whatever the report holds is shown as text; the page may not load or run anything else.

    Figures need JavaScript; facts, notes and tables do not.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    loader = PackageLoader("rexlab.reports", "page")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style, own = (loader.get_source(environment, name)[0] for name in ("page.css", "page.js"))
    agents = agents_of(report)
    parts = [_part(section, agents) for section in report.sections]
    scripts = [*([get_plotlyjs()] if any(part.plot for part in parts) else []), own]
    facts = [(_text(name), _text(value)) for name, value in report.facts if name != "command"]
    return environment.get_template("page.html.j2").render(
        title=_text(report.title),
        facts=facts,
        command=printable(dict(report.facts).get("command", "")),
        notes=[_text(note) for note in report.notes],
        parts=parts,
        style=style,
        scripts=scripts,
        policy=_policy(scripts),
    )


def _policy(scripts: list[str]) -> str:
    """What the page may do: run exactly these scripts, and load nothing from anywhere."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _part(whole: Section, agents: Sequence[str]) -> _Part:
    section = trimmed(whole)
    rows, notes = section.rows[:MAX_ROWS], [_text(note) for note in section.notes]
    if len(rows) < len(section.rows):
        notes.append(
            f"the first {len(rows):,} of {len(section.rows):,} rows are shown; --format json and markdown have all"
        )
    shown = [[_text(show(c, column.kind)) for c, column in zip(row, section.columns, strict=True)] for row in rows]
    css = [_css(column, [row[i] for row in shown]) for i, column in enumerate(section.columns)]
    named = next((i for i, column in enumerate(section.columns) if column.kind is Kind.TEXT), None)
    return _Part(
        id=section.name,
        title=_text(section.title),
        reading=READING.get(section.name, ""),
        plot=_plot(whole, agents),
        heads=[(_text(column.title), name) for column, name in zip(section.columns, css, strict=True)],
        rows=[
            [
                _Field(text, _reason(cell), name, i == named)
                for i, (text, cell, name) in enumerate(zip(*line, css, strict=True))
            ]
            for line in zip(shown, rows, strict=True)
        ],
        notes=notes,
    )


def _reason(cell: Cell) -> str:
    return _text(cell.reason) if isinstance(cell, Estimate) else ""


def _plot(section: Section, agents: Sequence[str]) -> _Plot | None:
    figure = figure_of(section, agents)
    if figure is None:
        return None
    data = figure.to_json().replace("<", "\\u003c")  # "</script>" or "<!--" in a name would end the element it is in
    return _Plot(data, int(figure.layout.height), min_width_of(figure), _text(note_of(figure)))


def _css(column: Column, texts: Sequence[str]) -> str:
    if column.kind not in WORDS:
        return "number"
    return "words long" if any(len(text) > _SHORT for text in texts) else "words"


def _text(text: str) -> str:
    """One line that the page can hold."""
    flat = one_line(text)
    return flat if len(flat) <= MAX_TEXT else f"{flat[:MAX_TEXT]}\N{HORIZONTAL ELLIPSIS} ({len(flat):,} characters)"
