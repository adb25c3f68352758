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
_BLOCK = "[data-testid='stMainBlockContainer']"
st.html(
    f"<style>{_BLOCK} {{ padding: 3rem clamp(1rem, 4vw, 4rem) 4rem }}"
    # the bar with the menu's button covers what is below it there
    f"@media (max-width: 768px) {{ {_BLOCK} {{ padding-top: 4.5rem }} }}</style>"
)
draw = navigation()
with st.sidebar:
    if read_only():
        st.caption("Read-only: this server shows, and starts, changes and ends nothing.")
    if settings().ui_token:
        # a link of markdown would open beside this page, which would stay open
        st.html("<a href='/sign-out' style='color: inherit; font-size: 0.875rem'>Sign out</a>")
with guard():
    draw()
