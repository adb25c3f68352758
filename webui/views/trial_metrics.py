"""Every value that a trial's grade measured: how far from its target, and whether the agent's claim holds."""

import streamlit as st

from rexlab.dashboard.trial_metrics import deviation_figure, metric_rows, summary
from rexlab.store.models import MetricRow
from rexlab.store.queries import TrialRecord, metrics_of
from webui.parts.page import empty
from webui.parts.state import engine
from webui.parts.tables import show_table
from webui.parts.text import plain

_MOST = 500
"""Values in the chart, and in a page of the table."""
_NUMBERS = ("Observed", "Target", "Tolerance", "Margin", "Claimed")


def metrics(record: TrialRecord) -> None:
    """A sentence, a chart and a table."""
    grade = record.grade
    values = _values(grade.id, record) if grade is not None and grade.id is not None else []
    if not values:
        empty(_why_none(record))
        return
    st.markdown(plain(summary(values)))
    _chart(values[:_MOST], len(values))
    failing = [v for v in values if not v.passed]
    shown = values
    if failing and len(failing) < len(values) and st.toggle(f"Only the {len(failing):,} that fail", key="only-failing"):
        shown = failing
    _table(shown)


@st.cache_data(show_spinner=False, max_entries=32)
def _values(grade_id: int, _record: TrialRecord) -> list[MetricRow]:
    return metrics_of(engine(), _record.grade) if _record.grade else []


def _why_none(record: TrialRecord) -> str:
    if record.outcome is None:
        return "Nothing is measured yet: the grader runs the experiments when the agent has ended."
    if record.grade is None:
        return "The trial was not graded, so nothing was measured; its outcome says why."
    return "The grade has no values: no experiment came to its end."


def _chart(values: list[MetricRow], total: int) -> None:
    figure = deviation_figure(values)
    if figure is None:
        st.caption("No value could be read, so there is nothing to draw.")
        return
    st.plotly_chart(figure, key="deviations", width="stretch", config={"displaylogo": False, "displayModeBar": False})
    said = (
        "Each value's distance from its target in tolerances, in the order of the table; what lies in the band passes. "
        "Values of exact and one-sided checks, which have no tolerance, are at 0 where they pass and at an edge where "
        "they do not."
    )
    st.caption(said + (f" The first {len(values):,} of {total:,} values are drawn." if total > len(values) else ""))


def _table(values: list[MetricRow]) -> None:
    pages = -(-len(values) // _MOST)
    start = 0
    if pages > 1:
        number = st.number_input(f"Page of {pages}", 1, pages, key="metrics-page", width=160)
        start = (int(number) - 1) * _MOST
    columns = {name: st.column_config.NumberColumn(format="%.6g") for name in _NUMBERS}
    columns |= {
        "Experiment": st.column_config.TextColumn(pinned=True),
        "Metric": st.column_config.TextColumn(width=190),
    }
    columns["Claim"] = st.column_config.TextColumn(help="Whether the re-run bears the agent's claim out")
    rows = metric_rows(values[start : start + _MOST])
    for name in ("Claimed", "Claim", "Problem"):
        if all(row[name] in (None, "") for row in rows):
            for row in rows:
                del row[name]
    show_table(rows, key="metrics", columns=columns)
