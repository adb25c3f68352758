"""Past results on a task: success by agent, the difficulty curve, outcomes, and the trials themselves."""

import streamlit as st

from rexlab.dashboard.texts import one_line
from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind, Section
from rexlab.reports.view import agent_name, shown_name
from rexlab.store.models import Outcome, State
from rexlab.store.pages import TrialFilter, count_trials, page_of_trials
from rexlab.store.queries import TrialRecord
from rexlab.task.load import Task
from webui.parts.outcomes import mark, words
from webui.parts.page import empty, no_trials
from webui.parts.pages import go
from webui.parts.state import engine
from webui.parts.tables import show_figure, show_section, show_table
from webui.views.tasks_book import results

_PER_PAGE = 20
_PAGE = "task-trials-page"
_STATES = (State.RUNNING.value, State.QUEUED.value)


def show_results(task: Task) -> None:
    """Sections of finished trials, then all trials page by page."""
    wanted = TrialFilter(tasks=(task.id,))
    if not count_trials(engine(), wanted):
        no_trials("No trial of this task yet. Start a run here, or at the shell:", task.id)
        return
    _finished(task)
    st.subheader("Trials", anchor=False)
    _trials(task)


def _finished(task: Task) -> None:
    found = results(task)
    if found is None:
        st.info("No trial of this task has finished yet; those at work and in the queue are below.")
        return
    if found.older:
        st.caption(f"{found.older:,} of {found.trials:,} trials are of earlier versions of this task.")
    st.subheader("Success", anchor=False)
    show_figure(found.success, found.agents, key="task-success-figure")
    _table(found.success_table)
    if found.difficulty is not None:
        st.subheader("Success by number of masked functions", anchor=False)
        show_figure(found.difficulty, found.agents, key="task-difficulty-figure")
        _table(found.difficulty)
    st.subheader("How trials ended", anchor=False)
    show_figure(found.outcomes, found.agents, key="task-outcomes-figure")
    _table(found.outcomes)


def _table(section: Section) -> None:
    with st.expander("As a table"):
        show_section(section, key=f"task-{section.name}")


@st.fragment
def _trials(task: Task) -> None:
    outcome = st.selectbox(
        "Outcome",
        [*(o.value for o in Outcome), *_STATES],
        index=None,
        format_func=words,
        placeholder="All outcomes",
        key="task-outcome",
        on_change=_first_page,
        width=320,
    )
    wanted = TrialFilter(
        tasks=(task.id,),
        outcomes=(Outcome(outcome),) if outcome and outcome not in _STATES else (),
        states=(State(outcome),) if outcome in _STATES else (),
    )
    count = count_trials(engine(), wanted)
    if not count:
        empty("No trial of this task ended so.")
        return
    pages = -(-count // _PER_PAGE)
    if st.session_state.get(_PAGE, 1) > pages:  # there were more, with another filter
        st.session_state[_PAGE] = pages
    number = int(st.session_state.get(_PAGE, 1))
    records = page_of_trials(engine(), wanted, offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE, newest_first=True)
    st.caption(f"{count:,} trial{'s' * (count != 1)}, the newest first. Choose a row to open the trial.")
    chosen = show_table([_row(record) for record in records], key="task-trials", columns=_COLUMNS, select=True)
    if pages > 1:
        st.pagination(pages, key=_PAGE)
    if chosen is not None:
        go("trial", id=records[chosen].trial.id)


def _first_page() -> None:
    st.session_state[_PAGE] = 1


def _row(record: TrialRecord) -> dict[str, object]:
    trial, variant = record.trial, record.variant
    ended = trial.finished_at is not None and trial.started_at is not None
    return {
        "Trial": trial.id,
        "Agent": one_line(agent_name(record.agent)),
        "Outcome": mark(record.outcome or trial.state),
        "Masked": ", ".join(name.rpartition(":")[2] for name in variant.functions),
        "Shown": shown_name(variant) or "all",
        "Attempt": trial.attempt,
        "Time": duration((trial.finished_at or 0) - (trial.started_at or 0)) if ended else "-",
        "Cost": "-" if trial.cost_usd is None else f"${show(trial.cost_usd, Kind.USD)}",
        "Detail": one_line(record.detail),
    }


_COLUMNS = {
    "Trial": st.column_config.TextColumn(pinned=True),
    "Masked": st.column_config.TextColumn(width="medium"),
    "Detail": st.column_config.TextColumn(width="large"),
}
