"""Curves: success against time at work, samples, attempts and rounds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.reports.cells import duration, show
from rexlab.reports.document import Cell, Kind, Section, Series
from rexlab.reports.figures.parts import (
    MAX_BANDS,
    MAX_CURVES,
    Trace,
    axis,
    band,
    draw,
    edges,
    hover,
    left_out,
    legend_label,
    log_axis,
    number,
    percent_axis,
    records,
    styles,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_PANEL = 340


def time_to_success(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """The share of trials solved by a time at work: one minus Kaplan and Meier's estimate, as steps."""
    drawable = [series for series in section.series if series.x]
    if not drawable:
        return None
    best = sorted(drawable, key=lambda series: -series.y[-1])[:MAX_CURVES]
    longest = max(series.x[-1] for series in best)
    unit, scale = next(u for u in _UNITS if longest <= u[2] or u is _UNITS[-1])[:2]
    looks = styles([series.label for series in drawable], agents)
    traces: list[Trace] = []
    for series in best:
        look = looks[series.label]
        x = [value / scale for value in series.x]
        if series.low is not None and series.high is not None and len(best) <= MAX_BANDS:
            left, low = _steps(x, series.low)
            _, high = _steps(x, series.high)
            traces.append(band(left, low, high, look.colour, legendgroup=legend_label(series.label)))
        traces.append(
            {
                **_line(series, x, look.colour, look.dash),
                "line": {"color": look.colour, "width": 2, "dash": look.dash, "shape": "hv"},
                "hovertext": [
                    hover(series.label, f"{show(y, Kind.PERCENT)} solved within {duration(seconds)}")
                    for seconds, y in zip(series.x, series.y, strict=True)
                ],
            }
        )
    return draw(
        traces,
        _PANEL,
        listed=[series.label for series in best],
        notes=left_out(len(best), len(drawable), "agents") + _no_bands(len(best)),
        xaxis=axis(f"time at work [{unit}]", rangemode="tozero"),
        yaxis=percent_axis("solved by then"),
    )


def resampling_curves(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Accuracy against the number of samples, a panel per verifier, on one scale."""
    pairs = [(str(row["agent"]), str(row["verifier"])) for row in records(section)]
    named = {f"{agent}, {verifier}": (agent, f"verifier: {verifier}") for agent, verifier in pairs}
    found = [_Curve(*named[series.label], series) for series in section.series if series.label in named]
    return _panels(found, agents, "samples", "problems solved")


def pass_curves(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """The chance that one of k attempts passes, and that all k do, against k."""
    by_agent: dict[str, list[dict[str, Cell]]] = {}
    for row in records(section):
        by_agent.setdefault(str(row["agent"]), []).append(row)
    found = [
        _Curve(agent, title, _of_rows(agent, rows, "k", name))
        for name, title in (("pass_at_k", "pass@k: one of k passes"), ("pass_hat_k", "pass^k: all k pass"))
        for agent, rows in by_agent.items()
    ]
    return _panels(found, agents, "attempts k", "variants passed")


def refinement_curves(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """By round of a strategy: how often its verifier is satisfied, and how often it is right to be."""
    names = [str(row["agent"]) for row in records(section)]
    titles = {f"{name}, {what}": (name, what) for name in names for what in ("satisfied", "right when satisfied")}
    found = [_Curve(*titles[series.label], series) for series in section.series if series.label in titles]
    return _panels(found, agents, "rounds", "trials")


@dataclass(frozen=True)
class _Curve:
    agent: str
    panel: str
    series: Series


def _of_rows(name: str, rows: Sequence[dict[str, Cell]], x: str, y: str) -> Series:
    """The curve that a column of estimates makes; nan where an edge is not known."""
    known = [row for row in rows if number(row[y]) is not None]
    low, high = ([_or_nan(edges(row[y])[side]) for row in known] for side in (0, 1))
    return Series(
        name, [_or_nan(number(row[x])) for row in known], [_or_nan(number(row[y])) for row in known], low, high
    )


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _panels(curves: Sequence[_Curve], agents: Sequence[str], across: str, up: str) -> "Figure | None":
    """Curves of the best agents, a panel per title, side by side on one scale."""
    found = [curve for curve in curves if curve.series.x]
    if not found:
        return None
    titles = list(dict.fromkeys(curve.panel for curve in found))
    reach: dict[str, float] = {}
    for curve in found:
        reach[curve.agent] = max(reach.get(curve.agent, 0.0), curve.series.y[-1])
    best = sorted(reach, key=lambda agent: -reach[agent])[:MAX_CURVES]
    looks = styles(list(reach), agents)
    traces: list[Trace] = []
    listed: set[str] = set()
    for agent in best:
        for curve in (c for c in found if c.agent == agent):
            place = {"xaxis": _numbered("x", titles.index(curve.panel)), "legendgroup": legend_label(agent)}
            look, series = looks[agent], curve.series
            if series.low is not None and series.high is not None and len(best) <= MAX_BANDS:
                traces.append(band(series.x, series.low, series.high, look.colour, **place))
            traces.append(
                {
                    **_line(series, series.x, look.colour, look.dash),
                    **place,
                    "mode": "lines+markers" if len(series.x) <= _MARKED else "lines",
                    "marker": {"color": look.colour, "symbol": look.symbol, "size": 7},
                    "cliponaxis": False,
                    "name": legend_label(agent),
                    "showlegend": agent not in listed,
                    "hovertext": [
                        hover(agent, f"{curve.panel}: {show(y, Kind.PERCENT)} at {show(x, Kind.COUNT)} {across}")
                        for x, y in zip(series.x, series.y, strict=True)
                    ],
                }
            )
            listed.add(agent)
    width, gap = 1 / len(titles), 0.02
    most = max(curve.series.x[-1] for curve in found)
    layout = {
        _numbered("xaxis", i): _whole(
            f"{across}<br>{legend_label(title)}",
            most,
            domain=[i * width + (gap if i else 0), (i + 1) * width - (gap if i + 1 < len(titles) else 0)],
        )
        for i, title in enumerate(titles)
    }
    return draw(
        traces,
        _PANEL + 20,
        listed=best,
        notes=left_out(len(best), len(reach), "agents") + _no_bands(len(best)),
        min_width=90 + 190 * len(titles) if len(titles) > 2 else 0,
        yaxis=percent_axis(up),
        **layout,
    )


def _whole(title: str, most: float, **more: Any) -> dict[str, Any]:
    if most > _MANY:
        return log_axis(title, 1, most, (1, 2, 5), showgrid=False, **more)
    return axis(title, dtick=1 if most <= _MANY / 2 else 2, showgrid=False, **more)


def _no_bands(curves: int) -> list[str]:
    return [] if curves <= MAX_BANDS else ["95 % bands are drawn for four agents at most; the table has intervals"]


_MANY = 20
"""More samples than this are drawn on a logarithmic axis."""
_MARKED = 12
"""A curve with more points is a line alone."""
_UNITS = (("s", 1.0, 180.0), ("min", 60.0, 3 * 3600.0), ("h", 3600.0, 0.0))
"""Name, seconds, and up to how many seconds it is used."""


def _line(series: Series, x: Sequence[float], colour: str, dash: str) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": legend_label(series.label),
        "legendgroup": legend_label(series.label),
        "x": list(x),
        "y": series.y,
        "line": {"color": colour, "width": 2, "dash": dash},
        "hoverinfo": "text",
    }


def _steps(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """The corners of a line that keeps each value until the next."""
    corners = [(a, b) for i, b in enumerate(y) for a in x[i : i + 2]]
    return [a for a, _ in corners], [b for _, b in corners]


def _numbered(name: str, panel: int) -> str:
    return f"{name}{panel + 1}" if panel else name
