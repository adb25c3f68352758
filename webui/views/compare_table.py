"""The table of compared agents: differences as numbers that can be sorted, their intervals beside them."""

from typing import Any

import streamlit as st

from rexlab.dashboard.comparing import Comparison
from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Estimate, Kind


def rows_of(comparison: Comparison) -> list[dict[str, Any]]:
    """One row per two agents."""
    names = [column.name for column in comparison.section.columns]
    rows = [_row(dict(zip(names, row, strict=True))) for row in comparison.section.rows]
    silent = [title for title in _OPTIONAL if all(row[title] is None for row in rows)]
    return [{title: value for title, value in row.items() if title not in silent} for row in rows]


def interval(cell: Cell) -> str | None:
    """The edges of a difference as they are written behind it."""
    _, bracket, edges = show(cell, Kind.POINTS).partition("[")
    return edges.rstrip("]") if bracket else None


def _row(cells: dict[str, Cell]) -> dict[str, Any]:
    found = cells["difference"]
    return {
        "A": cells["a"],
        "B": cells["b"],
        "A - B, points": 100 * found.value if isinstance(found, Estimate) and found.value is not None else None,
        "95 %": interval(found),
        "p (Holm)": show(cells["p_holm"], Kind.P_VALUE),
        "Pairs": cells["pairs"],
        "Only A": cells["only_a"],
        "Only B": cells["only_b"],
        "Both": cells["both"],
        "Neither": cells["neither"],
        "Papers": cells["papers"],
        "Odds ratio": cells["odds_ratio"],
        "p": show(cells["p_value"], Kind.P_VALUE),
    }


_OPTIONAL = ("95 %", "Odds ratio")
COLUMNS = {
    "A": st.column_config.TextColumn(pinned=True),
    "A - B, points": st.column_config.NumberColumn(
        format="%+.1f", help="Share of pairs that A passed minus that of B, in percentage points"
    ),
    "95 %": st.column_config.TextColumn(help="Interval of the difference over papers, in points"),
    "p (Holm)": st.column_config.TextColumn(help="McNemar's test, adjusted for all rows of this table"),
    "Odds ratio": st.column_config.NumberColumn(format="%.3g"),
    "p": st.column_config.TextColumn(help="McNemar's test, exact, of this row alone"),
}
