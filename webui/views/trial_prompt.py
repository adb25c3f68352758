"""The prompt that a trial's agent got, as text."""

from collections.abc import Sequence

import streamlit as st

from rexlab.store.models import ArtifactRow
from webui.parts.page import empty
from webui.parts.state import artifacts
from webui.parts.text import show_text


def prompt(rows: Sequence[ArtifactRow]) -> None:
    """What the agent was asked. Of a strategy it is that of the chosen attempt; the others are among the files."""
    kept = [row for row in rows if row.kind == "prompt"]
    if not kept:
        empty("The prompt is kept when the agent has ended; this trial has none yet.")
        return
    st.caption("As the agent found it in its sandbox. The paper lay beside it, unless the problem withholds it.")
    show_text(artifacts().load(kept[-1]))
