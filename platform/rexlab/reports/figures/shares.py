"""Shares of trials as areas: how trials ended per agent, and who passed which task."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Kind, Section, Share
from rexlab.reports.figures.parts import (
    LEGEND,
    Trace,
    axis,
    draw,
    hover,
    label,
    left_out,
    number,
    percent_axis,
    pooled,
    records,
    row_axis,
)
from rexlab.store.models import Outcome

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OUTCOME_COLOURS: dict[str, tuple[str, str]] = {
    Outcome.PASSED: ("#009E73", ""),
    Outcome.WRONG_RESULT: ("#A31621", ""),
    Outcome.MISSING_RESULT: ("#D6604D", "x"),
    Outcome.EXPERIMENT_CRASHED: ("#E8836B", "/"),
    Outcome.EXPERIMENT_TIMEOUT: ("#F4A582", "."),
    Outcome.PATCH_REJECTED: ("#C2739F", "\\"),
    Outcome.NO_PATCH: ("#E3B6CF", ""),
    Outcome.AGENT_CRASHED: ("#8C6BB1", "/"),
    Outcome.AGENT_TIMEOUT: ("#E6AB02", "."),
    Outcome.BUDGET_EXCEEDED: ("#F3D67C", "-"),
    Outcome.INFRA_ERROR: ("#8A8F98", ""),
    Outcome.CANCELLED: ("#C3C7CD", "/"),
}
"""Colour and hatching of each outcome, the same in every figure: green passed, red where the experiments went wrong,
purple and yellow where the agent did, grey where the platform did. Hatching tells them apart in grey print."""
_HATCHING = {"size": 6, "solidity": 0.2, "fillmode": "overlay", "fgcolor": "#FFFFFF"}
_ROWS = 60
_AGENTS, _TASKS = 40, 80
_STEPS = ("#EEF3F8", "#C6DCEF", "#93C0E1", "#2F77B5", "#0B4A86")
"""A fifth of the way from none to all each; numbers stand out from every one of them."""


def outcome_breakdown(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """How each agent's trials ended, as shares of them."""
    rows = [row for row in records(section) if number(row["trials"])]
    present = [outcome.value for outcome in Outcome if any(number(row.get(outcome.value)) for row in rows)]
    if not present:
        return None
    rows.sort(key=lambda row: -_share(row, Outcome.PASSED.value))
    drawn = rows[:_ROWS]
    traces = []
    for outcome in present:
        colour, hatch = OUTCOME_COLOURS[outcome]
        shares = [_share(row, outcome) for row in drawn]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": outcome.replace("_", " "),
                "x": shares,
                "y": list(range(len(drawn))),
                "width": 0.72,
                "marker": {
                    "color": colour,
                    "line": {"width": 0},
                    "pattern": {
                        "shape": hatch,
                        "size": 6,
                        "solidity": 0.2,
                        "fillmode": "overlay",
                        "fgcolor": "#FFFFFF",
                    },
                },
                "text": [show(row[outcome], Kind.COUNT) if number(row[outcome]) else "" for row in drawn],
                "textposition": "inside",
                "insidetextanchor": "middle",
                "textangle": 0,
                "hoverinfo": "text",
                "hovertext": [
                    hover(
                        str(row["agent"]),
                        f"{outcome.replace('_', ' ')}: {show(row[outcome], Kind.COUNT)} of "
                        f"{show(row['trials'], Kind.COUNT)}, {show(share, Kind.PERCENT)}",
                    )
                    for row, share in zip(drawn, shares, strict=True)
                ],
            }
        )
    return draw(
        traces,
        70 + 36 * len(drawn),
        listed=[str(trace["name"]) for trace in traces],
        notes=left_out(len(drawn), len(rows), "agents"),
        barmode="stack",
        uniformtext={"mode": "hide", "minsize": 10},
        legend={**LEGEND, "traceorder": "normal"},
        xaxis=percent_axis("share of trials", range=[0, 1.005]),
        yaxis=row_axis([label(f"{row['agent']}") for row in drawn]),
    )


def task_heat_map(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """Trials passed by task and agent: the easiest task on top, the best agent on the left."""
    cells = {(str(row["task"]), str(row["agent"])): row for row in records(section)}
    by_task: dict[str, list[Cell]] = {}
    by_agent: dict[str, list[Cell]] = {}
    for (task, agent), row in cells.items():
        by_task.setdefault(task, []).append(row["passed"])
        by_agent.setdefault(agent, []).append(row["passed"])
    if not cells:
        return None
    tasks = sorted(by_task, key=lambda task: -pooled(by_task[task]))
    columns = sorted(by_agent, key=lambda agent: -pooled(by_agent[agent]))
    notes = left_out(min(len(tasks), _TASKS), len(tasks), "tasks")
    notes += left_out(min(len(columns), _AGENTS), len(columns), "agents")
    tasks, columns = tasks[:_TASKS], columns[:_AGENTS]
    grid = [[cells.get((task, agent)) for agent in columns] for task in tasks]
    few = len(columns) <= 6
    trace: Trace = {
        "type": "heatmap",
        "x": list(range(len(columns))),
        "y": list(range(len(tasks))),
        "z": [[number(row["passed"]) if row else None for row in line] for line in grid],
        "text": [[_fraction(row["passed"]) if row else "" for row in line] for line in grid],
        "texttemplate": "%{text}",
        "textfont": {"size": 11.5},
        "hoverinfo": "text",
        "hovertext": [
            [
                hover(task, agent, f"{_fraction(row['passed'])} passed, {show(row['rate'], Kind.PERCENT)}")
                if row
                else hover(task, agent, "no trial")
                for agent, row in zip(columns, line, strict=True)
            ]
            for task, line in zip(tasks, grid, strict=True)
        ],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[edge / 5, colour] for i, colour in enumerate(_STEPS) for edge in (i, i + 1)],
        "xgap": 2,
        "ygap": 2,
        "colorbar": {
            "title": {"text": "trials passed", "side": "right"},
            "tickformat": ".0%",
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1],
        },
    }
    names = [label(agent, *((14, 4) if few else (40, 1))) for agent in columns]
    return draw(
        [trace],
        (130 if few else 90 + 6 * max(map(len, names))) + 30 * len(tasks),
        notes=notes,
        min_width=280 + (100 if few else 46) * len(columns),
        xaxis=axis(
            "agent",
            tickmode="array",
            tickvals=list(range(len(columns))),
            ticktext=names,
            tickangle=0 if few else -50,
            showgrid=False,
            fixedrange=True,
        ),
        yaxis=row_axis([label(task) for task in tasks]),
    )


def _share(row: dict[str, Cell], outcome: str) -> float:
    trials = number(row["trials"])
    return (number(row.get(outcome)) or 0.0) / trials if trials else 0.0


def _fraction(cell: Cell) -> str:
    return f"{cell.successes}/{cell.trials}" if isinstance(cell, Share) else ""
