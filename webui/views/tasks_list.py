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
    header("Tasks", "Papers with a codebase in which something is missing, by suite, and how agents did on them so far")
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
        "Year": task.manifest.paper.year if task else None,
        "Functions": len(task.functions) if task else None,
        "Experiments": len(task.experiments) - hidden if task else None,
        "Hidden": hidden if task else None,
        "Trials": before.trials if before else 0,
        "Best": show(before.best, Kind.SHARE) if before and before.best else None,
        "Best agent": one_line(before.best_agent) if before and before.best else None,
        "Tags": ", ".join(entry.tags),
    }


_COLUMNS = {
    "Task": st.column_config.TextColumn(pinned=True),
    "Title": st.column_config.TextColumn(width="large"),
    "Year": st.column_config.NumberColumn(format="%d"),
    "Functions": st.column_config.NumberColumn(help="How many functions can be masked."),
    "Experiments": st.column_config.NumberColumn(help="Those that the agent is told of."),
    "Hidden": st.column_config.NumberColumn(help="Experiments that the agent never sees, and that are graded too."),
    "Trials": st.column_config.NumberColumn(help="Finished so far.", format="localized"),
    "Best": st.column_config.TextColumn(
        help="Trials passed by the best agent, infrastructure errors left out. Reference harnesses do not count."
    ),
}
