"""A trial that has not finished: what it is doing, refreshed by itself until it has."""

import time

import streamlit as st

from rexlab.dashboard.trial import progress as progress_of
from rexlab.dashboard.trial_timeline import event_rows
from rexlab.reports.cells import duration
from rexlab.store.models import State
from rexlab.store.queries import events_of, find_trial
from webui.parts.outcomes import words
from webui.parts.state import engine
from webui.parts.tables import show_table
from webui.parts.text import plain

_EVERY_S = 2.0


@st.fragment(run_every=_EVERY_S)
def progress(trial_id: str) -> None:
    """Phase, time and events so far; when the trial has finished, the whole page is drawn again."""
    trial = find_trial(engine(), trial_id).trial
    if trial.state is State.FINISHED:
        st.rerun()
    events = events_of(engine(), trial_id)
    now = progress_of(trial, events, time.time())
    with st.container(border=True):
        since = "" if now.elapsed_s is None else f" for {duration(now.elapsed_s)}"
        st.markdown(f":material/hourglass_top: **{words(trial.state).capitalize()}{since}:** {plain(now.phase)}")
        st.caption("This page follows the trial by itself.")
        if events:
            show_table(event_rows(events), key="events-so-far")
