"""Entry of the web UI; ``rexlab ui`` serves it."""

import streamlit as st

from webui.parts.page import guard
from webui.parts.pages import navigation
from webui.parts.state import read_only

st.set_page_config(page_title="rexlab", page_icon=":material/science:", layout="wide")
draw = navigation()
with st.sidebar:
    if read_only():
        st.caption("Read-only: this server shows, and starts, changes and ends nothing.")
with guard():
    draw()
