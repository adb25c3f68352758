"""The first page: agents by success with intervals, what they are compared on, and the trials behind each row."""

import streamlit as st

from rexlab.dashboard.standings import Choice, choices, select
from rexlab.reports.document import Section
from rexlab.reports.leaderboard import leaderboard
from rexlab.reports.view import View
from webui.parts.page import empty, header, no_trials
from webui.parts.state import key, view
from webui.parts.text import plain
from webui.views.leaderboard_agent import show_agent
from webui.views.leaderboard_figures import show_figures
from webui.views.leaderboard_filters import chosen, clear_button
from webui.views.leaderboard_table import show_standings

_CACHED = 200


def page() -> None:
    """Show it."""
    header("Leaderboard", "Every agent over all its runs, by success on the problems that the ranked ones share.")
    now, whole = key(), view()  # in this order: what is kept under a key is never older than it
    if not len(whole):
        no_trials("No trial has finished yet. Start a run here or at the shell:")
        return
    choice = chosen(choices(whole))
    section, said = _standing(whole, now, choice)
    if section is None:
        empty(_why_nothing(choice))
        clear_button("clear-empty")
        return
    st.caption(f"{said}. Choose a row to see the agent's trials.")
    agent = show_standings(section, whole)
    if agent is not None:
        show_agent(whole, choice, agent)
    with st.expander("How to read these numbers", icon=":material/help:"):
        for note in section.notes:
            st.markdown(f"- {plain(note)}")
    show_figures(whole, now, choice)


@st.cache_data(show_spinner=False, max_entries=_CACHED)
def _standing(_whole: View, now: str, choice: Choice) -> tuple[Section | None, str]:
    """The table, and how much it rests on; None where the choice leaves nothing."""
    selected = select(_whole, choice)
    if not len(selected):
        return None, ""
    trials, there = selected.trials, choices(selected)
    runs = len(set(trials.run.tolist()))
    amounts = [
        (len(selected), "trial"),
        (runs, "run"),
        (len(set(trials.agent.tolist())), "agent"),
        (len(there.tasks), "task"),
    ]
    said = ", ".join(f"{count:,} {word}{'s' * (count != 1)}" for count, word in amounts)
    infra = int(trials.infra.sum())
    return leaderboard(selected), f"{said}; {infra or 'no'} infrastructure error{'s' * (infra != 1)}"


def _why_nothing(choice: Choice) -> str:
    if choice.masks and choice.hints:
        return "Nothing is left: masked functions are of masking tasks, hint levels of extension tasks. Choose one."
    if choice.first_day and choice.last_day and choice.first_day > choice.last_day:
        return "Nothing is left: the first day comes after the last one."
    return "No finished trial fits all of these filters. Take one away."
