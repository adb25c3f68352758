"""The page Runs: all runs, or one of them where the address names it."""

import streamlit as st

from webui.views.runs_list import show_runs
from webui.views.runs_one import show_run


def page() -> None:
    """Draw the page; ``?id=RUN`` asks for one run."""
    if run_id := st.query_params.get("id", ""):
        show_run(run_id)
    else:
        show_runs()
