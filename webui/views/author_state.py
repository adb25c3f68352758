"""What the page Author keeps: tasks as they were read, previews, and each session's drafts."""

from pathlib import Path

import streamlit as st

from rexlab.authoring.check_files import check_files
from rexlab.authoring.edit import FunctionEdit
from rexlab.authoring.finding import Finding
from rexlab.authoring.preview import MaskPreview, preview_mask
from rexlab.dashboard.authoring_code import Catalogue, read_code
from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place, stamp
from rexlab.task.load import Task, load_task

_DRAFTS = "drafts of tasks"


def current_draft(place: Place) -> Draft:
    """The session's draft of the task, on top of what the task is now unless both changed the same."""
    task, code = _read(str(place.folder), stamp(place.folder))
    kept: Draft | None = _drafts().get(str(place.folder))
    if kept is None or (kept.base is not task and not kept.changes):
        return Draft.of(task, code)
    if kept.base is not task and not kept.differs_from(task):
        kept = kept.upon(task, code)
        keep(place, kept)
    return kept


def saved(place: Place) -> tuple[Task, Catalogue]:
    """The task as it is on the disk now, and its functions."""
    return _read(str(place.folder), stamp(place.folder))


def keep(place: Place, draft: Draft) -> None:
    """Keep the draft for as long as the session lasts, whichever pages are opened meanwhile."""
    _drafts()[str(place.folder)] = draft


def discard(place: Place) -> None:
    """Go back to what is saved."""
    _drafts().pop(str(place.folder), None)


def unsaved_elsewhere(place: Place | None, places: list[Place]) -> list[Place]:
    """Other tasks with a draft that changes something."""
    changed = {folder for folder, draft in _drafts().items() if draft.changes}
    return [p for p in places if str(p.folder) in changed and p != place and not p.obstacle]


def preview(draft: Draft) -> MaskPreview:
    """The mask of all ticked functions."""
    folder = draft.base.folder
    chosen = tuple((f.path, f.qualname, f.description) for f in draft.chosen)
    return _preview(draft.base, str(folder), stamp(folder / "code"), chosen)


def findings(place: Place) -> list[Finding]:
    """What can be said of the saved task without running it."""
    return _findings(str(place.folder), stamp(place.folder))


def _drafts() -> dict[str, Draft]:
    drafts: dict[str, Draft] = st.session_state.setdefault(_DRAFTS, {})
    return drafts


@st.cache_resource(show_spinner="Reading the code", max_entries=30)
def _read(folder: str, stamp: str) -> tuple[Task, Catalogue]:
    task = load_task(Path(folder))
    return task, read_code(task)


@st.cache_resource(show_spinner=False, max_entries=100)
def _preview(_task: Task, folder: str, stamp: str, chosen: tuple[tuple[str, str, str], ...]) -> MaskPreview:
    return preview_mask(_task, [FunctionEdit(*function) for function in chosen])


@st.cache_resource(show_spinner=False, max_entries=30)
def _findings(folder: str, stamp: str) -> list[Finding]:
    return list(check_files(load_task(Path(folder))))
