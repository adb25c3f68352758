"""The page Tasks: all suites, or one task where the address names it."""

import streamlit as st

from webui.views.tasks_list import show_tasks
from webui.views.tasks_one import show_task


def page() -> None:
    """Draw the page; ``?id=suite/name`` asks for one task, ``&part=Code`` for a part of it."""
    if task_id := st.query_params.get("id", ""):
        show_task(task_id)
    else:
        show_tasks()
