"""The trials behind one row of the leaderboard, page by page."""

import streamlit as st

from rexlab.dashboard.standings import Choice, trials_of
from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind
from rexlab.reports.view import View
from rexlab.store.pages import count_trials, page_of_trials
from rexlab.store.queries import TrialRecord
from webui.parts.outcomes import mark
from webui.parts.page import empty
from webui.parts.pages import go
from webui.parts.paging import page_offset
from webui.parts.state import engine, key
from webui.parts.tables import show_table
from webui.parts.text import plain

_PER_PAGE = 15


def show_agent(whole: View, choice: Choice, agent_id: str) -> None:
    """The agent's trials that its row counts; choosing one opens it."""
    number = next(i for i, agent in enumerate(whole.trials.agents) if agent.id == agent_id)
    wanted = trials_of(choice, agent_id)
    count = _count(key(), choice, agent_id)
    with st.container(border=True):
        st.subheader(plain(f"Trials of {whole.agent_names[number]}"), anchor=False)
        if not count:
            empty("None of its trials is left: the store has changed meanwhile.")
            return
        st.caption(f"{count:,} trial{'s' * (count != 1)}, the newest first. Choose a row to open the trial.")
        table = st.container()
        offset = page_offset(count, _PER_PAGE, key="agent-pages", of=wanted)
        records = page_of_trials(engine(), wanted, offset=offset, limit=_PER_PAGE, newest_first=True)
        with table:
            chosen = show_table([_row(r) for r in records], key="agent-trials", columns=_COLUMNS, select=True)
    if chosen is not None:
        go("trial", id=records[chosen].trial.id)


@st.cache_data(show_spinner=False, max_entries=200)
def _count(now: str, choice: Choice, agent_id: str) -> int:
    return count_trials(engine(), trials_of(choice, agent_id))


def _row(record: TrialRecord) -> dict[str, object]:
    trial, grade = record.trial, record.grade
    ended = trial.finished_at is not None and trial.started_at is not None
    return {
        "Trial": trial.id,
        "Outcome": mark(record.outcome or trial.state),
        "Task": record.variant.task,
        "Masks": record.variant.masks,
        "Attempt": trial.attempt,
        "Credit": 100 * grade.credit if grade else None,
        "Time": duration((trial.finished_at or 0) - (trial.started_at or 0)) if ended else None,
        "USD": None if trial.cost_usd is None else show(trial.cost_usd, Kind.USD),
        "Detail": record.detail[:200],
    }


_COLUMNS = {
    "Trial": st.column_config.TextColumn(pinned=True),
    "Credit": st.column_config.NumberColumn(format="%.1f %%", help="Share of metric values that pass"),
    "Detail": st.column_config.TextColumn(width="large"),
}
