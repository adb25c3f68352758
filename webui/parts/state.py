"""What every page needs once per server: settings, the store, its artifacts, and the trials in memory."""

import streamlit as st
from sqlalchemy import Engine

from rexlab.dashboard.snapshot import Snapshots
from rexlab.reports.view import View
from rexlab.settings import Settings, load_settings, require_writable
from rexlab.store.artifacts import Artifacts
from rexlab.store.database import open_engine


@st.cache_resource(show_spinner=False)
def settings() -> Settings:
    """As they were when the server started."""
    return load_settings()


@st.cache_resource(show_spinner=False)
def engine() -> Engine:
    """The store, made or migrated when need be."""
    chosen = settings()
    require_writable(chosen.home)
    return open_engine(chosen.store_url)


@st.cache_resource(show_spinner=False)
def artifacts() -> Artifacts:
    """Patches, logs and trajectories."""
    return Artifacts(settings().artifact_root)


def view() -> View:
    """All finished trials as the store has them now."""
    return _snapshots().view()


def key() -> str:
    """Another text whenever something finished, was graded again, queued or cancelled: an argument of caches."""
    return _snapshots().key()


def read_only() -> bool:
    """Whether the server shows and does nothing else."""
    return settings().ui_read_only


@st.cache_resource(show_spinner=False)
def _snapshots() -> Snapshots:
    return Snapshots(engine())
