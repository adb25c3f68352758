"""The values of a grade: as rows of a table, in a sentence, and as a chart of how far each is from its target."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rexlab.reports.figures.parts import escaped, hover
from rexlab.store.models import MetricRow

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EDGE = 3.0
"""Tolerances; what is further off is drawn at this edge."""
_GREEN, _RED, _QUIET = "#009E73", "#D55E00", "rgba(128,138,150,0.6)"
_BAND = "rgba(0,158,115,0.12)"
_MINUS = "\N{MINUS SIGN}"
_MOST_LABELS = 24
"""Experiments that are named below the chart; of more, none is."""


@dataclass(frozen=True)
class Deviation:
    """How far a value is from its target, as it is drawn."""

    at: float
    """In tolerances, within ±``EDGE``. A check without a tolerance (exact, or one-sided) is at 0 where it passes and
    at the edge where it does not."""
    beyond: bool
    """It is drawn at the edge, and is further off."""


def metric_rows(values: Sequence[MetricRow]) -> list[dict[str, Any]]:
    """The values as rows of a table; numbers stay numbers."""
    several = {(v.experiment, v.metric) for v in values if v.position}
    return [
        {
            "Experiment": f"{v.experiment} (hidden)" if v.hidden else v.experiment,
            "Metric": f"{v.metric}[{v.position}]" if (v.experiment, v.metric) in several else v.metric,
            "Passes": "● yes" if v.passed else "✕ no",
            "Observed": v.observed,
            "Target": v.target,
            "Tolerance": v.tolerance,
            "Margin": v.margin,
            "Claimed": v.claimed,
            "Claim": "" if v.claim is None else "true" if v.claim else "false",
            "Problem": v.problem,
        }
        for v in values
    ]


def summary(values: Sequence[MetricRow]) -> str:
    """How many values pass, of the hidden ones too, in a sentence."""
    hidden = [v for v in values if v.hidden]
    said = f"{sum(v.passed for v in values):,} of {len(values):,} values pass"
    if hidden:
        said += f"; of the {len(hidden):,} hidden from the agent, {sum(v.passed for v in hidden):,}"
    if missing := sum(v.observed is None for v in values):
        said += f"; {missing:,} could not be read"
    return said + "."


def deviation(value: MetricRow) -> Deviation | None:
    """Where to draw a value; None where nothing was observed."""
    if value.observed is None or not math.isfinite(value.observed):
        return None
    off = value.observed - value.target
    if value.tolerance > 0:
        at = off / value.tolerance
        return Deviation(max(-EDGE, min(EDGE, at)), abs(at) > EDGE)
    if value.passed:
        return Deviation(0.0, False)
    return Deviation(-EDGE if off < 0 else EDGE, True)


def deviation_figure(values: Sequence[MetricRow]) -> "Figure | None":
    """Every observed value by its distance from the target, in tolerances, with the band that passes; None without one.

    Outside of the band and yet passing there is nothing: a one-sided check is drawn at 0, so is an exact one.
    """
    from plotly.graph_objects import Figure

    drawn = [(i, value, found) for i, value in enumerate(values, 1) if (found := deviation(value)) is not None]
    if not drawn:
        return None
    figure = Figure(data=list(_traces(drawn)))
    figure.add_hrect(y0=-1, y1=1, fillcolor=_BAND, line_width=0, layer="below")
    for line in (-1, 1):
        figure.add_hline(y=line, line={"color": _QUIET, "width": 1, "dash": "dot"}, layer="below")
    ticks = _experiments(values)
    for _, first, _ in ticks[1:]:
        figure.add_vline(x=first - 0.5, line={"color": _QUIET, "width": 1}, layer="below")
    named = ticks if len(ticks) <= _MOST_LABELS else []
    figure.update_layout(
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={
            "tickmode": "array",
            "tickvals": [(first + last) / 2 for _, first, last in named],
            "ticktext": [escaped(name) for name, _, _ in named],
            "range": [0.3, len(values) + 0.7],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        yaxis={
            "title": {"text": "distance / tolerance"},
            "range": [-EDGE - 0.4, EDGE + 0.4],
            "tickvals": [-3, -2, -1, 0, 1, 2, 3],
            "ticktext": [f"≤ {_MINUS}3", f"{_MINUS}2", f"{_MINUS}1", "0", "1", "2", "≥ 3"],
            "automargin": True,
        },
    )
    return figure


def _traces(drawn: Sequence[tuple[int, MetricRow, Deviation]]) -> Iterator[dict[str, Any]]:
    """One trace for each of: shown or hidden, passing or not; told apart by symbols too."""
    for hidden in (False, True):
        for passed in (True, False):
            mine = [d for d in drawn if (d[1].hidden, d[1].passed) == (hidden, passed)]
            if not mine:
                continue
            symbol = ("circle" if passed else "x") + ("-open" if hidden else "")
            yield {
                "type": "scatter",
                "mode": "markers",
                "name": ("passes" if passed else "off") + (", hidden" if hidden else ""),
                "x": [i for i, _, _ in mine],
                "y": [found.at for _, _, found in mine],
                "hovertext": [_hover(value, found) for _, value, found in mine],
                "hoverinfo": "text",
                "marker": {
                    "symbol": symbol,
                    "size": 8 if passed else 9,
                    "color": _GREEN if passed else _RED,
                    "line": {"width": 1.5, "color": _GREEN if passed else _RED},
                },
            }


def _hover(value: MetricRow, found: Deviation) -> str:
    lines = [
        f"{value.experiment}{' (hidden)' if value.hidden else ''}, {value.metric}[{value.position}]",
        f"observed {value.observed:.6g}, target {value.target:.6g}, tolerance {value.tolerance:.3g}",
    ]
    return hover(*lines, *(["further off than the chart shows"] if found.beyond else []))


def _experiments(values: Sequence[MetricRow]) -> list[tuple[str, int, int]]:
    """Name, first and last number of each stretch of values of one experiment."""
    found, at = [], 1
    for (name, hidden), group in groupby(values, key=lambda v: (v.experiment, v.hidden)):
        size = len(list(group))
        found.append((f"{name} (hidden)" if hidden else name, at, at + size - 1))
        at += size
    return found
