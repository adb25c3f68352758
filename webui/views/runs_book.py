"""The runs of the store, kept for all sessions of the server."""

import streamlit as st

from rexlab.dashboard.runs import RunBook
from webui.parts.state import engine

EVERY_S = 2.0
"""How often a page asks again while somebody works on what it shows."""


@st.cache_resource(show_spinner=False)
def book() -> RunBook:
    """One book for the whole server, so that finished runs are counted once."""
    return RunBook(engine())
