"""The page Runs: all runs, or one of them where the address names it."""

import streamlit as st

from webui.views.runs_list import show_runs
from webui.views.runs_one import show_run


def page() -> None:
    """Draw the page; ``?id=RUN`` asks for one run."""
    # a link from this page to itself leaves the address bar as it was: say again what it shows
    if run_id := st.query_params.get("id", ""):
        st.query_params["id"] = run_id
        show_run(run_id)
    else:
        st.query_params.update({})
        show_runs()
