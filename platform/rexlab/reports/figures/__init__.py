"""Figures of reports, made from sections alone: one function per figure, and ``figure_of`` that knows which is whose.

Whoever shows a figure says with it what ``note_of`` gives: what is left out, and why.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rexlab.reports.document import Report, Section
from rexlab.reports.figures.cost import cost_front
from rexlab.reports.figures.curves import (
    pass_curves,
    refinement_curves,
    resampling_curves,
    time_to_success,
)
from rexlab.reports.figures.difficulty import difficulty_curves
from rexlab.reports.figures.intervals import differences, leaderboard
from rexlab.reports.figures.parts import min_width_of, note_of
from rexlab.reports.figures.shares import outcome_breakdown, task_heat_map

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = [
    "agents_of",
    "cost_front",
    "differences",
    "difficulty_curves",
    "figure_of",
    "leaderboard",
    "min_width_of",
    "note_of",
    "outcome_breakdown",
    "pass_curves",
    "refinement_curves",
    "resampling_curves",
    "task_heat_map",
    "time_to_success",
]

_FIGURES: "dict[str, Callable[[Section, Sequence[str]], Figure | None]]" = {
    "success": leaderboard,
    "difficulty": difficulty_curves,
    "outcomes": outcome_breakdown,
    "cost": cost_front,
    "tasks": task_heat_map,
    "resampling": resampling_curves,
    "attempts": pass_curves,
    "refinement": refinement_curves,
    "time_to_success": time_to_success,
    "comparisons": differences,
}


def figure_of(section: Section, agents: Sequence[str] = ()) -> "Figure | None":
    """The section's figure; None where it has none, or nothing that could be drawn.

    Args:
        section: With the rows and series of its builder.
        agents: The agents of the whole report, as ``agents_of`` gives: each has one colour in all its figures.
    """
    draw = _FIGURES.get(section.name)
    return draw(section, agents) if draw else None


def agents_of(report: Report) -> list[str]:
    """Every agent that a section of the report names, in order."""
    found: dict[str, None] = {}
    for section in report.sections:
        for i, column in enumerate(section.columns):
            if column.name == "agent":
                found.update(dict.fromkeys(str(row[i]) for row in section.rows))
    return sorted(found)
