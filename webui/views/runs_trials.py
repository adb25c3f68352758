"""A run's trials, page by page, by task, agent and outcome; a chosen row opens the trial."""

import streamlit as st

from rexlab.dashboard.runs_actions import trials_in_words
from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind
from rexlab.reports.view import agent_name
from rexlab.store.models import Outcome, State
from rexlab.store.pages import TrialFilter, count_trials, page_of_trials
from rexlab.store.queries import TrialRecord
from webui.parts.outcomes import mark, words
from webui.parts.page import empty
from webui.parts.pages import go
from webui.parts.state import engine
from webui.parts.tables import show_table
from webui.views.runs_book import book
from webui.views.runs_matrix import matrix

_PER_PAGE = 20
_ROW, _HEAD = 35, 38
"""Pixels: a page of rows is shown whole."""
_STATES = (State.RUNNING.value, State.QUEUED.value)


def show_trials(run_id: str) -> None:
    """Filters, the table, and its pages."""
    found = matrix(book().find(run_id))
    ids = {name: agent_id for agent_id, name in found.agents}
    which_task, which_agent, which_outcome = st.columns(3)
    task = which_task.selectbox("Task", found.tasks, index=None, placeholder="All tasks", key="trials-task")
    agent = which_agent.selectbox("Agent", list(ids), index=None, placeholder="All agents", key="trials-agent")
    outcome = which_outcome.selectbox(
        "Outcome",
        [*(o.value for o in Outcome), *_STATES],
        index=None,
        format_func=words,
        placeholder="All outcomes",
        key="trials-outcome",
    )
    wanted = TrialFilter(
        runs=(run_id,),
        tasks=(task,) if task else (),
        agents=(ids[agent],) if agent else (),
        outcomes=(Outcome(outcome),) if outcome and outcome not in _STATES else (),
        states=(State(outcome),) if outcome in _STATES else (),
    )
    count = count_trials(engine(), wanted)
    if not count:
        empty("No trial of this run fits the filters.")
        return
    pages = -(-count // _PER_PAGE)
    # another filter, another widget: it begins at the first page
    key = f"trials-page {task} {agent} {outcome}"
    number = int(st.session_state.get(key, 1))
    number = number if number <= pages else 1
    records = page_of_trials(engine(), wanted, offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE)
    st.caption(f"{trials_in_words(count)}. Choose a row to open the trial.")
    rows = [_row(record) for record in records]
    chosen = show_table(rows, key="run-trials", columns=_COLUMNS, select=True, height=_HEAD + _ROW * len(rows))
    if pages > 1:
        st.pagination(pages, key=key)
    if chosen is not None:
        go("trial", id=records[chosen].trial.id)


def _row(record: TrialRecord) -> dict[str, object]:
    trial = record.trial
    ended = trial.finished_at is not None and trial.started_at is not None
    return {
        "Trial": trial.id,
        "Outcome": mark(record.outcome or trial.state),
        "Task": record.variant.task,
        "Masks": record.variant.masks,
        "Agent": agent_name(record.agent),
        "Attempt": trial.attempt,
        "Time": duration((trial.finished_at or 0) - (trial.started_at or 0)) if ended else "-",
        "Cost": "-" if trial.cost_usd is None else f"${show(trial.cost_usd, Kind.USD)}",
        "Detail": record.detail[:200],
    }


_COLUMNS = {
    "Trial": st.column_config.TextColumn(pinned=True),
    "Detail": st.column_config.TextColumn(width="large"),
}
