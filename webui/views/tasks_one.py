"""One task: what it is, what can be done with it, and its parts."""

import streamlit as st

from rexlab.dashboard.tasks import Entry
from rexlab.dashboard.texts import escaped, one_line
from rexlab.errors import NotFoundError
from rexlab.task.load import Task
from webui.parts.page import gone, guard, header
from webui.parts.pages import go, link
from webui.parts.state import read_only
from webui.parts.text import plain, show_text
from webui.views.tasks_about import show_about
from webui.views.tasks_book import catalogue
from webui.views.tasks_code import show_code
from webui.views.tasks_experiments import show_experiments
from webui.views.tasks_instructions import show_instructions
from webui.views.tasks_paper import show_paper
from webui.views.tasks_results import show_results

_PARTS = {
    "Paper": show_paper,
    "Code": show_code,
    "Experiments": show_experiments,
    "Instructions": show_instructions,
    "Results": show_results,
    "About": show_about,
}
_AUTHORS = 3
"""Of more, the first is named."""


def show_task(task_id: str) -> None:
    """The task's page, or a page that says that there is none."""
    link("All tasks", "tasks")
    try:
        entry = catalogue().find(task_id)
    except NotFoundError:
        header("Task")
        gone(f"There is no task {task_id}. It may have been renamed or removed, or the address is incomplete.")
    if entry.task is None:
        _broken(entry)
        return
    task = entry.task
    header(task.manifest.task.title, f"{task.id}: {_kind(task)}")
    st.markdown(escaped(task.manifest.task.summary, 1_000))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        parts = [name for name in _PARTS if name != "Instructions" or task.manifest.instructions]
        part = st.segmented_control(
            "Part of the task",
            parts,
            default=parts[0],
            required=True,
            key="part",
            label_visibility="collapsed",
            wrap=True,
            bind="query-params",
        )
        if not read_only():
            _actions(task)
    with guard():
        _PARTS[part or parts[0]](task)


def _broken(entry: Entry) -> None:
    header(entry.name, f"{entry.id}: does not load")
    st.error("This task cannot be loaded, and so not be run. What is wrong with it:", icon=":material/error:")
    show_text(entry.problem)
    st.caption(plain(f"Folder: {entry.folder}"))


def _kind(task: Task) -> str:
    paper = task.manifest.paper
    authors = ", ".join(paper.authors) if len(paper.authors) <= _AUTHORS else f"{paper.authors[0]} and others"
    return f"{task.manifest.task.kind} task after {one_line(paper.title, 150)}, {one_line(authors, 80)}, {paper.year}"


def _actions(task: Task) -> None:
    with st.container(horizontal=True, width="content"):
        if st.button("Edit", icon=":material/edit_note:"):
            go("author", id=task.id)
        if st.button("Start a run with this task", type="primary", icon=":material/play_circle:"):
            go("new-run", tasks=task.id)
