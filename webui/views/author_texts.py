"""What is said of each function that can be masked, and of the task."""

import streamlit as st

from rexlab.authoring.edit import FunctionEdit
from rexlab.dashboard.authoring_code import CodeFunction, source_of
from rexlab.dashboard.authoring_draft import Draft
from rexlab.dashboard.authoring_places import Place
from webui.parts.text import plain, show_text
from webui.views.author_state import keep
from webui.views.author_words import show_words


def show_texts(place: Place, draft: Draft, editable: bool) -> None:
    """Fields for every text, each kept in the draft when it is left."""
    show_words(place, draft, editable)
    if not draft.chosen:
        return
    st.markdown("**What an agent reads in place of each body**")
    st.caption("It must let two competent people write code that gives the same numbers: shapes, conventions, ties.")
    functions = {f.id: f for f in draft.code.functions}
    for edit in draft.chosen:
        with st.container(border=True):
            _describe(place, draft, functions[edit.id], edit, editable)


def _describe(place: Place, draft: Draft, function: CodeFunction, edit: FunctionEdit, editable: bool) -> None:
    lack = draft.lack(function.id)
    st.markdown(
        f"**{plain(function.name)}** :gray[{plain(function.path)}]" + (f" :orange-badge[{lack}]" if lack else "")
    )
    key = f"description {place.id} {function.id}"
    st.session_state[key] = edit.description
    st.text_area(
        f"Description of {plain(function.name)}",
        key=key,
        height="content",
        disabled=not editable,
        label_visibility="collapsed",
        on_change=_set_description,
        args=(place, draft, function.id, key),
    )
    needs, docstring = st.columns([3, 1], vertical_alignment="bottom")
    chosen = f"experiments {place.id} {function.id}"
    st.session_state[chosen] = list(draft.experiments_of(function.id))
    needs.multiselect(
        "Experiments that depend on it",
        [e.name for e in draft.base.experiments],
        key=chosen,
        disabled=not editable,
        on_change=_set_experiments,
        args=(place, draft, function.id, chosen),
    )
    if editable:
        docstring.button(
            "Describe from its docstring",
            key=f"docstring {place.id} {function.id}",
            width="stretch",
            on_click=_take_docstring,
            args=(place, draft, function),
        )
    with st.expander("Its code"):
        show_text(source_of(draft.base, function), language="python")


def _set_description(place: Place, draft: Draft, function: str, key: str) -> None:
    keep(place, draft.describe(function, st.session_state[key]))


def _set_experiments(place: Place, draft: Draft, function: str, key: str) -> None:
    keep(place, draft.depend(function, tuple(st.session_state[key])))


def _take_docstring(place: Place, draft: Draft, function: CodeFunction) -> None:
    keep(place, draft.describe(function.id, function.said))
