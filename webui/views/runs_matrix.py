"""A run's trials by task and agent: a table of shares in colours; choosing a cell filters the trials below."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from rexlab.dashboard.runs_details import Matrix, MatrixCell, matrix_of
from rexlab.store.progress import Progress
from webui.parts.state import engine

_INK = "#1b1f24"
"""On every shade below: contrast of 4.5 and more, in the dark theme too, for a cell brings its own background."""
_SHADES = ("#f7cfcb", "#f9e0d2", "#faf0d7", "#dff0d4", "#b9e4c3")
"""From none passed to all passed."""
_LETTER, _PADDING = 7, 18
"""Pixels of a letter, about, and of a cell beside its text."""
_TURN = "run-matrix-turn"
"""How often a cell was chosen. A chosen cell would be given up with the next click anywhere, which Streamlit takes for
a wish of its own, and forgets where that click leads; so after each choice the table is a new one without any."""


@st.cache_data(show_spinner=False, max_entries=32)
def _matrix(run_id: str, version: tuple[int, int, int]) -> Matrix:
    return matrix_of(engine(), run_id)


def matrix(progress: Progress) -> Matrix:
    """By task and agent; kept while nothing of the run changes. A claim raises no revision, but moves the counts."""
    summary = progress.summary
    return _matrix(progress.run.id, (progress.run.revision, summary.running, summary.queued))


def show_matrix(progress: Progress) -> None:
    """Tasks down, agents across; each cell says how many of its trials passed."""
    found = matrix(progress)
    if not found.cells:
        return
    names = [name for _, name in found.agents]
    cells = [[found.cells.get((task, agent_id)) for agent_id, _ in found.agents] for task in found.tasks]
    frame = pd.DataFrame([[_text(cell) for cell in row] for row in cells], index=found.tasks, columns=names)
    frame.index.name = "Task"
    colours = pd.DataFrame([[_css(cell) for cell in row] for row in cells], index=frame.index, columns=frame.columns)
    st.caption(
        "Passed trials of finished ones by task and agent, greener where more passed; +n are still to come. "
        "Choose a cell to see its trials."
    )
    key = f"run-matrix-{st.session_state.setdefault(_TURN, 0)}"
    st.dataframe(
        Styler(frame).apply(lambda _: colours, axis=None),
        key=key,
        width="content",
        height=min(38 + 35 * len(found.tasks), 460),
        on_select=lambda: _choose(found, key),
        selection_mode="single-cell",
        column_config={
            name: st.column_config.TextColumn(width=_width(name, [row[i] for row in cells]))
            for i, name in enumerate(names)
        }
        if progress.left
        else None,
    )


def _choose(found: Matrix, key: str) -> None:
    """Set the filters of the trials below to the chosen cell."""
    cells: list[Any] = st.session_state[key].selection.cells
    if not cells:
        return
    st.session_state[_TURN] += 1
    row, column = cells[0]
    names = [name for _, name in found.agents]
    if row < len(found.tasks) and column in names:
        st.session_state["trials-task"] = found.tasks[row]
        st.session_state["trials-agent"] = column


def _width(name: str, cells: Sequence[MatrixCell | None]) -> int:
    """Pixels of a column while a run is at work: room for what its cells will say, for it keeps its first width."""
    trials = max((cell.finished + cell.unfinished.total() for cell in cells if cell), default=0)
    return _LETTER * max(len(name), len(f"100 %  ({trials}/{trials} +{trials})")) + _PADDING


def _text(cell: MatrixCell | None) -> str:
    if cell is None:
        return ""
    return cell.text if cell.share is None else f"{100 * cell.share:.0f} %  ({cell.text})"


def _css(cell: MatrixCell | None) -> str:
    if cell is None or cell.share is None:
        return ""
    shade = _SHADES[round(cell.share * (len(_SHADES) - 1))]
    return f"background-color: {shade}; color: {_INK}"
