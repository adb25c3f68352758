"""Tables and figures: rows of plain values, and the sections of a report as the command line prints them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from rexlab.reports.cells import NOTHING, show
from rexlab.reports.document import Column, Estimate, Kind, Section, Share
from rexlab.reports.figures import figure_of, min_width_of, note_of
from webui.parts.text import plain

_ROW, _HEAD, _MOST = 35, 38, 560
"""Pixels: of a row, of the head, and of a table that then scrolls inside itself."""
_LINE = 17
"""Pixels of a line of an axis' title."""
_NUMBERS = (Kind.COUNT, Kind.NUMBER)


def show_table(
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    columns: Mapping[str, Any] | None = None,
    select: bool = False,
    height: int | None = None,
) -> int | None:
    """A table that can be sorted; the number of the row that was chosen, where one can be.

    Args:
        rows: Values by column title; all have the same titles.
        key: Of the widget; the choice is kept under it.
        columns: ``st.column_config`` of columns, by title.
        select: Whether a row can be chosen.
        height: Pixels; None: as high as its rows, up to a limit.
    """
    frame = pd.DataFrame(list(rows))
    options: dict[str, Any] = {
        "key": key,
        "hide_index": True,
        "width": "stretch",
        "height": height or min(_HEAD + _ROW * max(len(rows), 1), _MOST),
        "column_config": dict(columns or {}),
        "placeholder": NOTHING,
    }
    if not select:
        st.dataframe(frame, **options)
        return None
    event: Any = st.dataframe(frame, on_select="rerun", selection_mode="single-row", **options)
    chosen = event["selection"]["rows"]
    return chosen[0] if chosen and chosen[0] < len(rows) else None


def show_section(section: Section, *, key: str, select: bool = False) -> int | None:
    """A report's section as a table with its notes; the number of the row that was chosen, where one can be."""
    rows = [
        {_title(c): _cell(cell, c.kind) for c, cell in zip(section.columns, row, strict=True)} for row in section.rows
    ]
    chosen = show_table(rows, key=key, columns=_configured(section), select=select) if rows else None
    for note in section.notes:
        st.caption(plain(note))
    return chosen


def show_figure(section: Section, agents: Sequence[str], *, key: str) -> None:
    """The section's figure with what is left out of it; nothing where it has none.

    Args:
        section: With the rows and series of its builder.
        agents: Of the whole page: each has one colour in all its figures.
        key: Of the chart.
    """
    figure = figure_of(section, agents)
    if figure is None:
        return
    # without colours of its own for text and ground it takes those of the page's theme, light or dark
    figure.update_layout(paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", font_color=None)
    narrowest = min_width_of(figure)
    if not narrowest:  # it fits a phone, whose plots are narrower than one line of such a title
        title = figure.layout.xaxis.title.text or ""
        if " [" in title:
            taller = figure.layout.height + _LINE
            figure.update_layout(xaxis_title_text=title.replace(" [", "<br>["), height=taller)
    with st.container(key=f"scrolls-{key}"):
        if narrowest:
            box = f".st-key-scrolls-{key}"
            st.html(f"<style>{box} {{ overflow-x: auto }} {box} > * {{ min-width: {narrowest}px }}</style>")
        st.plotly_chart(figure, key=key, width="stretch", theme="streamlit", config={"displaylogo": False})
    if note := note_of(figure):
        st.caption(plain(note))


def _cell(cell: Any, kind: Kind) -> Any:
    """Numbers stay numbers, so that a table sorts by them; the rest is written as everywhere."""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and kind in _NUMBERS:
        return cell
    return None if cell is None else show(cell, kind)


def _title(column: Column) -> str:
    """With a capital, as tables of pages have it; symbols such as ``k`` and ``p (Holm)`` stay as they are."""
    title = column.title
    return title[:1].upper() + title[1:] if title[:2].isalpha() and len(title) > 1 else title


def _configured(section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for i, column in enumerate(section.columns):
        cells = [row[i] for row in section.rows]
        if column.kind in _NUMBERS and not any(isinstance(cell, Estimate | Share) for cell in cells):
            found[_title(column)] = st.column_config.NumberColumn(format="localized")
        else:
            found[_title(column)] = st.column_config.TextColumn()
    return found
