"""One function that can be masked: what it does, its lines, what depends on it, and how agents did on it."""

import streamlit as st

from rexlab.dashboard.tasks_code import Maskable, lines_of
from rexlab.dashboard.texts import escaped, one_line
from rexlab.reports.cells import percent, show
from rexlab.reports.document import Kind
from rexlab.task.load import Task
from webui.parts.pages import link
from webui.parts.state import read_only
from webui.parts.tables import show_table
from webui.parts.text import show_text
from webui.views.tasks_book import results

_LONG = 40


def show_function(task: Task, function: Maskable) -> None:
    """The function in a box of its own."""
    with st.container(border=True, key="chosen-function"):
        st.markdown(f"#### {escaped(function.section.qualname)}")
        depend = ", ".join(function.experiments)
        st.caption(
            escaped(f"{function.section.path}, {function.lines}. Experiments that depend on it: {depend}", 2_000)
        )
        st.markdown(escaped(function.section.description, 5_000))
        text = lines_of(task, function)
        show_text(text, language="python", height=480 if text.count("\n") > _LONG else None)
        _past(task, function)
        if not read_only():
            link("Edit the description, or mask it", "author", id=task.id)


def _past(task: Task, function: Maskable) -> None:
    found = results(task)
    rows = found.functions.get(function.section.id, []) if found else []
    if not rows:
        st.caption("No trial that masked it has finished yet.")
        return
    st.caption(
        "How agents did in trials that masked it. Alone: with this function's body by itself in the reference code."
    )
    judged = any(row.alone for row in rows)
    show_table(
        [
            {
                "Agent": one_line(row.agent),
                "Masked": row.masked,
                "Passed": show(row.passed, Kind.SHARE),
                "Rate": percent(row.passed.successes / row.passed.trials) if row.passed.trials else "-",
                **({"Alone": show(row.alone, Kind.SHARE)} if judged else {}),
            }
            for row in rows
        ],
        key="function-results",
    )
    if not judged:
        st.caption("No trial was judged function by function; `rexlab run --attribute` does it.")
