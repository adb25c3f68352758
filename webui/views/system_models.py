"""What models were asked through the gateway: over the last day, and in all."""

import time

import streamlit as st

from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind
from rexlab.store.calls import ModelUse, use_by_model
from webui.parts.page import empty
from webui.parts.state import engine
from webui.parts.tables import show_table

_DAY_S = 24 * 3600.0


@st.cache_data(show_spinner="Adding up calls", ttl=60.0, max_entries=1)
def _uses() -> tuple[list[ModelUse], list[ModelUse], float]:
    """Of the last day, of all time, and when they were counted: millions of calls take seconds."""
    now = time.time()
    return use_by_model(engine(), now - _DAY_S), use_by_model(engine()), now


def show_models() -> None:
    """Calls, tokens, cost and failures per model."""
    day, every, counted_at = _uses()
    if not every:
        empty(
            "No model has been asked yet. Calls appear here when a harness asks its model through the gateway.",
            command="rexlab run classic --harness react --model scripted --masks 1 --limit 2",
        )
        return
    st.subheader("Last 24 hours", anchor=False)
    if day:
        show_table([_row(use) for use in day], key="system-models-day", columns=_columns())
    else:
        empty("No model was asked in the last 24 hours.")
    st.subheader("In all", anchor=False)
    show_table([_row(use) for use in every], key="system-models-all", columns=_columns())
    unknown = sum(use.spent.cost_usd is None for use in every)
    st.caption(
        f"Counted at {time.strftime('%H:%M:%S', time.localtime(counted_at))}. Refused calls met a budget and never "
        "reached the model; they are not among the calls."
        + (" The cost is unknown where the price of at least one answered call is." if unknown else "")
    )


def _row(use: ModelUse) -> dict[str, object]:
    spent = use.spent
    answered = spent.calls - spent.failures
    return {
        "Model": use.model,
        "Calls": spent.calls,
        "Failed": spent.failures,
        "Refused": use.refused,
        "Tokens in": spent.input_tokens,
        "Of these cached": spent.cached_tokens,
        "Tokens out": spent.output_tokens,
        "Cost": "unknown" if spent.cost_usd is None else f"${show(spent.cost_usd, Kind.USD)}",
        "Mean time": duration(spent.seconds / spent.calls) if spent.calls else "-",
        "Answered": f"{100 * answered / spent.calls:.1f} %" if spent.calls else "-",
    }


def _columns() -> dict[str, object]:
    numbers = ("Calls", "Failed", "Refused", "Tokens in", "Of these cached", "Tokens out")
    return {name: st.column_config.NumberColumn(format="localized") for name in numbers}
