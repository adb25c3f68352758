"""Pick a task on the page Author, copy one, or make one from a paper's repository."""

from typing import Any

import streamlit as st

from rexlab.dashboard.authoring_places import (
    MAX_UPLOAD_MB,
    PAPER_ENDINGS,
    Place,
    copy_task,
    keep_upload,
    new_folder,
    new_task_command,
    own_folder,
)
from rexlab.execution.jobs import start_job
from rexlab.task.load import Task
from webui.parts.page import guard
from webui.parts.pages import go
from webui.parts.state import read_only, settings
from webui.parts.text import plain

_SUITE = "mine"
_CHOSEN = "author-task"


def pick(places: list[Place]) -> Place | None:
    """The task that the address or the user names; None when it is none of these."""
    by_id = {place.id: place for place in places}
    asked = st.query_params.get("id", "")
    st.session_state[_CHOSEN] = asked if asked in by_id else None
    box, new = st.columns([4, 1], vertical_alignment="bottom")
    box.selectbox(
        "Task",
        list(by_id),
        key=_CHOSEN,
        placeholder="Choose a task" if by_id else "No task was found",
        format_func=lambda name: name if not by_id[name].obstacle else f"{name} (cannot be edited here)",
        on_change=_follow,
    )
    if not read_only():
        with new:
            _offer_new(asked)
    return by_id.get(asked)


def offer_copy(task: Task) -> None:
    """A form that copies the task to where it can be edited."""
    with (
        st.popover("Make a copy to edit", icon=":material/content_copy:", type="primary", width="stretch"),
        st.form("author-copy", border=False),
    ):
        suite, name = _ask_names(task.name)
        if st.form_submit_button("Make the copy", type="primary"):
            with guard():
                copied = copy_task(settings(), task, suite, name)
                go("author", id=copied.id)


def _offer_new(asked: str) -> None:
    # another key on another task: what was open and filled in is closed and empty once the task is being made
    key = f"author-new {asked}"
    with (
        st.popover("New task", icon=":material/add:", width="stretch", key=key, on_change="rerun"),
        st.form(f"form {key}", border=False, enter_to_submit=False),
    ):
        suite, name = _ask_names("")
        source = st.text_input(
            "Repository", placeholder="https://… or a folder on this server", help="Its history is left behind."
        )
        upload = st.file_uploader("Paper, uploaded", type=list(PAPER_ENDINGS), max_upload_size=MAX_UPLOAD_MB)
        path = st.text_input("Paper, or its path on this server", placeholder=", ".join(PAPER_ENDINGS))
        st.caption("Each script of the repository is run once, in a sandbox, to find experiments and functions.")
        if st.form_submit_button("Make the task", type="primary"):
            with guard():
                _make(suite, name, source, upload, path)


def _make(suite: str, name: str, source: str, upload: Any, path: str) -> None:
    folder = new_folder(settings(), suite, name)
    paper = str(keep_upload(settings(), upload.name, upload.getvalue())) if upload else path
    command = new_task_command(folder, source, paper)
    start_job(settings(), command, kind="new-task", subject=str(folder))
    go("author", id=f"{suite}/{name}")


def _ask_names(name: str) -> tuple[str, str]:
    st.caption(plain(f"It is written below {own_folder(settings())}."))
    suite, task = st.columns(2)
    return suite.text_input("Suite", _SUITE).strip(), task.text_input("Name", name, placeholder="my-task").strip()


def _follow() -> None:
    """Let the address say what was chosen."""
    chosen = st.session_state[_CHOSEN]
    if chosen:
        st.query_params["id"] = chosen
    else:
        st.query_params.pop("id", None)
