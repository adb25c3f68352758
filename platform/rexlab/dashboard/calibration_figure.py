"""The figure of a metric's evidence: reference runs as points, the target as a line, what passes as a band."""

import math
from typing import TYPE_CHECKING, Any

from rexlab.dashboard.calibration import Evidence, Position, number_in_words
from rexlab.reports.figures.parts import QUIET, Trace, axis, band, draw, hover, label, style

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_HEIGHT = 340
_MANY = 40
"""A metric with more values has smaller points."""
_SYMBOLS = {"runs": "circle", "others": "diamond-open"}


def evidence_figure(evidence: Evidence, *, in_tolerances: bool = False, others: bool = False) -> "Figure | None":
    """Values by run, or of a metric with several values by position; None where no run measured it.

    Args:
        evidence: Of one metric.
        in_tolerances: Distances to the target, 1 being the edge of what passes, in place of values: what shows the
            band of narrow checks. Positions without a tolerance are then left out.
        others: Show the runs with other seeds too.
    """
    shown = [p for p in evidence.positions if not in_tolerances or _tolerance(p)]
    if not evidence.runs or not shown:
        return None
    single = len(evidence.positions) == 1
    many = others and evidence.other_runs > 0
    x = [[*range(1, evidence.runs + 1)]] if single else [[p.number] * evidence.runs for p in shown]
    traces = _passing(evidence, shown, in_tolerances, evidence.runs + (evidence.other_runs if many else 0))
    traces.append(_points("runs with the task's seeds", "runs", shown, [p.values for p in shown], x, in_tolerances))
    if many:
        after = [*range(evidence.runs + 1, evidence.runs + evidence.other_runs + 1)]
        places = [after] if single else [[p.number] * evidence.other_runs for p in shown]
        traces.append(
            _points("runs with other seeds", "others", shown, [p.other_values for p in shown], places, in_tolerances)
        )
    title = "reference run" if single else "value, in the order in which they are read"
    last = evidence.runs + (evidence.other_runs if many else 0) if single else shown[-1].number
    first = 1 if single else shown[0].number
    return draw(
        traces,
        _HEIGHT,
        listed=[str(trace["name"]) for trace in traces if trace.get("showlegend", True)],
        xaxis=axis(title, range=[first - 0.6, last + 0.6], dtick=max(1, math.ceil(last / 12)), showgrid=False),
        yaxis=_distances(traces) if in_tolerances else axis(label(evidence.metric.name), nticks=7),
    )


def can_scale(evidence: Evidence) -> bool:
    """Whether the distances to the target can be drawn in tolerances."""
    return any(_tolerance(p) for p in evidence.positions)


def _distances(traces: list[Trace]) -> dict[str, Any]:
    reach = 1.3 * max(1.0, *(abs(y) for trace in traces for y in trace["y"] if math.isfinite(y)))
    return axis("distance to the target, in tolerances", range=[-reach, reach], nticks=7)


def _passing(evidence: Evidence, shown: list[Position], in_tolerances: bool, runs: int) -> list[Trace]:
    """The band, and the target in it."""
    if len(evidence.positions) == 1:
        places, shown = [0.5, runs + 0.5], shown * 2
    else:  # as far beyond the first and the last value, so that these stand in the band
        places = [shown[0].number - 0.5, *(float(p.number) for p in shown), shown[-1].number + 0.5]
        shown = [shown[0], *shown, shown[-1]]
    colour = style(2).colour
    low, high = _edges(evidence, shown)
    targets = [p.target for p in shown]
    if in_tolerances:
        low, high, targets = [-1.0] * len(shown), [1.0] * len(shown), [0.0] * len(shown)
    bounded = any(math.isinf(p.low) or math.isinf(p.high) for p in shown)
    area = band(places, low, high, colour) | {"name": "passes", "showlegend": True}
    line: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": "bound" if bounded else "target",
        "x": places,
        "y": targets,
        "line": {"color": colour, "width": 1.5, "dash": "solid" if bounded else "dash"},
        "hoverinfo": "skip",
    }
    exact = all(a == b for a, b in zip(low, high, strict=True))
    return [line] if exact else [area, line]


def _edges(evidence: Evidence, shown: list[Position]) -> tuple[list[float], list[float]]:
    """Edges of what passes; where it is open, it goes on a bit beyond what was measured."""
    seen = [v for p in evidence.positions for v in (p.target, *p.values, *p.other_values)]
    beyond = 0.15 * (max(seen) - min(seen)) or abs(max(seen)) or 1.0
    low = [p.low if math.isfinite(p.low) else min(seen) - beyond for p in shown]
    return low, [p.high if math.isfinite(p.high) else max(seen) + beyond for p in shown]


def _points(
    name: str,
    kind: str,
    shown: list[Position],
    values: list[list[float]],
    places: list[list[int]],
    in_tolerances: bool,
) -> Trace:
    colour = style(0).colour if kind == "runs" else QUIET
    marks = [(p, x, v) for p, xs, vs in zip(shown, places, values, strict=True) for x, v in zip(xs, vs, strict=False)]
    heights = [(v - p.target) / (_tolerance(p) or 1.0) if in_tolerances else v for p, _, v in marks]
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x for _, x, _ in marks],
        "y": heights,
        "marker": {"color": colour, "symbol": _SYMBOLS[kind], "size": 9 if len(marks) <= _MANY else 6, "opacity": 0.8},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(f"value {p.number}, seed {p.seed}" if kind == "runs" else f"value {p.number}", number_in_words(v))
            for p, _, v in marks
        ],
    }
    return trace


def _tolerance(position: Position) -> float | None:
    """Half the width of what passes; None where that is no width, or open."""
    width = (position.high - position.low) / 2
    return width if math.isfinite(width) and width > 0 else None
