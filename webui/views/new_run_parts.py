"""What the parts of the form New run share: fields of the request, and what is still to be chosen."""

from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import streamlit as st

from rexlab.dashboard.new_run_choices import HarnessChoices, KnownTasks, harness_choices, sandbox_choices
from rexlab.harness.manifest import Harness
from rexlab.sandbox import Availability
from webui.parts.state import settings


@dataclass
class Part:
    """What one part of the form asks for."""

    fields: dict[str, Any] = field(default_factory=dict)
    """Of ``RunRequest``."""
    missing: str = ""
    """What the user has still to choose, in a sentence; empty: nothing."""


@dataclass
class AgentsPart(Part):
    """The part on agents."""

    harnesses: list[Harness] = field(default_factory=list)


def kept(name: str) -> dict[str, Any]:
    """Arguments of a widget whose value outlives a change of the page."""
    return {"key": f"new-run-{name}", "persist_state": "session"}


@st.cache_resource(show_spinner=False)
def known_tasks() -> KnownTasks:
    """One for all sessions, which reads on while the first of them chooses."""
    known = KnownTasks()
    Thread(target=known.read_ahead, args=(settings().task_folders,), daemon=True).start()
    return known


@st.cache_resource(show_spinner=False)
def sandboxes() -> dict[str, Availability]:
    """Which backends work here, as it was when somebody first asked."""
    return sandbox_choices()


def harnesses() -> HarnessChoices:
    """As their folders are now."""
    return harness_choices(settings())
