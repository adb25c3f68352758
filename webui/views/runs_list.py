"""The list of runs: one line each with its progress, refreshed by itself while something runs."""

import time

import streamlit as st

from rexlab.dashboard.runs import STATUSES, RunFilter, RunPage
from rexlab.dashboard.texts import one_line
from rexlab.store.progress import Progress
from webui.parts.page import empty, guard, header, no_trials
from webui.parts.pages import link
from webui.parts.text import plain
from webui.views.runs_book import EVERY_S, book
from webui.views.runs_progress import (
    cost_in_words,
    left_in_words,
    pace_in_words,
    passed_in_words,
    show_bar,
    show_outcomes,
    show_status,
    took,
)

_PER_PAGE = 10
_NAMED = 3
"""So many tasks or agents are named in a line; of more, the number is."""


def show_runs() -> None:
    """Filters, and below them the runs that they leave."""
    header("Runs", "How far each run is, what came out so far, and what it cost. The newest is first.")
    if not book().page(RunFilter(), offset=0, limit=1).total:
        no_trials("There are no runs yet. Start one here, or at a shell:")
        return
    search, status = st.columns([2, 3], vertical_alignment="bottom")
    text = search.text_input(
        "Search",
        key="search",
        placeholder="Name, task, harness, model or id",
        icon=":material/search:",
        bind="query-params",
    )
    statuses = status.pills("Status", STATUSES, selection_mode="multi", key="status", bind="query-params")
    _live(RunFilter(text or "", tuple(statuses)))


def _live(wanted: RunFilter) -> None:
    """The lines as they are now; asked for again and again while somebody works on a run."""
    # another filter, another widget: it begins at the first page
    key = f"runs-page {wanted.text} {wanted.statuses}"
    moves = _page(wanted, key).moves
    st.fragment(_lines, run_every=EVERY_S if moves else None)(wanted, key, moves)


def _page(wanted: RunFilter, key: str) -> RunPage:
    """The chosen page of the runs; the first one where there are fewer pages by now."""
    shown = book().page(wanted, offset=(st.session_state.get(key, 1) - 1) * _PER_PAGE, limit=_PER_PAGE)
    return shown if shown.lines or not shown.found else book().page(wanted, offset=0, limit=_PER_PAGE)


def _lines(wanted: RunFilter, key: str, moved: bool) -> None:
    with guard():
        shown = _page(wanted, key)
        if moved and not shown.moves:
            st.rerun()  # nothing is at work any more: once, and no further refreshes
        if not shown.found:
            empty("No run fits the filter. Remove a word or a status.")
            return
        st.caption(_count_in_words(shown))
        for progress in shown.lines:
            _line(progress)
        if (pages := -(-shown.found // _PER_PAGE)) > 1:
            st.pagination(pages, key=key)


def _count_in_words(shown: RunPage) -> str:
    runs = f"{shown.total:,} run" + ("s" if shown.total != 1 else "")
    runs = runs if shown.found == shown.total else f"{shown.found:,} of {runs}"
    return f"{runs}, {shown.busy:,} at work" if shown.busy else runs


def _line(progress: Progress) -> None:
    run = progress.run
    with st.container(border=True, key=f"run-{run.id}"):
        name, bar, status = st.columns([4, 5, 3], gap="medium")
        with name:
            link(f"**{plain(one_line(run.name, 80) or run.id)}**", "runs", id=run.id)
            planned = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created_at))
            st.caption(plain(f"{run.id}, {planned}; {_about(progress)}"))
        with bar:
            show_bar(progress)
            show_outcomes(progress)
        with status:
            show_status(progress)
            st.caption(_facts(progress))


def _facts(progress: Progress) -> str:
    cost = cost_in_words(progress.cost)
    if progress.at_work:
        facts = [pace_in_words(progress), left_in_words(progress)]
    else:
        facts = [f"{passed_in_words(progress)} passed", f"took {took(progress)}"]
    facts += [f"cost {cost}"] if cost != "-" else []
    return plain(", ".join(fact for fact in facts if fact not in ("", "-", "- passed", "took -")))


def _about(progress: Progress) -> str:
    spec = progress.run.spec
    tasks, harnesses, models = (_few(spec.get(key, []), key) for key in ("tasks", "harnesses", "models"))
    return "; ".join(part for part in (tasks, harnesses, models) if part)


def _few(names: list[str], what: str) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} {what}"
