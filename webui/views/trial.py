"""Trial: one attempt of one agent: what it was, how it ended, and everything that was kept of it."""

import streamlit as st

from rexlab.dashboard.trial import clock, earlier_grades, short_name
from rexlab.errors import NotFoundError
from rexlab.reports.cells import percent
from rexlab.reports.view import agent_name
from rexlab.store.models import ArtifactRow, State
from rexlab.store.pages import TrialFilter, page_of_trials
from rexlab.store.queries import TrialRecord, artifacts_of, find_trial, grades_of
from webui.parts.outcomes import mark
from webui.parts.page import gone, guard, header, no_trials
from webui.parts.pages import href, link
from webui.parts.state import engine
from webui.parts.tables import show_table
from webui.views.trial_files import files
from webui.views.trial_head import head, links
from webui.views.trial_logs import logs
from webui.views.trial_metrics import metrics
from webui.views.trial_patch import patch
from webui.views.trial_progress import progress
from webui.views.trial_prompt import prompt
from webui.views.trial_timeline import timeline
from webui.views.trial_trajectory import trajectory

TABS = ("Patch", "Metrics", "Prompt", "Timeline", "Trajectory", "Logs", "Files")
_NEWEST = 20


def page() -> None:
    """The trial that the address names, or a way to one."""
    trial_id = st.query_params.get("id", "").strip()
    if not trial_id:
        header("Trial", "One attempt of one agent at one problem.")
        _choose()
        return
    try:
        record = find_trial(engine(), trial_id)
    except NotFoundError:
        link("Choose another trial", "trial")
        header("Trial")
        gone(f"There is no trial {trial_id} in this store. It may have been removed, or the address is incomplete.")
    _show(record)


def _show(record: TrialRecord) -> None:
    finished = record.trial.state is State.FINISHED
    links(record)
    head(record)
    if not finished:
        progress(record.trial.id)
    if older := earlier_grades(grades_of(engine(), record.trial.id)):
        with st.expander(f"Earlier grades ({len(older)})", icon=":material/history:"):
            show_table(older, key="earlier-grades")
    chosen = st.segmented_control(
        "What to show",
        TABS,
        default=TABS[0],
        required=True,
        key="tab",
        bind="query-params",
        label_visibility="collapsed",
    )
    with guard():
        _tab(str(chosen), record, artifacts_of(engine(), record.trial.id))


def _tab(name: str, record: TrialRecord, rows: list[ArtifactRow]) -> None:
    """Draw the chosen part; the others cost nothing."""
    match name:
        case "Patch":
            patch(record, rows)
        case "Metrics":
            metrics(record)
        case "Prompt":
            prompt(rows)
        case "Timeline":
            timeline(record)
        case "Trajectory":
            trajectory(record, rows)
        case "Logs":
            logs(record, rows)
        case "Files":
            files(record, rows)


def _choose() -> None:
    with st.form("open-trial", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        entered = st.text_input("Trial id", placeholder="r261126-c9f678-00042", key="trial-id")
        if st.form_submit_button("Open", type="primary") and entered.strip():
            st.query_params["id"] = entered.strip()
            st.rerun()
    wanted = TrialFilter(states=(State.RUNNING, State.FINISHED), replaced=True)
    newest = page_of_trials(engine(), wanted, offset=0, limit=_NEWEST, newest_first=True)
    if not newest:
        no_trials("No trial has been run yet. Start a run, then its trials are listed here.")
        return
    st.subheader("Newest trials", anchor=False)
    show_table(
        [_as_row(record) for record in newest],
        key="newest-trials",
        columns={"Trial": st.column_config.LinkColumn(display_text=r"id=([^&]+)")},
    )


def _as_row(record: TrialRecord) -> dict[str, str]:
    return {
        "Trial": href("trial", id=record.trial.id),
        "Outcome": mark(record.outcome or record.trial.state),
        "Task": record.variant.task,
        "Masked": ", ".join(short_name(f) for f in record.variant.functions) or "-",
        "Agent": agent_name(record.agent),
        "Credit": percent(record.grade.credit if record.grade else None),
        "Finished": clock(record.trial.finished_at),
    }
