"""The instructions of an extension task at each hint level, and the patch that implements it."""

import streamlit as st

from rexlab.task.load import Task
from rexlab.task.variant import HintLevel
from webui.parts.text import show_text

_LEVELS: dict[HintLevel, str] = {
    "default": "Without hints",
    "hints": "With hints",
    "detailed_hints": "With detailed hints",
}


def show_instructions(task: Task) -> None:
    """What an agent is told, by hint level."""
    level = st.segmented_control(
        "Hint level",
        list(_LEVELS),
        default="default",
        required=True,
        format_func=lambda name: _LEVELS[name],
        key="hints",
    )
    text = task.instructions(level or "default")
    if level and level != "default" and text == task.instructions("default"):
        st.caption("This task has no hints: every level says the same.")
    show_text(text)
    with st.expander("The reference patch: this is the solution", icon=":material/warning:"):
        st.warning(
            "This patch implements the extension. Agents never see it; do not let it get into their training data.",
            icon=":material/warning:",
        )
        show_text(task.reference_patch, language="diff", height=600)
