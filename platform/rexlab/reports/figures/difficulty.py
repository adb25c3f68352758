"""Success against masked functions: what was observed, and what independent errors predict."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Kind, Section
from rexlab.reports.figures.parts import (
    GRID,
    MAX_BANDS,
    MAX_CURVES,
    Style,
    Trace,
    axis,
    band,
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
    styles,
    variant_of,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_DODGE = 0.05
"""How far apart agents stand in one panel, in masked functions."""
_ACROSS = 3
_PANEL, _SMALL = 340, 210
"""Pixels of a panel's height: alone, and among several."""

_Rows = list[dict[str, Cell]]


def difficulty_curves(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Observed success with intervals as points, the fitted p^n as a line with its band, against masked functions.

    A few agents share one panel; of more, each has a panel of its own, with the others' fits in grey.
    """
    groups: dict[tuple[str, str], _Rows] = {}
    for row in records(section):
        if number(row["rate"]) is not None:
            groups.setdefault((str(row["agent"]), str(row["shown"])), []).append(row)
    if not groups:
        return None
    settings = list(dict.fromkeys(shown for _, shown in groups))
    best = sorted(groups, key=lambda key: -pooled([row["passed"] for row in groups[key]]))[:MAX_CURVES]
    own = styles([agent for agent, _ in groups], agents)
    curves: dict[str, _Rows] = {}
    looks: dict[str, Style] = {}
    for agent, shown in best:
        name = agent if len(settings) == 1 else f"{agent}, {shown}"
        curves[name] = sorted(groups[agent, shown], key=_masks)
        looks[name] = variant_of(own[agent], settings.index(shown))
    notes = left_out(len(best), len(groups), "agents")
    if len(curves) <= MAX_BANDS:
        return _one_panel(curves, looks, notes)
    return _panels(curves, looks, notes)


def _one_panel(curves: dict[str, _Rows], looks: dict[str, Style], notes: list[str]) -> "Figure":
    traces: list[Trace] = []
    for i, (name, rows) in enumerate(curves.items()):
        shift = _DODGE * (i - (len(curves) - 1) / 2)
        traces += _curve(name, rows, looks[name], shift, legendgroup=str(i))
    return draw(
        traces,
        _PANEL,
        listed=list(curves),
        notes=notes,
        xaxis=_masks_axis("masked functions n", list(curves.values())),
        yaxis=percent_axis("trials passed"),
    )


def _panels(curves: dict[str, _Rows], looks: dict[str, Style], notes: list[str]) -> "Figure":
    down = math.ceil(len(curves) / _ACROSS)
    traces: list[Trace] = []
    layout: dict[str, Any] = {"annotations": []}
    for i, (name, rows) in enumerate(curves.items()):
        suffix = str(i + 1) if i else ""
        place = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
        row, column = divmod(i, _ACROSS)
        left, right = column / _ACROSS + 0.02 * (column > 0), (column + 1) / _ACROSS - 0.02
        top, bottom = 1 - row / down - 0.16 / down, 1 - (row + 1) / down + 0.12 / down
        last = i + _ACROSS >= len(curves)
        layout[f"xaxis{suffix}"] = _masks_axis(
            "masked functions n" if last else "", list(curves.values()), domain=[left, right], anchor=place["yaxis"]
        )
        layout[f"yaxis{suffix}"] = percent_axis(
            "trials passed" if not column else "",
            domain=[bottom, top],
            anchor=place["xaxis"],
            showticklabels=not column,
            dtick=0.5,
        )
        layout["annotations"].append(
            {
                "text": label(name, width=40, lines=1),
                "xref": "paper",
                "yref": "paper",
                "x": left,
                "y": top,
                "xanchor": "left",
                "yanchor": "bottom",
                "yshift": 4,
                "showarrow": False,
                "font": {"size": 12},
            }
        )
        traces += [_fit(other, GRID, width=1.2, **place) for others, other in curves.items() if others != name]
        traces += _curve(name, rows, looks[name], 0.0, **place)
    return draw(traces, 50 + _SMALL * down, notes=notes, min_width=600, **layout)


def _curve(name: str, rows: _Rows, look: Style, shift: float, **place: Any) -> list[Trace]:
    banded = [row for row in rows if None not in edges(row["expected"])]
    low, high = ([edges(row["expected"])[side] or 0.0 for row in banded] for side in (0, 1))
    cells = [row["rate"] for row in rows]
    points: Trace = {
        "type": "scatter",
        "mode": "markers",
        "name": legend_label(name),
        "x": [_masks(row) + shift for row in rows],
        "y": [number(cell) for cell in cells],
        "error_y": error_bars(cells, look.colour),
        "marker": {"color": look.colour, "symbol": look.symbol, "size": 8},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(
                name,
                f"{show(row['masks'], Kind.COUNT)} masked: {show(row['rate'], Kind.PERCENT)}, "
                f"{show(row['passed'], Kind.SHARE)}",
                f"fitted {show(row['expected'], Kind.PERCENT)}",
            )
            for row in rows
        ],
        **place,
    }
    shade = band([_masks(row) for row in banded], low, high, look.colour, **place)
    return [shade, _fit(rows, look.colour, dash=look.dash, **place), points]


def _fit(rows: _Rows, colour: str, width: float = 2.0, dash: str = "solid", **place: Any) -> Trace:
    fitted = [row for row in rows if number(row["expected"]) is not None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [_masks(row) for row in fitted],
        "y": [number(row["expected"]) for row in fitted],
        "line": {"color": colour, "width": width, "dash": dash},
        "showlegend": False,
        "hoverinfo": "skip",
        **place,
    }


def _masks(row: dict[str, Cell]) -> float:
    return number(row["masks"]) or 0.0


def _masks_axis(title: str, curves: Sequence[_Rows], **more: Any) -> dict[str, Any]:
    seen = [_masks(row) for rows in curves for row in rows]
    return axis(
        title, dtick=max(1, round(max(seen) / 8)), range=[min(seen) - 0.4, max(seen) + 0.4], showgrid=False, **more
    )
