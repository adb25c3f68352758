"""The page Author: choose what a task masks, see the mask at once, write what is said of it, and prove it."""

import streamlit as st

from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place, list_places
from rexlab.execution.jobs import list_jobs
from webui.parts.jobs import show_job
from webui.parts.page import empty, gone, guard, header
from webui.parts.state import read_only, settings
from webui.parts.text import plain
from webui.views.author_evidence import show_evidence
from webui.views.author_functions import show_functions
from webui.views.author_pick import offer_copy, pick
from webui.views.author_state import current_draft, discard, keep, saved, unsaved_elsewhere
from webui.views.author_texts import show_texts

_PARTS = {"Functions and mask": show_functions, "Texts": show_texts, "Evidence": show_evidence}


def page() -> None:
    """Draw the page; ``?id=SUITE/NAME`` asks for one task."""
    header("Author", "Choose what a task masks, see what an agent gets, and prove that the checks notice.")
    places = list_places(settings())
    place = pick(places)
    _remind(unsaved_elsewhere(place, places))
    if place is not None:
        _show(place)
        return
    if (asked := st.query_params.get("id", "")) and not _being_made(asked):
        gone(f"There is no task {asked}; it may have been moved or removed.")
    if not asked:
        empty("Choose a task above, or make one from a paper's repository with New task.")


def _show(place: Place) -> None:
    draft = current_draft(place)
    task = draft.base
    st.subheader(plain(task.manifest.task.title), anchor=False)
    st.caption(plain(f"{task.id}, {task.manifest.task.kind}, in {task.folder}"))
    editable = not (place.obstacle or read_only())
    if editable:
        _save_bar(place, draft)
    elif read_only():
        st.info("This server is read-only: look at everything, ticks change the preview alone.", icon=":material/lock:")
    else:
        text, button = st.columns([5, 2], vertical_alignment="center")
        text.info(
            plain(f"{place.obstacle} Ticks change the preview alone; make a copy to edit."), icon=":material/lock:"
        )
        with button:
            offer_copy(task)
    part = st.segmented_control(
        "Part", list(_PARTS), default=next(iter(_PARTS)), required=True, label_visibility="collapsed", key="author-part"
    )
    with guard():
        _PARTS[part](place, draft, editable)


def _save_bar(place: Place, draft: Draft) -> None:
    """What is not saved yet, with buttons that are always there: a box that comes and goes would move what is below."""
    task, code = saved(place)
    conflict = draft.base is not task and draft.differs_from(task)
    with st.container(border=True, key="author-save"):
        text, buttons = st.columns([3, 2], vertical_alignment="center")
        changes = draft.changes
        if conflict:
            text.warning("The saved task was changed by somebody else since you began.", icon=":material/sync_problem:")
        elif changes:
            text.markdown(f":orange[:material/edit:] **Not saved:** {plain(_shortly(changes))}")
        else:
            text.markdown(":green[:material/check:] Everything is saved.")
        with buttons.container(horizontal=True, horizontal_alignment="right"):
            if conflict:
                if st.button("Put my changes on top", key="author-rebase"):
                    keep(place, draft.upon(task, code))
                    st.rerun()
            elif st.button(
                "Save", type="primary" if changes else "secondary", icon=":material/save:", key="author-save-now"
            ):
                _save(place, draft)
            if st.button(
                "Discard", icon=":material/undo:", key="author-discard", disabled=not changes and not conflict
            ):
                discard(place)
                st.rerun()


def _save(place: Place, draft: Draft) -> None:
    if not draft.changes:
        return
    with guard():
        draft.save()
        discard(place)
        st.toast(plain(f"{place.id} is saved."), icon=":material/check:")
        st.rerun()


def _shortly(changes: list[str]) -> str:
    shown = ", ".join(changes[:4])
    return f"{shown} and {len(changes) - 4} more" if len(changes) > 4 else shown


def _remind(places: list[Place]) -> None:
    if places:
        names = ", ".join(p.id for p in places)
        st.caption(plain(f"Not saved yet, and kept while this page stays open: {names}"))


def _being_made(task_id: str) -> bool:
    """Show the job that makes this task, where there is one."""
    jobs = [job for job in list_jobs(settings(), kind="new-task") if job.subject.endswith(f"/{task_id}")]
    if not jobs:
        return False
    job = jobs[0]
    if job.state == "running":
        st.info(plain(f"{task_id} is being made: its experiments are run once each."), icon=":material/hourglass_top:")
    else:
        st.warning(plain(f"{task_id} was not made; the log says why."), icon=":material/error:")
    show_job(job)
    return True
