"""The list of all tasks, by words, suite, kind and tag; a chosen row opens the task."""

from collections.abc import Mapping

import streamlit as st

from rexlab.dashboard.tasks import Entry, Past, choose
from rexlab.dashboard.texts import one_line
from rexlab.reports.cells import show
from rexlab.reports.document import Kind
from webui.parts.page import empty, header
from webui.parts.pages import go
from webui.parts.tables import show_table
from webui.views.tasks_book import catalogue, past

_BROKEN = "does not load"


def show_tasks() -> None:
    """Filters, and below them the tasks that they leave."""
    header(
        "Tasks", "Papers with a codebase in which something is missing, by suite, and how agents did on them so far."
    )
    entries = catalogue().entries()
    if not entries:
        empty(
            "There is no task here. Make one on the page Author, or name a folder of suites and start the server anew:",
            command="REXLAB_TASKS_PATH=/path/to/suites rexlab ui",
        )
        return
    found = _chosen(entries)
    if not found:
        empty("No task fits the filters. Remove a word or a tag.")
        return
    st.caption(_count_in_words(entries, found))
    results = past()
    chosen = show_table([_row(entry, results) for entry in found], key="tasks-table", columns=_COLUMNS, select=True)
    if chosen is not None:
        go("tasks", id=found[chosen].id)


def _chosen(entries: list[Entry]) -> list[Entry]:
    search, suite, kind, tag = st.columns([3, 2, 2, 3], vertical_alignment="bottom")
    text = search.text_input(
        "Search", key="find", placeholder="Name, title, paper, author", icon=":material/search:", bind="query-params"
    )
    suites = suite.multiselect(
        "Suite", sorted({e.suite for e in entries}), key="suite", placeholder="All", bind="query-params"
    )
    kinds = kind.multiselect(
        "Kind", sorted({e.kind for e in entries} - {""}), key="kind", placeholder="All", bind="query-params"
    )
    tags = tag.multiselect(
        "Tag", sorted({t for e in entries for t in e.tags}), key="tag", placeholder="All", bind="query-params"
    )
    return choose(entries, text or "", suites, kinds, tags)


def _count_in_words(entries: list[Entry], found: list[Entry]) -> str:
    suites = len({entry.suite for entry in found})
    count = f"{len(found)}" if len(found) == len(entries) else f"{len(found)} of {len(entries)}"
    words = [f"{count} task{'s' * (len(entries) != 1)} in {suites} suite{'s' * (suites != 1)}"]
    if broken := sum(entry.task is None for entry in found):
        words.append(f"{broken} of them cannot be loaded")
    return f"{', '.join(words)}. Choose a row to open the task."


def _row(entry: Entry, results: Mapping[str, Past]) -> dict[str, object]:
    task, before = entry.task, results.get(entry.id)
    hidden = sum(e.hidden for e in task.experiments) if task else 0
    return {
        "Task": entry.id,
        "Title": entry.title if task else f"{_BROKEN}: {one_line(entry.problem)}",
        "Kind": entry.kind or _BROKEN,
        "Functions": len(task.functions) if task else None,
        "Experiments": f"{len(task.experiments) - hidden} + {hidden} hidden" if task else "",
        "Trials": before.trials if before else 0,
        "Best agent": _best(before) if before else "",
        "Year": task.manifest.paper.year if task else None,
        "Tags": ", ".join(entry.tags),
    }


def _best(before: Past) -> str:
    return f"{show(before.best, Kind.SHARE)} {one_line(before.best_agent)}" if before.best else ""


_COLUMNS = {
    "Task": st.column_config.TextColumn(pinned=True, width=170),
    "Title": st.column_config.TextColumn(width=240),
    "Kind": st.column_config.TextColumn(width=80),
    "Functions": st.column_config.NumberColumn(help="How many functions can be masked.", width=80),
    "Experiments": st.column_config.TextColumn(
        help="Those that the agent is told of, and hidden ones, which are graded too.", width=105
    ),
    "Trials": st.column_config.NumberColumn(help="Finished so far.", format="localized", width=60),
    "Best agent": st.column_config.TextColumn(
        help="Who passed the largest share of its trials, infrastructure errors left out. Agents that were handed the "
        "solution do not count.",
        width=160,
    ),
    "Year": st.column_config.NumberColumn(format="%d", width=60),
}
