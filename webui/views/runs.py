"""The page Runs: all runs, or one of them where the address names it."""

import streamlit as st

from rexlab.store.changes import revisions
from webui.parts.state import engine
from webui.views.runs_list import show_runs
from webui.views.runs_one import show_run


def page() -> None:
    """Draw the page; ``?id=RUN`` asks for one run."""
    # a link from this page to itself leaves the address bar as it was: say again what it shows
    if asked := st.query_params.get("id", ""):
        run_id = _run_of(asked)
        st.query_params["id"] = run_id
        show_run(run_id)
    else:
        st.query_params.update({})
        show_runs()


def _run_of(asked: str) -> str:
    """The run with this id, or that of the trial with it: who goes back from a trial comes by such an address."""
    run_id, _, number = asked.rpartition("-")
    known = revisions(engine())
    return run_id if asked not in known and run_id in known and number.isdecimal() else asked
