"""Curves: success against time at work, and against samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind, Section, Series
from rexlab.reports.figures.parts import (
    MAX_BANDS,
    MAX_CURVES,
    Trace,
    axis,
    band,
    draw,
    hover,
    left_out,
    legend_label,
    log_axis,
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


@dataclass(frozen=True)
class _Resampled:
    agent: str
    verifier: str
    series: Series


def resampling_curves(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Accuracy against the number of samples, a panel per verifier, on one scale."""
    whose = {
        f"{row['agent']}, {row['verifier']}": (str(row["agent"]), str(row["verifier"])) for row in records(section)
    }
    found = [
        _Resampled(*whose[series.label], series) for series in section.series if series.x and series.label in whose
    ]
    if not found:
        return None
    verifiers = list(dict.fromkeys(curve.verifier for curve in found))
    reach: dict[str, float] = {}
    for curve in found:
        reach[curve.agent] = max(reach.get(curve.agent, 0.0), curve.series.y[-1])
    best = sorted(reach, key=lambda agent: -reach[agent])[:MAX_CURVES]
    looks = styles(list(reach), agents)
    traces: list[Trace] = []
    listed: set[str] = set()
    for agent in best:
        for curve in (c for c in found if c.agent == agent):
            panel = verifiers.index(curve.verifier)
            place = {"xaxis": _numbered("x", panel), "legendgroup": legend_label(agent)}
            look, series = looks[agent], curve.series
            if series.low is not None and series.high is not None and len(best) <= MAX_BANDS:
                traces.append(band(series.x, series.low, series.high, look.colour, **place))
            traces.append(
                {
                    **_line(series, series.x, look.colour, look.dash),
                    **place,
                    "mode": "lines+markers" if len(series.x) <= 12 else "lines",
                    "marker": {"color": look.colour, "symbol": look.symbol, "size": 7},
                    "name": legend_label(agent),
                    "showlegend": agent not in listed,
                    "hovertext": [
                        hover(agent, f"{curve.verifier}: {show(y, Kind.PERCENT)} with {show(x, Kind.COUNT)} samples")
                        for x, y in zip(series.x, series.y, strict=True)
                    ],
                }
            )
            listed.add(agent)
    width, gap = 1 / len(verifiers), 0.02
    layout = {
        _numbered("xaxis", i): _samples(
            f"samples<br>verifier: {legend_label(verifier)}",
            max(curve.series.x[-1] for curve in found),
            domain=[i * width + (gap if i else 0), (i + 1) * width - (gap if i + 1 < len(verifiers) else 0)],
        )
        for i, verifier in enumerate(verifiers)
    }
    return draw(
        traces,
        _PANEL + 20,
        listed=best,
        notes=left_out(len(best), len(reach), "agents") + _no_bands(len(best)),
        min_width=90 + 190 * len(verifiers) if len(verifiers) > 1 else 0,
        yaxis=percent_axis("problems solved"),
        **layout,
    )


def _samples(title: str, most: float, **more: Any) -> dict[str, Any]:
    if most > _MANY:
        return log_axis(title, 1, most, (1, 2, 5), showgrid=False, **more)
    return axis(title, dtick=1 if most <= _MANY / 2 else 2, showgrid=False, **more)


def _no_bands(curves: int) -> list[str]:
    return [] if curves <= MAX_BANDS else ["95 % bands are drawn for four agents at most; the table has intervals"]


_MANY = 20
"""More samples than this are drawn on a logarithmic axis."""
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
