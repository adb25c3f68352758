"""Dots with intervals: the leaderboard, and the differences between agents."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Kind, Section
from rexlab.reports.figures.parts import (
    QUIET,
    Style,
    Trace,
    axis,
    draw,
    edges,
    error_bars,
    hover,
    label,
    left_out,
    legend_label,
    number,
    percent_axis,
    pooled,
    records,
    row_axis,
    style,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_ROWS = 60
_SERIES = 6
"""With more numbers of masks than this, each has a row of its own."""


def leaderboard(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Strict success with its interval, a row per group, best first; numbers of masks side by side in one row.

    Agents have no colours here: a row says whose it is.
    """
    rows = [row for row in records(section) if number(row["strict"]) is not None]
    if not rows:
        return None
    keys = [c.name for c in section.columns[: next(i for i, c in enumerate(section.columns) if c.name == "passed")]]
    split = "masks" in keys and len(keys) > 1 and 1 < len({row["masks"] for row in rows}) <= _SERIES
    named = [key for key in keys if not (split and key == "masks")]
    varied = [key for key in named if len({row[key] for row in rows}) > 1] or named[:1]
    groups: dict[tuple[Cell, ...], list[dict[str, Cell]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in varied), []).append(row)
    best = sorted(groups, key=lambda key: -pooled([row["passed"] for row in groups[key]]))
    place = {key: i for i, key in enumerate(best[:_ROWS])}
    masks = sorted({int(number(row["masks"]) or 0) for row in rows}) if split else [0]
    traces = []
    for j, n in enumerate(masks):
        mine = [
            (i + 0.7 * ((j + 0.5) / len(masks) - 0.5), row)
            for key, i in place.items()
            for row in groups[key]
            if not split or row["masks"] == n
        ]
        traces.append(_dots(mine, style(j), f"{n} masked" if split else "", keys))
    names = [str(trace["name"]) for trace in traces if split]
    height = 70 + len(place) * max(34, 13 * len(masks) + 10)
    return draw(
        traces,
        height,
        notes=left_out(len(place), len(groups), "rows"),
        listed=names,
        xaxis=percent_axis("trials passed, strict [95 %]"),
        yaxis=row_axis([label(_words(key, varied)) for key in place]),
        shapes=[_line(y=i + 0.5) for i in range(len(place) - 1)],
    )


def differences(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Paired differences between agents with their intervals, around nought."""
    rows = [row for row in records(section) if number(row["difference"]) is not None]
    if not rows:
        return None
    drawn = sorted(rows, key=lambda row: -abs(number(row["difference"]) or 0))[:_ROWS]
    drawn.sort(key=lambda row: -(number(row["difference"]) or 0))
    points = [row["difference"] for row in drawn]
    colour = style(0).colour
    trace: Trace = {
        "type": "scatter",
        "mode": "markers",
        "x": [number(cell) for cell in points],
        "y": list(range(len(drawn))),
        "error_x": error_bars(points, colour),
        "marker": {"color": colour, "size": 9},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(
                f"{row['a']} against {row['b']}",
                show(row["difference"], Kind.POINTS),
                f"p (Holm) {show(row['p_holm'], Kind.P_VALUE)}",
            )
            for row in drawn
        ],
    }
    reach = max(abs(edge) for cell in points for edge in _extent(cell)) * 1.08 or 0.05
    labels = [f"{legend_label(str(row['a']))}<br>against {legend_label(str(row['b']))}" for row in drawn]
    return draw(
        [trace],
        80 + 44 * len(drawn),
        min_width=620,
        notes=[f"the largest {len(drawn)} of {len(rows)} are drawn; the table has all"]
        if len(drawn) < len(rows)
        else [],
        xaxis=axis(
            "difference in trials passed, first minus second [95 %]",
            tickformat="+.0%",
            range=[-reach, reach],
        ),
        yaxis=row_axis(labels),
        shapes=[_line(x=0.0)],
    )


def _dots(mine: list[tuple[float, dict[str, Cell]]], look: Style, name: str, keys: Sequence[str]) -> Trace:
    cells = [row["strict"] for _, row in mine]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [number(cell) for cell in cells],
        "y": [y for y, _ in mine],
        "error_x": error_bars(cells, look.colour),
        "marker": {"color": look.colour, "symbol": look.symbol, "size": 9},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(
                _words([row[key] for key in keys], keys),
                f"{show(row['strict'], Kind.PERCENT)}, {show(row['passed'], Kind.SHARE)}",
                f"without infrastructure errors {show(row['without_infra'], Kind.PERCENT)}",
            )
            for _, row in mine
        ],
    }


def _words(values: Sequence[Cell], keys: Sequence[str]) -> str:
    return ", ".join(f"{v} masked" if k == "masks" else str(v) for k, v in zip(keys, values, strict=True))


def _extent(cell: Cell) -> list[float]:
    return [v for v in (number(cell), *edges(cell)) if v is not None]


def _line(x: float | None = None, y: float | None = None) -> dict[str, object]:
    """A quiet line across the panel, upright at x or level at y."""
    across: dict[str, object] = {"type": "line", "layer": "below", "line": {"color": QUIET, "width": 1}}
    if x is not None:
        return {**across, "xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1}
    return {**across, "yref": "y", "y0": y, "y1": y, "xref": "paper", "x0": 0, "x1": 1, "opacity": 0.25}
