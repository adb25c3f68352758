"""What the Tasks page keeps in memory: the catalogue, and results by task until the store changes."""

import streamlit as st

from rexlab.dashboard.tasks import Catalogue, Past, past_results
from rexlab.dashboard.tasks_results import TaskResults, results_of
from rexlab.task.load import Task
from webui.parts.state import key, settings, view


@st.cache_resource(show_spinner=False)
def catalogue() -> Catalogue:
    """Every task there is, loaded again where it was edited."""
    return Catalogue(settings().task_folders)


def past() -> dict[str, Past]:
    """How trials of each task ended so far."""
    return _past(key())


def results(task: Task) -> TaskResults | None:
    """Past results on the task; None without any."""
    return _results(key(), task.id, task.digest)


@st.cache_resource(show_spinner=False, max_entries=2)
def _past(now: str) -> dict[str, Past]:
    return past_results(view())


@st.cache_resource(show_spinner=False, max_entries=32)
def _results(now: str, task_id: str, digest: str) -> TaskResults | None:
    return results_of(view(), task_id, digest)
