"""The page that compares two runs, or two agents: paired differences, tasks won and lost, and where the two differ."""

import streamlit as st

from rexlab.dashboard.comparing import Comparison, Party, compare_parties, runs_to_compare
from rexlab.errors import RexlabError
from rexlab.reports.view import View
from webui.parts.page import empty, guard, header, no_trials
from webui.parts.state import key, view
from webui.parts.tables import show_figure, show_table
from webui.parts.text import plain
from webui.views.compare_choice import chosen
from webui.views.compare_pair import show_pair
from webui.views.compare_table import COLUMNS, rows_of


def page() -> None:
    """Show it."""
    header("Compare", "Two runs, or two agents, on the variants and attempts that both finished.")
    now, whole = key(), view()  # in this order: what is kept under a key is never older than it
    if not runs_to_compare(whole):
        no_trials("No trial has finished yet. Start a run here or at the shell:")
        return
    parties = chosen(whole)
    if parties is None:
        empty("Choose what is compared with what: two runs, or two agents, over all runs or in one.")
        return
    with guard():
        comparison, problem = _compared(whole, now, *parties)
        if comparison is None:
            empty(problem)
            return
        _show(whole, now, parties, comparison)


def _show(whole: View, now: str, parties: tuple[Party, Party], comparison: Comparison) -> None:
    several = len(comparison.compared) > 1
    if several:
        st.caption("Choose a row to see its tasks and trials below.")
    number = show_table(
        rows_of(comparison), key=f"pairs-{parties[0].text}-{parties[1].text}", columns=COLUMNS, select=several
    )
    with st.expander("How to read these numbers", icon=":material/help:"):
        for note in comparison.section.notes:
            st.markdown(f"- {plain(note)}")
    show_pair(whole, comparison.compared[number or 0], parties)
    if several:
        st.subheader("All differences", anchor=False)
        with st.container(border=True):
            st.caption("Share of pairs passed, the first agent's minus the second's, with 95 % intervals over papers.")
            show_figure(comparison.section, (), key="differences")


@st.cache_data(show_spinner=False, max_entries=100)
def _compared(_whole: View, now: str, a: Party, b: Party) -> tuple[Comparison | None, str]:
    """The comparison; where there is nothing to compare, why."""
    try:
        return compare_parties(_whole, a, b), ""
    except RexlabError as error:
        return None, str(error)
