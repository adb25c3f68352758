"""The head of a trial's page: how it ended, what it was, what was noticed, and where to go from it."""

import streamlit as st

from rexlab.dashboard.trial import acceptable, attempts, description, noticed, used, used_in_detail
from rexlab.execution.review import accept_trial
from rexlab.grading.records import Flag
from rexlab.reports.cells import duration, percent
from rexlab.store.models import State
from rexlab.store.neighbours import neighbours
from rexlab.store.queries import TrialRecord, metrics_of
from webui.parts.outcomes import badge
from webui.parts.page import guard, header
from webui.parts.pages import go, link
from webui.parts.state import engine, read_only
from webui.parts.tables import show_table
from webui.parts.text import plain, show_text

_SHORT = 44
"""Characters of a fact that shares its line."""
_MOST_NOTES = 8
"""Below a flag; more stand in a box that scrolls."""


def links(record: TrialRecord) -> None:
    """To the run, the task, and the trials around this one."""
    trial = record.trial
    around = neighbours(engine(), trial)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        link(plain(f"Run {trial.run_id}"), "runs", id=trial.run_id)
        link(plain(record.variant.task), "tasks", id=record.variant.task)
        for label, icon, other in (
            ("Previous", "chevron_left", around.previous),
            ("Next", "chevron_right", around.following),
            ("The trial it replaces", "undo", trial.replaces_id),
            ("Replaced by a retry", "redo", around.replaced_by),
        ):
            if other and st.button(
                label, type="tertiary", icon=f":material/{icon}:", key=f"to-{icon}", help=plain(other)
            ):
                go("trial", id=other)


def head(record: TrialRecord) -> None:
    """Everything that is known of the trial without opening a file of it."""
    trial = record.trial
    header(f"Trial {trial.id}")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        badge(record.outcome or trial.state)
        for flag in noticed(record):
            st.badge(plain(flag.flag.replace("_", " ")), color="orange", icon=":material/flag:")
    if record.detail:
        st.markdown(plain(_sentence(record.detail)))
    if trial.state is State.FINISHED:
        _numbers(record)
    with st.container(border=True):
        _facts(description(record))
    _flags(record)
    if rows := attempts(trial.selection):
        _attempts(rows, str((trial.selection or {}).get("stopped") or ""))


def _numbers(record: TrialRecord) -> None:
    trial, grade = record.trial, record.grade
    spent = used(trial.usage)
    numbers = {"Credit": percent(grade.credit) if grade else "not graded", "Agent at work": duration(trial.solve_s)}
    numbers |= {"Grading": duration(trial.timings["grade"])} if not spent and "grade" in trial.timings else {}
    numbers |= {name: spent[name] for name in ("Tokens", "Cost") if name in spent}
    numbers |= {"Model calls": "none"} if not spent else {}
    with st.container(horizontal=True, gap="medium"):
        for label, value in numbers.items():
            st.metric(label, value, width="content")
    if trial.usage:
        st.caption(plain(f"{spent['Calls']}; {used_in_detail(trial.usage)}."))


def _facts(facts: dict[str, str]) -> None:
    """Short facts side by side, long ones below them on lines of their own."""
    brief = {label: value for label, value in facts.items() if len(value) <= _SHORT}
    with st.container(horizontal=True, gap="medium"):
        for label, value in brief.items():
            st.markdown(_fact(label, value), width="content")
    for label, value in facts.items():
        if label not in brief:
            st.markdown(_fact(label, value))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fact(label: str, value: str) -> str:
    return f":small[:gray[{plain(label)}]]  \n{plain(value)}"


def _flags(record: TrialRecord) -> None:
    found = noticed(record)
    if not found:
        return
    with st.container(border=True, key="noticed"):
        st.markdown("**Noticed**")
        for flag in found:
            st.markdown(f":orange-badge[{plain(flag.flag.replace('_', ' '))}] {plain(flag.meaning)}")
            if flag.notes:
                show_text("\n".join(flag.notes), height=200 if len(flag.notes) > _MOST_NOTES else None)
        _accept(record, {flag.flag for flag in found})


def _accept(record: TrialRecord, flags: set[str]) -> None:
    """A person's decision on a patch that passes with more than its masked functions."""
    if read_only() or Flag.TAMPERED not in flags or record.grade is None:
        return
    if not acceptable(record, metrics_of(engine(), record.grade)):
        return
    with st.form("accept", border=False):
        st.markdown(
            "The whole patch passes, its masked functions alone do not. If you have looked at it and find it honest, "
            "it can count as passed; this grade stays beside your decision."
        )
        why = st.text_input("Why it may count", key="accept-why", placeholder="A sentence, kept with the decision")
        if st.form_submit_button("Let it count as passed", icon=":material/gavel:"):
            with guard():
                accept_trial(engine(), record.trial.id, why)
                st.rerun()


def _attempts(rows: list[dict[str, object]], stopped: str) -> None:
    with st.expander(f"Attempts of the strategy ({len(rows)})", icon=":material/repeat:", expanded=True):
        if stopped:
            st.caption(plain(f"It stopped because {stopped}."))
        score = st.column_config.NumberColumn(format="%.2f", help="What the strategy's verifier gave")
        show_table(rows, key="attempts", columns={"Score": score})
