"""A trial's logs: the end, page by page, or the lines that hold a text; never loaded whole."""

from collections.abc import Sequence

import streamlit as st

from rexlab.dashboard.counts import counted
from rexlab.dashboard.logs import MAX_HITS, Excerpt, Lines, LogHit, count_lines, page, search, tail
from rexlab.dashboard.trajectory_files import kept_logs, size_in_words, why_no_log
from rexlab.store.models import ArtifactRow, State
from rexlab.store.queries import TrialRecord
from webui.parts.page import empty, guard
from webui.parts.state import artifacts
from webui.parts.tables import show_table
from webui.parts.text import plain, show_text
from webui.views.trial_live import live

_END, _PAGES, _SEARCH = "End", "From the beginning", "Search"
_TAILS = (50, 200, 1_000)
_HIGH = 620
"""Pixels of a box with text."""
_LOW = 20
"""So many lines need no scroll bar."""


def logs(record: TrialRecord, rows: Sequence[ArtifactRow]) -> None:
    """What the agent and the experiments printed, one file at a time; first what is being printed now."""
    at_work = record.trial.state is State.RUNNING
    if at_work:
        live(record.trial.id)
    kept = kept_logs(rows)
    if not kept and at_work:
        return
    if not kept:
        empty(why_no_log(record))
        return
    sizes = {file.row.id: size_in_words(file.row.size) for file in kept}
    chosen = st.selectbox(
        "File",
        kept,
        format_func=lambda file: f"{file.name} ({sizes[file.row.id]})",
        key=f"log-{record.trial.id}",
    )
    show_file(chosen.row)


@st.fragment
def show_file(row: ArtifactRow) -> None:
    """A text file of any size, in parts."""
    key = f"log-{row.id}"
    how = st.segmented_control("Part", (_END, _PAGES, _SEARCH), default=_END, required=True, key=f"{key}-part")
    with guard():
        match how:
            case "From the beginning":
                _show_page(row, key)
            case "Search":
                _show_hits(row, key)
            case _:
                _show_end(row, key)


def _show_end(row: ArtifactRow, key: str) -> None:
    number = st.segmented_control(
        "Lines", _TAILS, default=_TAILS[1], required=True, format_func=lambda n: f"{n:,}", key=f"{key}-tail"
    )
    with artifacts().open(row) as file:
        found = tail(file, number or _TAILS[1])
    if not found.lines:
        empty("The file is empty.")
        return
    st.caption(
        f"{counted(found.lines, 'line')}, the whole file."
        if found.whole
        else f"The last {found.lines:,} lines; earlier ones exist."
    )
    _text(found)


def _show_page(row: ArtifactRow, key: str) -> None:
    lines = _lines(row.sha256, row)
    number = 1
    if lines.pages > 1:
        number = st.pagination(lines.pages, key=f"{key}-page")
    with artifacts().open(row) as file:
        found = page(file, lines, number)
    if not found.lines:
        empty("The file is empty.")
        return
    first = found.first_line or 1
    st.caption(f"Lines {first:,} to {first + found.lines - 1:,} of {lines.count:,}.")
    _text(found)


def _show_hits(row: ArtifactRow, key: str) -> None:
    wanted = st.text_input("Text to look for", key=f"{key}-search", placeholder="error", icon=":material/search:")
    if not wanted.strip():
        st.caption("Upper and lower case are the same. Choose a hit to see the lines around it.")
        return
    hits = _hits(row.sha256, wanted, row)
    if not hits:
        empty(f"No line holds “{wanted}”.")
        return
    many = f"The first {MAX_HITS:,} lines" if len(hits) == MAX_HITS else counted(len(hits), "line")
    st.caption(f"{many} with “{plain(wanted)}”. Choose one to see what stands around it.")
    chosen = show_table(
        [{"Line": hit.line, "Text": hit.excerpt} for hit in hits],
        key=f"{key}-hits-{wanted}",
        columns={
            "Line": st.column_config.NumberColumn(width="small"),
            "Text": st.column_config.TextColumn(width="large"),
        },
        select=True,
        height=280 if len(hits) > 6 else None,
    )
    if chosen is not None:
        _around(row, hits[chosen])


def _around(row: ArtifactRow, hit: LogHit) -> None:
    lines = _lines(row.sha256, row)
    with artifacts().open(row) as file:
        found = page(file, lines, hit.page)
    first = found.first_line or 1
    at = min(max(hit.line - first, 0), found.lines - 1)
    begin, end = max(at - _LOW // 2, 0), at + _LOW // 2 + 1
    rows = found.text.split("\n")[begin:end]
    st.caption(f"Lines {first + begin:,} to {first + begin + len(rows) - 1:,} of {lines.count:,}.")
    show_text("\n".join(_numbered(rows, first + begin, hit.line)))


def _text(found: Excerpt) -> None:
    rows = found.text.split("\n")
    numbered = rows if found.first_line is None else _numbered(rows, found.first_line)
    long = found.lines > _LOW or len(found.text) > _LOW * 150
    show_text("\n".join(numbered), height=_HIGH if long else None)


def _numbered(rows: Sequence[str], first: int, marked: int | None = None) -> list[str]:
    width = len(f"{first + len(rows):,}")
    return [
        f"{f'{number:,}':>{width}} {'▸' if number == marked else ' '} {text}"
        for number, text in enumerate(rows, start=first)
    ]


@st.cache_resource(show_spinner=False, max_entries=16)
def _lines(sha256: str, _row: ArtifactRow) -> Lines:
    with artifacts().open(_row) as file:
        return count_lines(file)


@st.cache_data(show_spinner="Searching", max_entries=16)
def _hits(sha256: str, text: str, _row: ArtifactRow) -> list[LogHit]:
    with artifacts().open(_row) as file:
        return search(file, text)
