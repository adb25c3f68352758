"""The paper of a task, as markdown with maths in which nothing is active."""

import streamlit as st

from rexlab.dashboard.paper import safe_markdown
from rexlab.task.load import Task
from webui.parts.text import show_text

READABLE = 860
"""Pixels: wider lines are hard to read."""


def show_paper(task: Task) -> None:
    """The paper's text as the agent gets it, drawn."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Our own text of the paper, as agents get it, where they are shown one.")
        source = st.toggle("Source", key="paper-source", help="The text as it stands in the file.")
    if source:
        show_text(task.paper, language="markdown")
    else:
        show_markdown(task.paper)


def show_markdown(text: str) -> None:
    """A text of the task's folder, drawn."""
    st.markdown(_drawn(text), anchors=False, width=READABLE)


@st.cache_data(show_spinner=False, max_entries=64)
def _drawn(text: str) -> str:
    return safe_markdown(text)
