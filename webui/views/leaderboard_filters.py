"""The leaderboard's filters: widgets whose values the address keeps, so that a link shows the same."""

from datetime import date
from typing import Any

import streamlit as st

from rexlab.dashboard.standings import Choice, Choices
from webui.parts.text import plain
from webui.views.leaderboard_table import TABLE

_LISTS = ("suite", "task", "masks", "hints", "harness", "model")
_DAYS = ("from", "to")
_HIDE = "hide"
_KEYS = (*_LISTS, *_DAYS, _HIDE)
"""Keys of the widgets, and names in the address."""
_KEPT = "leaderboard-filters"
"""In the session: what was chosen last, for whoever comes back from a trial; the browser's way back forgets it."""
_AGAIN = "leaderboard-filters-again"
"""In the session: what the next run is to choose."""


def chosen(there: Choices) -> Choice:
    """Draw the filters; what is chosen in them."""
    back = _back()
    left, right = st.columns(2, vertical_alignment="top")
    with right:
        hide = there.marked and st.toggle(
            "Hide references and simulated models",
            key=_HIDE,
            bind="query-params",
            help="Harnesses that were handed the solution, and models that are a script: marked, and never ranked.",
        )
    with left, st.expander("Filters", icon=":material/filter_alt:"):
        choice = _widgets(there, hide=hide)
    now = {key: st.session_state[key] for key in _KEYS if key in st.session_state}
    if any(now.get(key, value) != value for key, value in back.items()):
        st.session_state[_AGAIN] = back
        st.rerun()  # on the browser's way back the address decides, whatever the session says; a second run may choose
    st.session_state[_KEPT] = now
    if said := _said(choice):
        words, button = st.columns([4, 1], vertical_alignment="center")
        words.caption(plain(f"Only {said}"))
        with button:
            clear_button("clear")
    return choice


def clear_button(key: str) -> None:
    """A button that takes every filter away."""
    st.button("Clear filters", key=f"leaderboard-{key}", icon=":material/filter_alt_off:", on_click=_clear)


def _widgets(there: Choices, *, hide: bool) -> Choice:
    first, second = st.columns(2)
    with first:
        suites = _several("Suites", "suite", there.suites)
        tasks = _several("Tasks", "task", there.tasks)
        masks = _several("Masked functions", "masks", tuple(str(n) for n in there.masks))
        hints = _several("Hint levels", "hints", there.hints)
    with second:
        harnesses = _several("Harnesses", "harness", there.harnesses)
        models = _several("Models", "model", there.models)
        since = _day("Ended from (UTC)", "from", there)
        until = _day("Ended until (UTC)", "to", there)
    return Choice(
        suites=suites,
        tasks=tasks,
        masks=tuple(int(n) for n in masks),
        hints=hints,
        harnesses=harnesses,
        models=models,
        first_day=since,
        last_day=until,
        hide_marked=hide,
    )


def _several(label: str, key: str, there: tuple[str, ...]) -> tuple[str, ...]:
    """Some of these; nothing is asked where there is nothing to choose from."""
    if not there:
        return ()
    kept = st.session_state.get(key, [])
    if any(value not in there for value in kept):  # a retry may take the only trial of a task away
        st.session_state[key] = [value for value in kept if value in there]
    return tuple(st.multiselect(label, there, key=key, placeholder="All", bind="query-params"))


def _day(label: str, key: str, there: Choices) -> date | None:
    if there.first_day is None or there.last_day is None:
        return None
    day = st.date_input(
        label,
        value=None,
        min_value=there.first_day,
        max_value=there.last_day,
        format="YYYY-MM-DD",
        key=key,
        bind="query-params",
    )
    return day if isinstance(day, date) else None


def _back() -> dict[str, Any]:
    """Choose again what was chosen last, where one comes from another page and the address says nothing; what that is.

    That one comes from another page is seen by the table, whose state goes with it; that of bound widgets stays.
    """
    if _AGAIN in st.session_state:
        st.session_state.update(st.session_state.pop(_AGAIN))
        return {}
    if any(key in st.query_params for key in _KEYS) or any(str(k).startswith(TABLE) for k in st.session_state):
        return {}
    kept = st.session_state.get(_KEPT, {})
    if any(st.session_state.get(key, value) != value for key, value in kept.items()):
        return {}  # somebody has just taken the filters away
    back = {key: value for key, value in kept.items() if value}
    st.session_state.update(back)
    return back


def _said(choice: Choice) -> str:
    """What is chosen, in words; empty where everything is."""
    parts = [
        ("suite", choice.suites),
        ("task", choice.tasks),
        ("masked functions", choice.masks),
        ("hint level", choice.hints),
        ("harness", choice.harnesses),
        ("model", choice.models),
        ("ended from", (choice.first_day,) if choice.first_day else ()),
        ("ended until", (choice.last_day,) if choice.last_day else ()),
    ]
    return "; ".join(f"{name} {' or '.join(map(str, values))}" for name, values in parts if values)


def _clear() -> None:
    for key in _LISTS:
        if key in st.session_state:
            st.session_state[key] = []
    for key in _DAYS:
        if key in st.session_state:
            st.session_state[key] = None
    if _HIDE in st.session_state:
        st.session_state[_HIDE] = False
