"""Outcomes and states in words and colours, the same on every page."""

import streamlit as st

from rexlab.store.models import Outcome, State

COLOURS: dict[str, str] = {
    Outcome.PASSED: "green",
    Outcome.WRONG_RESULT: "red",
    Outcome.MISSING_RESULT: "red",
    Outcome.EXPERIMENT_CRASHED: "red",
    Outcome.EXPERIMENT_TIMEOUT: "red",
    Outcome.PATCH_REJECTED: "orange",
    Outcome.NO_PATCH: "gray",
    Outcome.AGENT_CRASHED: "orange",
    Outcome.AGENT_TIMEOUT: "orange",
    Outcome.BUDGET_EXCEEDED: "orange",
    Outcome.INFRA_ERROR: "violet",
    Outcome.CANCELLED: "gray",
    State.RUNNING: "blue",
    State.QUEUED: "gray",
}
"""By Streamlit's names: green and red is what the experiments told, orange what the agent broke off, violet our own."""
_MARKS = {"green": "\N{BLACK CIRCLE}", "red": "\N{MULTIPLICATION X}", "blue": "\N{BLACK RIGHT-POINTING TRIANGLE}"}
_OTHER_MARKS = {"orange": "\N{BLACK UP-POINTING TRIANGLE}", "violet": "\N{BLACK DIAMOND}"}
_NO_MARK = "\N{WHITE CIRCLE}"


def words(outcome: str) -> str:
    """``wrong_result`` as ``wrong result``."""
    return str(outcome).replace("_", " ")


def mark(outcome: str) -> str:
    """Words with a sign in front, for tables: told apart without colours."""
    colour = COLOURS.get(outcome, "gray")
    return f"{(_MARKS | _OTHER_MARKS).get(colour, _NO_MARK)} {words(outcome)}"


def badge(outcome: str) -> None:
    """The outcome in its colour."""
    st.badge(mark(outcome), color=COLOURS.get(outcome, "gray"))  # type: ignore[arg-type]
