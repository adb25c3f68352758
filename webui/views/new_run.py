"""The page New run: put a run together, see what it would take, and start it in the background."""

import streamlit as st

from rexlab.execution.request import RunRequest
from webui.parts.page import header
from webui.parts.state import read_only
from webui.views.new_run_agents import choose_agents
from webui.views.new_run_limits import choose_limits
from webui.views.new_run_parts import known_tasks
from webui.views.new_run_problems import choose_problems
from webui.views.new_run_start import show_plan

_STAY = """<style>
@media (min-width: 641px) {
  [data-testid="stColumn"]:has(.st-key-new-run-plan) {
    position: sticky; top: 4rem; align-self: flex-start;
  }
}
</style>"""
"""The plan stays in sight while the form beside it is scrolled."""


def page() -> None:
    """Show the form, and beside it what it asks for."""
    header("New run", "Choose tasks and agents. Nothing starts before you have seen how many trials it takes.")
    if read_only():
        st.caption("This server starts no runs. The command below does the same at a shell.")
    st.html(_STAY)
    known_tasks()
    form, plan = st.columns([4, 3], gap="medium")
    with form:
        problems = choose_problems()
        agents = choose_agents()
        limits = choose_limits(agents)
    with plan:
        missing = problems.missing or agents.missing
        show_plan(RunRequest(**problems.fields, **agents.fields, **limits), missing)
