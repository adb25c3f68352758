"""The page System: who works, what models were asked, background jobs, this machine, versions."""

import streamlit as st

from rexlab.dashboard.system import versions_of
from webui.parts.page import guard, header
from webui.parts.state import engine, settings
from webui.parts.tables import show_table
from webui.views.system_jobs import show_jobs
from webui.views.system_machine import show_machine
from webui.views.system_models import show_models
from webui.views.system_work import show_work


def page() -> None:
    """Draw the page; what is under a tab is looked up when it is opened."""
    header("System", "Who works on what, what waits, and what this machine and its store have.")
    titles = ("Work", "Models", "Jobs", "Machine", "Versions")
    shows = (show_work, show_models, show_jobs, show_machine, _show_versions)
    for tab, show in zip(st.tabs(titles, key="show", on_change="rerun", bind="query-params"), shows, strict=True):
        if tab.open:
            with tab, guard():
                show()


def _show_versions() -> None:
    rows = [{"What": name, "Version": text} for name, text in versions_of(settings(), engine())]
    show_table(rows, key="system-versions")
