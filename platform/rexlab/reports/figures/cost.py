"""Accuracy against cost, with the front of agents that none beats in both."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rexlab.reports.cells import one_line, show
from rexlab.reports.document import Cell, Kind, Section
from rexlab.reports.figures.parts import (
    MAX_CURVES,
    QUIET,
    Style,
    Trace,
    axis,
    draw,
    error_bars,
    hover,
    legend_label,
    log_axis,
    number,
    percent_axis,
    records,
    styles,
)

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_FRONTS = ("front: none is both cheaper and better", "front of scripted models")
_WIDE = 10
"""Costs this many times apart are drawn on a logarithmic axis."""


def cost_front(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Trials passed against USD per trial; None where nothing cost anything.

    An unknown price is named in the note, and never drawn as nought.
    """
    rows = [row for row in records(section) if number(row["rate"]) is not None]
    unknown = [str(row["agent"]) for row in rows if number(row["usd_per_trial"]) is None]
    priced = [row for row in rows if number(row["usd_per_trial"]) is not None]
    costs = [cost for row in priced if (cost := _cost(row)) > 0]
    log = bool(costs) and max(costs) > _WIDE * min(costs)
    free = [str(row["agent"]) for row in priced if log and _cost(row) <= 0]
    drawn = [row for row in priced if not log or _cost(row) > 0]
    if not costs:
        return None
    notes = [f"not drawn, for their price is not known: {_names(unknown)}"] if unknown else []
    notes += [f"not drawn, for a logarithmic axis has no nought: {_names(free)}"] if free else []
    front = sorted((row for row in drawn if row["front"]), key=lambda row: (_cost(row), number(row["rate"]) or 0.0))
    few = len(drawn) <= MAX_CURVES
    own = drawn if few else sorted(front, key=lambda row: -(number(row["rate"]) or 0.0))[:MAX_CURVES]
    looks = styles([str(row["agent"]) for row in rows], agents)
    right = max(_cost(row) for row in drawn)
    traces = [_front(mine, right, kind) for kind in _FRONTS if (mine := _of_kind(front, kind))]
    traces += [_points([row], legend_label(str(row["agent"])), looks[str(row["agent"])]) for row in own]
    rest = [row for row in drawn if not any(row is mine for mine in own)]
    traces += [_points(rest, "other agents", Style(QUIET, "circle-open", "solid"))] if rest else []
    notes += [f"of {len(drawn)} agents, the best {len(own)} on the front have symbols of their own"] if rest else []
    if log:
        across = log_axis("USD per trial (logarithmic)", min(costs), max(costs), (1, 2, 5))
    else:
        across = axis("USD per trial", rangemode="tozero")
    return draw(
        traces,
        360,
        listed=[str(trace["name"]) for trace in traces],
        notes=notes,
        xaxis=across,
        yaxis=percent_axis("trials passed [95 %]"),
    )


def _front(front: Sequence[dict[str, Cell]], right: float, kind: str) -> Trace:
    """Steps: the best accuracy to be had for up to that much."""
    x = [_cost(row) for row in front]
    y = [number(row["rate"]) for row in front]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": kind,
        "x": [*x, right],
        "y": [*y, y[-1]],
        "line": {"shape": "hv", "color": QUIET, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _of_kind(rows: Sequence[dict[str, Cell]], kind: str) -> list[dict[str, Cell]]:
    """Scripted models have a front of their own."""
    return [row for row in rows if str(row["agent"]).endswith("[sim]") is (kind == _FRONTS[1])]


def _points(rows: Sequence[dict[str, Cell]], name: str, look: Style) -> Trace:
    cells = [row["rate"] for row in rows]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [_cost(row) for row in rows],
        "y": [number(cell) for cell in cells],
        "error_y": error_bars(cells, look.colour),
        "marker": {"color": look.colour, "symbol": look.symbol, "size": 11},
        "cliponaxis": False,
        "hoverinfo": "text",
        "hovertext": [
            hover(
                str(row["agent"]),
                f"{show(row['usd_per_trial'], Kind.USD)} USD per trial",
                f"{show(row['rate'], Kind.PERCENT)}, {show(row['passed'], Kind.SHARE)}",
                *(["on the front"] if row["front"] else []),
            )
            for row in rows
        ],
    }


def _cost(row: dict[str, Cell]) -> float:
    return number(row["usd_per_trial"]) or 0.0


def _names(names: Sequence[str]) -> str:
    more = len(names) - 5
    return ", ".join(one_line(name)[:80] for name in names[:5]) + (f" and {more} more" if more > 0 else "")
