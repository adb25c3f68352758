"""How long the phases of a run's trials took, per agent."""

import streamlit as st

from rexlab.dashboard.runs_details import MOST_TIMED, Timings, timings_of
from rexlab.reports.cells import duration
from rexlab.store.progress import Progress
from rexlab.store.run_details import PHASES
from webui.parts.page import empty
from webui.parts.state import engine
from webui.parts.tables import show_table


@st.cache_data(show_spinner=False, max_entries=32)
def _timings(run_id: str, revision: int) -> Timings:
    return timings_of(engine(), run_id)


def show_timings(progress: Progress) -> None:
    """Median and 90th percentile of every phase."""
    found = _timings(progress.run.id, progress.run.revision)
    if not found.phases:
        empty("No trial of this run has finished yet; its phases are timed when one has.")
        return
    st.caption(
        "Median, and in brackets what nine of ten trials stay within. Prepare lays out the masked code, solve is the "
        "agent at work, capture takes its patch, and grade runs the experiments."
    )
    show_table(_rows(found), key="run-timings")
    if found.is_sample:
        st.caption(f"Of the last {MOST_TIMED:,} finished trials in the order of the plan.")


def _rows(found: Timings) -> list[dict[str, str]]:
    """A row per agent, a column per phase."""
    rows: dict[str, dict[str, str]] = {}
    for times in found.phases:
        row = rows.setdefault(times.agent, {"Agent": times.agent} | {phase.capitalize(): "-" for phase in PHASES})
        row[times.phase.capitalize()] = f"{duration(times.median_s)} ({duration(times.high_s)})"
    return list(rows.values())
