"""What can be done with a run: cancel after a question, resume, retry and regrade as background jobs with their log."""

import time

import streamlit as st

from rexlab.dashboard.runs_actions import Action, actions_for
from rexlab.execution.jobs import Job, list_jobs, start_job
from rexlab.store.progress import Progress
from rexlab.store.records import cancel_queued
from webui.parts.jobs import show_job
from webui.parts.page import guard
from webui.parts.state import engine, read_only, settings

_ICONS = {
    "cancel": ":material/cancel:",
    "resume": ":material/play_arrow:",
    "retry": ":material/replay:",
    "regrade": ":material/grading:",
}
_RECENT_S = 24 * 3600.0
"""A job that was started longer ago is on the page System."""


def job_of(run_id: str) -> Job | None:
    """The background job that works on the run now."""
    return next((job for job in list_jobs(settings(), subject=run_id) if job.state == "running"), None)


def show_actions(progress: Progress) -> None:
    """Buttons for what makes sense now, and the run's last job."""
    run_id = progress.run.id
    jobs = list_jobs(settings(), subject=run_id)
    if not read_only():
        actions = actions_for(progress, job_at_work=job_of(run_id) is not None)
        with st.container(horizontal=True):
            for action in actions:
                if action.name == "cancel":
                    _ask(run_id, action)
                elif st.button(action.title, icon=_ICONS[action.name], help=action.about, key=f"run-{action.name}"):
                    _start(run_id, action)
    if jobs and (jobs[0].state == "running" or time.time() - jobs[0].started_at < _RECENT_S):
        show_job(jobs[0])


def _start(run_id: str, action: Action) -> None:
    with guard():
        start_job(settings(), action.arguments, kind=action.name, subject=run_id)
        st.rerun()


def _ask(run_id: str, action: Action) -> None:
    """A question first: what is cancelled must be asked for anew."""
    with st.popover(action.title, icon=_ICONS[action.name], key="ask-cancel"):
        st.text(action.about)
        if st.button("Cancel the run", type="primary", key="run-cancel", width="stretch"):
            with guard():
                cancel_queued(engine(), run_id)
                st.rerun()
