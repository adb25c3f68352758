"""Background jobs that were started from the UI; the log of the chosen one."""

import time

import streamlit as st

from rexlab.execution.jobs import Job, JobState, list_jobs
from webui.parts.jobs import show_job, state_in_words
from webui.parts.page import empty
from webui.parts.state import settings
from webui.parts.tables import show_table

_MOST = 200
"""Jobs in the table: the newest."""


def show_jobs() -> None:
    """The table, and the chosen job, or the newest one that runs."""
    jobs = list_jobs(settings())
    if not jobs:
        empty("No background job has been started. The pages New run, Runs and Author start them.")
        return
    shown = jobs[:_MOST]
    states = [job.state for job in shown]
    st.caption(
        "Choose a job to see its log." if len(shown) == len(jobs) else f"The newest {_MOST} of {len(jobs):,} jobs."
    )
    chosen = show_table(
        [_row(job, state) for job, state in zip(shown, states, strict=True)], key="system-jobs", select=True
    )
    running = states.index("running") if "running" in states else None
    number = running if chosen is None else chosen
    if number is not None:
        show_job(shown[number])


def _row(job: Job, state: JobState) -> dict[str, object]:
    return {
        "State": state_in_words(job, state),
        "Kind": job.kind,
        "About": job.subject,
        "Started": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(job.started_at)),
        "Job": job.id,
    }
