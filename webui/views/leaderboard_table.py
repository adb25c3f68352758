"""The leaderboard's table: ranks and rates as numbers that can be sorted, their intervals beside them."""

import hashlib
from typing import Any

import streamlit as st

from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Estimate, Kind, Section
from rexlab.reports.view import View
from webui.parts.tables import show_table

_AGENT = "agent"
"""In the address: the id of the agent whose trials are shown."""
TABLE = "standings-"
"""What the keys of the table begin with."""
_KEPT = "leaderboard-agent"
"""In the session: the agent that was shown last, for whoever comes back from a trial."""
_CHOSEN_IN = "leaderboard-chosen-in"
"""In the session: the table in which a row is chosen."""


def show_standings(section: Section, whole: View) -> str | None:
    """Draw the table; the id of the agent that is chosen in it, or named in the address."""
    ids = dict(zip(whole.agent_names, (agent.id for agent in whole.trials.agents), strict=True))
    agents = [ids[str(row[0])] for row in section.rows]
    names = [column.name for column in section.columns]
    rows = _without_silent([_row(dict(zip(names, row, strict=True))) for row in section.rows])
    # a choice is the number of a row: with other rows it would be another agent's
    table = f"{TABLE}{hashlib.sha256(' '.join(agents).encode()).hexdigest()[:8]}"
    if table not in st.session_state:  # a new table: nothing was ever chosen in it
        st.session_state.pop(_CHOSEN_IN, None)
        if _AGENT not in st.query_params and _KEPT in st.session_state:
            st.query_params[_AGENT] = st.session_state[_KEPT]
    number = show_table(rows, key=table, columns=_COLUMNS, select=True)
    if number is not None:
        st.query_params[_AGENT] = agents[number]
        st.session_state[_CHOSEN_IN] = table
    elif st.session_state.get(_CHOSEN_IN) == table:
        st.query_params.pop(_AGENT, None)
        del st.session_state[_CHOSEN_IN]
    named = st.query_params.get(_AGENT)
    if named in agents:
        st.session_state[_KEPT] = named
        return named
    st.session_state.pop(_KEPT, None)
    return None


def _row(cells: dict[str, Cell]) -> dict[str, Any]:
    return {
        "Rank": cells["rank"],
        "Agent": cells["agent"],
        "Group": cells["letters"],
        "Passed, strict": _rate(cells["strict"]),
        "95 %": _interval(cells["strict"]),
        "Passed": show(cells["passed"], Kind.SHARE),
        "Without infra": _rate(cells["without_infra"]),
        "Without infra, 95 %": _interval(cells["without_infra"]),
        "In common": _rate(cells["common"]),
        "In common, 95 %": _interval(cells["common"]),
        "Papers": cells["papers"],
        "Tasks": cells["tasks"],
        "Variants": cells["variants"],
        "Attempts": cells["attempts"],
        "USD per success": cells["usd_per_success"],
        "Last trial": cells["last_trial"],
        "Runs": cells["submissions"],
        "Without infra, passed": show(cells["passed_without_infra"], Kind.SHARE),
    }


def _without_silent(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the columns in which no row has anything, and without those that repeat others for want of errors."""
    same = all(row["Passed"] == row["Without infra, passed"] for row in rows)
    some = [
        title
        for title in rows[0]
        if any(row[title] is not None for row in rows) and not (same and title.startswith("Without infra"))
    ]
    return [{title: row[title] for title in some} for row in rows]


def _rate(cell: Cell) -> float | None:
    """Per cent."""
    return 100 * cell.value if isinstance(cell, Estimate) and cell.value is not None else None


def _interval(cell: Cell) -> str | None:
    """The edges as they are written behind a rate."""
    _, bracket, edges = show(cell, Kind.PERCENT).partition("[")
    return edges.rstrip("]") if bracket else None


_COLUMNS = {
    "Rank": st.column_config.NumberColumn(width=60, help="By success on the variants in common"),
    "Agent": st.column_config.TextColumn(pinned=True),
    "Passed, strict": st.column_config.ProgressColumn(
        format="%.1f %%",
        min_value=0,
        max_value=100,
        help="Share of trials that passed; infrastructure errors count as failures",
    ),
    "95 %": st.column_config.TextColumn(help="Interval of the strict rate, per cent"),
    "Without infra": st.column_config.NumberColumn(format="%.1f %%", help="Infrastructure errors left out"),
    "In common": st.column_config.NumberColumn(
        format="%.1f %%", help="Mean over the variants that all ranked agents were tried on; ranks go by it"
    ),
    "Group": st.column_config.TextColumn(help="Agents that share a letter do not differ significantly"),
    "Attempts": st.column_config.NumberColumn(format="%.4g", help="Per variant"),
    "Last trial": st.column_config.TextColumn(help="Day on which it ended, UTC"),
    "USD per success": st.column_config.NumberColumn(format="%.4g"),
}
