"""When a trial did what: phases, events, and calls to its model."""

import streamlit as st

from rexlab.dashboard.trial_timeline import (
    call_rows,
    event_rows,
    phases,
    phases_figure,
    phases_in_words,
    spent_in_words,
)
from rexlab.store.calls import count_calls, page_of_calls, spent_by_trial
from rexlab.store.queries import TrialRecord, events_of
from webui.parts.page import empty
from webui.parts.state import engine
from webui.parts.tables import show_table
from webui.parts.text import plain

_PER_PAGE = 100


def timeline(record: TrialRecord) -> None:
    """Bars of the phases, the events, the calls."""
    trial = record.trial
    found = phases(trial)
    if found:
        st.subheader("Phases", anchor=False)
        config = {"displaylogo": False, "displayModeBar": False}
        st.plotly_chart(phases_figure(found), key="phases", width="stretch", config=config)
        st.caption(plain(phases_in_words(found)))
    elif trial.started_at is None:
        empty("The trial has not begun; its phases and events are shown once a worker has it.")
    events = events_of(engine(), trial.id)
    if events:
        st.subheader("Events", anchor=False)
        show_table(event_rows(events), key="events")
    _calls(trial.id)


def _calls(trial_id: str) -> None:
    count = count_calls(engine(), trial_id)
    if not count:
        return
    st.subheader("Calls to the model", anchor=False)
    st.caption(plain(spent_in_words(spent_by_trial(engine(), trial_id))))
    pages = -(-count // _PER_PAGE)
    number = int(st.number_input(f"Page of {pages}", 1, pages, key="calls-page", width=160)) if pages > 1 else 1
    calls = page_of_calls(engine(), trial_id, offset=(number - 1) * _PER_PAGE, limit=_PER_PAGE)
    counted = {
        name: st.column_config.NumberColumn(format="localized") for name in ("Tokens in", "Cached", "Tokens out")
    }
    show_table(call_rows(calls), key="calls", columns=counted)
