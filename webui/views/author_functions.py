"""Ticks on a task's functions, and beside them what an agent would get."""

from itertools import groupby

import streamlit as st

from rexlab.authoring.preview import MaskPreview
from rexlab.dashboard.authoring_code import CodeFunction
from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place
from webui.parts.page import empty, guard
from webui.parts.tables import show_table
from webui.parts.text import plain, show_text
from webui.views.author_state import keep, preview

_MOST = 150
"""Functions listed at once; a browser draws no thousand checkboxes in a moment."""
_LEAKS = {
    "copy": "a copy of the body",
    "near_copy": "nearly the body",
    "compiled": "the module, compiled",
    "history": "the body in git's history",
    "notebook": "the body in a notebook",
}


def show_functions(place: Place, draft: Draft, editable: bool) -> None:
    """The functions of the code by file, and the mask of those that are ticked."""
    if draft.base.manifest.task.kind == "extension":
        empty("This is an extension task: its code is whole, and nothing in it is masked.")
        return
    left, right = st.columns([1, 2], gap="large")
    with left:
        _ticks(place, draft)
    with right, guard():
        _mask(draft)


def _ticks(place: Place, draft: Draft) -> None:
    every = draft.code.functions
    st.markdown(f"**{len(draft.ticked)} of {len(every)} functions** can be masked")
    words = st.text_input("Search", key="author-search", placeholder="Name or file", label_visibility="collapsed")
    found = [f for f in every if words.strip().casefold() in f.id.casefold()]
    found.sort(key=lambda f: f.id not in draft.ticked)  # those that are ticked are never among the ones left out
    shown = {f.id for f in found[:_MOST]}
    for path, functions in groupby((f for f in every if f.id in shown), key=lambda f: f.path):
        with st.container(gap="xsmall"):
            st.caption(plain(path))
            for function in functions:
                _tick(place, draft, function)
    if not found:
        st.caption("No function is called so.")
    if len(found) > _MOST:
        st.caption(f"{len(found) - _MOST:,} more functions are not shown; search to narrow the list.")
    for note in draft.code.notes:
        st.caption(plain(note))


def _tick(place: Place, draft: Draft, function: CodeFunction) -> None:
    key = f"tick {place.id} {function.id}"
    st.session_state[key] = function.id in draft.ticked
    size = f"{function.lines} line{'' if function.lines == 1 else 's'}"
    lack = draft.lack(function.id) if function.id in draft.ticked else ""
    label = f"{plain(function.name)} :gray[{size}]" + (f" :orange[{lack}]" if lack else "")
    st.checkbox(label, key=key, on_change=_set_tick, args=(place, draft, function.id, key))


def _set_tick(place: Place, draft: Draft, function: str, key: str) -> None:
    keep(place, draft.tick(function, st.session_state[key]))


def _mask(draft: Draft) -> None:
    if not draft.ticked:
        empty("Tick at least one function: a masking task needs something to mask.")
        return
    seen = preview(draft)
    st.markdown("**What an agent gets** with all ticked functions masked")
    if seen.leaks:
        _leaks(seen)
    else:
        st.success("No masked body stands elsewhere in the code.", icon=":material/verified_user:")
    if seen.notes:
        with st.expander(f"Not searched for leaks: {len(seen.notes)}"):
            show_text("\n".join(seen.notes))
    for path, text in seen.diffs:
        with st.expander(plain(path), expanded=True):
            show_text(text, language="diff")


def _leaks(seen: MaskPreview) -> None:
    places = "place gives" if len(seen.leaks) == 1 else "places give"
    st.error(
        f"{len(seen.leaks)} {places} a masked body away: take the copy out, or mask it too.", icon=":material/warning:"
    )
    rows = [
        {
            "Function": leak.function,
            "Found": _LEAKS[leak.kind],
            "File": leak.file,
            "Line": leak.line,
            "Alike": f"{100 * leak.similarity:.0f} %",
        }
        for leak in seen.leaks
    ]
    show_table(rows, key="author-leaks")
