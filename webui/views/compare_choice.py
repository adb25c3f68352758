"""Who is compared with whom: a run and an agent on each side, kept in the address as ``?a=…&b=…``."""

import streamlit as st

from rexlab.dashboard.comparing import Party, agents_to_compare, first_choice, read_party, runs_to_compare
from rexlab.dashboard.trial import clock
from rexlab.errors import NotFoundError
from rexlab.reports.view import View
from webui.parts.text import plain

_SIDES = ("a", "b")
"""Names in the address."""


def chosen(whole: View) -> tuple[Party, Party] | None:
    """Draw the choice; None while a side is still open."""
    _follow_address(whole)
    for place, side in zip(st.columns(2), _SIDES, strict=True):
        with place, st.container(border=True):
            st.markdown(f"**{side.upper()}**")
            _choose(whole, side)
    parties = [_party(side) for side in _SIDES]
    for side, party in zip(_SIDES, parties, strict=True):
        if party is None:
            st.query_params.pop(side, None)
        else:
            st.query_params[side] = party.text
        st.session_state[_seen(side)] = st.query_params.get(side)
    a, b = parties
    return (a, b) if a and b else None


def _follow_address(whole: View) -> None:
    """Take over what the address names, when it is not what this page last wrote into it."""
    asked = {side: st.query_params.get(side) for side in _SIDES}
    opened = not any(_run(side) in st.session_state for side in _SIDES)
    if opened and not any(asked.values()):
        asked = {side: st.session_state.get(_seen(side)) for side in _SIDES}  # as it was left
    if opened and not any(asked.values()) and (first := first_choice(whole)):
        asked = dict(zip(_SIDES, (party.text for party in first), strict=True))
    for side, text in asked.items():
        if text is None or (not opened and text == st.session_state.get(_seen(side))):
            continue
        try:
            party = read_party(whole, text)
        except NotFoundError as error:
            st.warning(plain(error), icon=":material/search_off:")
            party = Party()
        st.session_state[_run(side)], st.session_state[_agent(side)] = party.run, party.agent


def _choose(whole: View, side: str) -> None:
    runs = {run.id: run for run in runs_to_compare(whole)}

    def run_name(run_id: str) -> str:
        run = runs[run_id]
        day = clock(run.created_at).partition(" ")[0]  # as the page Runs has it
        return f"{run_id}, {run.name}, {day}"

    kept = st.session_state.get(_run(side))
    st.session_state[_run(side)] = kept if kept in runs else None
    run = st.selectbox(
        f"Run of {side.upper()}",
        list(runs),
        index=None,
        format_func=run_name,
        placeholder="All runs",
        key=_run(side),
    )
    agents = agents_to_compare(whole, run)
    kept = st.session_state.get(_agent(side))
    st.session_state[_agent(side)] = kept if kept in agents else None
    st.selectbox(
        f"Agent of {side.upper()}",
        list(agents),
        index=None,
        format_func=agents.__getitem__,
        placeholder="Every agent of the run" if run else "Choose an agent",
        key=_agent(side),
    )


def _party(side: str) -> Party | None:
    run, agent = st.session_state.get(_run(side)), st.session_state.get(_agent(side))
    return Party(run, agent) if run or agent else None


def _run(side: str) -> str:
    return f"compare-run-{side}"


def _agent(side: str) -> str:
    return f"compare-agent-{side}"


def _seen(side: str) -> str:
    """What the page last wrote into the address."""
    return f"compare-seen-{side}"
