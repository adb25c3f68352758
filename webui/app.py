"""Entry of the web UI; ``rexlab ui`` serves it."""

from pathlib import Path

import streamlit as st

from webui.parts.page import guard
from webui.parts.pages import navigation
from webui.parts.state import read_only, settings

_HERE = Path(__file__).parent
# pictures of our own: Streamlit would ask a foreign server for the icons that it knows by name
st.set_page_config(page_title="rexlab", page_icon=str(_HERE / "icon.png"), layout="wide")
st.logo(str(_HERE / "logo.png"), icon_image=str(_HERE / "icon.png"), size="large")
st.html("<style>[data-testid='stMainBlockContainer'] { padding: 3rem clamp(1rem, 4vw, 4rem) 4rem }</style>")
draw = navigation()
with st.sidebar:
    if read_only():
        st.caption("Read-only: this server shows, and starts, changes and ends nothing.")
    if settings().ui_token:
        st.caption("[Sign out](/sign-out)")
with guard():
    draw()
