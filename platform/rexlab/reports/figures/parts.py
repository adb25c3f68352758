"""What all figures share: text that plotly cannot take for markup, colours, axes, and the step into plotly itself."""

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.reports.cells import one_line
from rexlab.reports.document import Cell, Estimate, Section, Share

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Trace = dict[str, Any]

INK, GRID = "#3b4350", "rgba(128,138,150,0.28)"
"""Of text and grid lines on white; a page that is dark repaints them."""
QUIET = "#8a93a0"
MAX_CURVES = 12
"""More in one figure cannot be told apart."""
MAX_BANDS = 4
"""More bands over each other cannot be told apart."""

LEGEND = {
    "orientation": "h",
    "x": 0,
    "y": 1.01,
    "yanchor": "bottom",
    "bgcolor": "rgba(0,0,0,0)",
    "tracegroupgap": 0,
}
"""Above the panel, where it grows without touching the axis."""

_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
"""Okabe and Ito, Color Universal Design (2008), without the two that vanish on white or on black."""
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star")
_DASHES = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Style:
    """How one agent is drawn: told apart by colour, and by symbol where there is no colour."""

    colour: str
    symbol: str
    dash: str


def style(index: int) -> Style:
    """The style of the agent with this number; the first 56 differ."""
    return Style(
        _COLOURS[index % len(_COLOURS)],
        _SYMBOLS[index % len(_SYMBOLS)],
        _DASHES[index // len(_COLOURS) % len(_DASHES)],
    )


def variant_of(look: Style, index: int) -> Style:
    """The same agent in another setting: its colour, hollow symbols and another line."""
    return Style(look.colour, f"{look.symbol}-open", _DASHES[index % len(_DASHES)]) if index else look


def styles(names: Sequence[str], agents: Sequence[str]) -> dict[str, Style]:
    """The style of each name: by its place in ``agents`` where it is there, else after them."""
    known = dict.fromkeys([*agents, *names])
    return {name: style(i) for i, name in enumerate(known)}


def escaped(text: str) -> str:
    """Text that plotly shows as it is: no tags, entities, templates (``%{x}``) or formulas (``$x$``)."""
    return text.translate(_MARKUP).replace("%{", "&#37;{")


def label(text: str, width: int = 28, lines: int = 2) -> str:
    """A name in a figure: wrapped, and cut in its middle where it is long, for endings tell names apart."""
    flat, room = one_line(text), width * lines
    if len(flat) > room:
        tail = room * 2 // 5
        flat = f"{flat[: room - tail - 1].rstrip()}\N{HORIZONTAL ELLIPSIS}{flat[-tail:].lstrip()}"
    if len(flat) <= width:
        return escaped(flat) or "-"
    in_words = any(len(word) > width for word in flat.split())
    return "<br>".join(escaped(part) for part in textwrap.wrap(flat, width, break_on_hyphens=in_words))


def legend_label(text: str) -> str:
    """A name in a legend, which has room for one line."""
    return label(text, width=56, lines=1)


def hover(*lines: str) -> str:
    """What shows at the pointer, one fact per line."""
    return "<br>".join(label(line, width=70, lines=4) for line in lines)


def records(section: Section) -> Iterator[dict[str, Cell]]:
    """The section's rows by column name."""
    names = [column.name for column in section.columns]
    return (dict(zip(names, row, strict=True)) for row in section.rows)


def number(cell: Cell) -> float | None:
    """The number that a cell stands for; None where there is none, or none that can be drawn."""
    if isinstance(cell, Share):
        return cell.successes / cell.trials if cell.trials else None
    value = cell.value if isinstance(cell, Estimate) else cell
    if value is None or isinstance(value, (str, Mapping)) or not math.isfinite(value):
        return None
    return float(value)


def pooled(cells: Sequence[Cell]) -> float:
    """The rate of several shares together; -1 where nothing was tried, which sorts last."""
    shares = [cell for cell in cells if isinstance(cell, Share)]
    trials = sum(share.trials for share in shares)
    return sum(share.successes for share in shares) / trials if trials else -1.0


def error_bars(cells: Sequence[Cell], colour: str) -> dict[str, Any]:
    """Error bars from the cells' intervals; an edge that is not known has no bar."""
    up, down = [], []
    for cell in cells:
        value, low, high = (number(cell), *edges(cell))
        up.append(max(0.0, high - value) if value is not None and high is not None else 0.0)
        down.append(max(0.0, value - low) if value is not None and low is not None else 0.0)
    return {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour,
        "thickness": 1.6,
        "width": 3,
    }


def edges(cell: Cell) -> tuple[float | None, float | None]:
    """Both edges of a cell's interval, as far as they are known."""
    return (number(cell.low), number(cell.high)) if isinstance(cell, Estimate) else (None, None)


def band(x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str, **place: Any) -> Trace:
    """The area between two lines, (points,) each; points without a finite edge are left out."""
    kept = [(a, b, c) for a, b, c in zip(x, low, high, strict=True) if math.isfinite(b) and math.isfinite(c)]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [a for a, _, _ in kept] + [a for a, _, _ in reversed(kept)],
        "y": [b for _, b, _ in kept] + [c for _, _, c in reversed(kept)],
        "fill": "toself",
        "fillcolor": tint(colour, 0.14),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        **place,
    }


def tint(colour: str, alpha: float) -> str:
    """The colour ``#rrggbb``, transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a title that names its unit."""
    return {
        "title": {"text": title, "standoff": 10, "font": {"size": 13}},
        "automargin": True,
        "zeroline": False,
        "gridcolor": GRID,
        "linecolor": QUIET,
        **more,
    }


def percent_axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis of rates from 0 to 100 %."""
    return axis(title, **{"tickformat": ".0%", "range": [-0.02, 1.02], **more})


def row_axis(labels: Sequence[str], **more: Any) -> dict[str, Any]:
    """A vertical axis of rows, the first on top; rows are numbers, so that equal names stay apart."""
    return axis(
        "",
        **{
            "tickmode": "array",
            "tickvals": list(range(len(labels))),
            "ticktext": list(labels),
            "range": [len(labels) - 0.5, -0.5],
            "showgrid": False,
            "fixedrange": True,
            **more,
        },
    )


def log_axis(title: str, low: float, high: float, steps: Sequence[int], **more: Any) -> dict[str, Any]:
    """A logarithmic axis with ticks at these multiples of powers of ten, as far as the data reach."""
    decades = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**decade for decade in decades for step in steps]
    margin = 0.06 * max(0.5, math.log10(high / low))
    return axis(
        title,
        **{
            "type": "log",
            "range": [math.log10(low) - margin, math.log10(high) + margin],
            "tickmode": "array",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
            **more,
        },
    )


def draw(
    traces: list[Trace],
    height: int,
    *,
    listed: Sequence[str] = (),
    notes: Sequence[str] = (),
    min_width: int = 0,
    **layout: Any,
) -> "Figure":
    """The figure, on no ground of its own.

    Args:
        traces: As plotly takes them; every text in them is escaped.
        height: Pixels, without a legend.
        listed: What its legend lists; it has one where this is not empty.
        notes: What is left out, in plain words.
        min_width: Pixels below which it cannot be read: the page lets it scroll.
        layout: Axes and whatever else the figure needs.
    """
    import plotly.graph_objects as go

    legend = _legend_height(listed)
    return go.Figure(
        data=traces,
        layout={
            "template": "none",
            "height": height + legend,
            "margin": {"l": 10, "r": 16, "t": 12, "b": 10, "pad": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "system-ui, 'DejaVu Sans', sans-serif", "size": 12.5, "color": INK},
            "legend": LEGEND,
            "showlegend": bool(listed),
            "hoverlabel": {"align": "left", "font": {"size": 12}},
            "dragmode": False,
            "meta": {"note": "; ".join(notes), "min_width": min_width, "legend": legend},
            **layout,
        },
    )


def note_of(figure: "Figure") -> str:
    """What the figure leaves out, as plain text that is not escaped; empty where it shows all."""
    return str(figure.layout.meta["note"])


def min_width_of(figure: "Figure") -> int:
    """Pixels below which the figure cannot be read; 0 where it fits everywhere."""
    return int(figure.layout.meta["min_width"])


def _legend_height(names: Sequence[str]) -> int:
    """Pixels that a legend above the panel needs on a wide page; a page that is narrow measures what it needs there."""
    if not names:
        return 0
    longest = max(len(legend_label(name)) for name in names)
    return 22 * math.ceil(len(names) / max(1, 900 // (50 + 7 * longest))) + 8


def left_out(shown: int, total: int, what: str) -> list[str]:
    """The note that only the best are drawn; none where all are."""
    return [] if shown >= total else [f"the best {shown} of {total} {what} are drawn; the table has all"]
