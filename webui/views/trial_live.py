"""What a trial at work prints: the last of it, drawn again by itself."""

import time

import streamlit as st

from rexlab.cluster.live import live_output
from rexlab.dashboard.live import NOTHING_KNOWN, doing, last_lines
from rexlab.store.models import State
from rexlab.store.queries import find_trial
from webui.parts.page import empty, guard
from webui.parts.state import engine, settings
from webui.parts.text import plain, show_text

_EVERY_S = 2.0
_HIGH = 420
"""Pixels of the box with text."""


@st.fragment(run_every=_EVERY_S)
def live(trial_id: str) -> None:
    """Phase and last lines; nothing once the trial is not at work any more."""
    with guard():
        trial = find_trial(engine(), trial_id).trial
        output = live_output(settings(), engine(), trial) if trial.state is State.RUNNING else None
        if output is not None:
            said = doing(output, time.time())
            st.caption(plain(f"{said[:1].upper()}{said[1:]}. The last of it:"))
            show_text(last_lines(output) or b"(nothing so far)", height=_HIGH)
        elif trial.state is State.RUNNING:
            empty(NOTHING_KNOWN)
