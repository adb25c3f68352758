"""Figures of the leaderboard, one at a time: only the one that is looked at is computed."""

import streamlit as st

from rexlab.dashboard.standings import Choice, select
from rexlab.reports.difficulty import difficulty
from rexlab.reports.document import Section
from rexlab.reports.figures import figure_of
from rexlab.reports.spending import cost
from rexlab.reports.success import success
from rexlab.reports.view import View
from webui.parts.tables import show_figure, show_section
from webui.parts.text import plain

_SUCCESS, _DIFFICULTY, _COST = "Success", "Difficulty", "Cost"
_SENTENCES = {
    _SUCCESS: "Share of trials passed, infrastructure errors counted as failures, with 95 % intervals over papers.",
    _DIFFICULTY: "Share of trials passed against the number of masked functions, with what independent errors predict.",
    _COST: "Share of trials passed against what a trial costs; on the front, nobody is both cheaper and better.",
}
_NONE = {
    _SUCCESS: "",
    _DIFFICULTY: "No curve: none of these trials is of a masking task with a masked function.",
    _COST: "No figure: none of these trials cost anything, or no price is known. The numbers say more.",
}


def show_figures(whole: View, now: str, choice: Choice) -> None:
    """A choice of figures, the chosen one, and its numbers."""
    which = st.segmented_control(
        "Figure", list(_SENTENCES), default=_SUCCESS, required=True, key="figure", bind="query-params"
    )
    sections = _sections(whole, now, choice, which)
    agents = sorted(set(whole.agent_names))
    with st.container(border=True):
        st.caption(_SENTENCES[which])
        if sections and figure_of(sections[0], agents) is not None:
            show_figure(sections[0], agents, key=f"figure-{which}")
        else:
            st.caption(plain(_NONE[which]))
        if which != _SUCCESS:  # whose numbers are the table's
            with st.expander("Numbers", icon=":material/table:"):
                for section in sections:
                    st.markdown(f"**{plain(section.title)}**")
                    show_section(section, key=f"numbers-{section.name}")


@st.cache_data(show_spinner=False, max_entries=200)
def _sections(_whole: View, now: str, choice: Choice, which: str) -> list[Section]:
    """The figure's section first."""
    selected = select(_whole, choice)
    if which == _SUCCESS:
        return [success(selected, ("agent",))]
    return difficulty(selected) if which == _DIFFICULTY else [cost(selected)]
