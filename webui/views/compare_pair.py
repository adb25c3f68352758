"""Two agents beside each other: what each passed, task by task, and the trials in which one alone passed."""

from collections import Counter
from typing import Any

import streamlit as st

from rexlab.dashboard.comparing import A_WINS, B_WINS, TIE, Difference, Party, differences, differing, per_task
from rexlab.dashboard.counts import counted
from rexlab.reports.cells import show
from rexlab.reports.comparisons import Compared
from rexlab.reports.document import Estimate, Kind
from rexlab.reports.view import View
from rexlab.store.pages import Place, trials_at
from webui.parts.outcomes import mark
from webui.parts.pages import href
from webui.parts.paging import page_offset
from webui.parts.state import engine
from webui.parts.tables import show_section, show_table
from webui.parts.text import plain

_PER_PAGE = 15


def show_pair(whole: View, compared: Compared, parties: tuple[Party, Party]) -> None:
    """The two agents with their rates, then tasks and trials."""
    names = [compared.a, compared.b]
    if compared.a == compared.b:
        names = [f"{compared.a} in {party.run or 'all runs'}" for party in parties]
    st.subheader(plain(f"{names[0]} against {names[1]}"), anchor=False)
    _show_rates(compared, names)
    tasks, trials = st.tabs(["Tasks won and lost", "Trials where they differ"])
    with tasks:
        _show_tasks(whole, compared)
    with trials:
        _show_trials(whole, compared, names)


def _show_rates(compared: Compared, names: list[str]) -> None:
    found, pairs = compared.found, compared.pairs
    first, second, third = st.columns(3)
    first.metric(plain(f"A: {names[0]}"), show(float(pairs.passed_a.mean()), Kind.PERCENT), border=True)
    second.metric(plain(f"B: {names[1]}"), show(float(pairs.passed_b.mean()), Kind.PERCENT), border=True)
    third.metric("A minus B", show(found.difference, Kind.POINTS), border=True)
    edges = found.interval
    if edges is None:
        st.caption(plain(f"Of {counted(len(pairs), 'pair')}; {found.reason}."))
        return
    _, _, written = show(Estimate(found.difference, edges.low, edges.high), Kind.POINTS).partition("[")
    st.caption(
        plain(
            f"Of {counted(len(pairs), 'pair')}. 95 % interval of the difference over papers: "
            f"{written.rstrip(']')} points."
        )
    )


def _show_tasks(whole: View, compared: Compared) -> None:
    section = per_task(whole, compared.pairs)
    won = Counter(str(row[1]) for row in section.rows)
    many = counted(won[A_WINS], "task")
    st.caption(f"A wins {many}, B {won[B_WINS]}; tied: {won[TIE]}. A task is won by who passes more of its pairs.")
    show_section(section, key="per-task")


def _show_trials(whole: View, compared: Compared, names: list[str]) -> None:
    which = differing(whole, compared.pairs)
    found = compared.found
    st.caption(
        f"{counted(found.only_a, 'pair')} that A alone passed, {found.only_b:,} that B alone passed; "
        f"both passed {found.both:,}, neither {found.neither:,}. A trial opens in a tab of its own."
    )
    if not which.size:
        st.info("They differ in no pair.", icon=":material/info:")
        return
    table = st.container()
    offset = page_offset(which.size, _PER_PAGE, key="difference-pages", of=(*names, len(compared.pairs)))
    page = differences(whole, compared.pairs, which[offset : offset + _PER_PAGE])
    ids = trials_at(engine(), [place for d in page for place in (d.place_a, d.place_b)])
    with table:
        show_table([_row(d, ids) for d in page], key="differing", columns=_COLUMNS)


def _row(found: Difference, ids: dict[Place, str]) -> dict[str, Any]:
    masked = ", ".join(name.rpartition(":")[2] for name in found.functions)
    words = [part for part in (masked, found.shown) if part]
    return {
        "Task": found.task,
        "Variant": "; ".join(words) or "default",
        "Attempt": found.attempt,
        "A": mark(found.outcome_a),
        "Trial of A": _address(ids.get(found.place_a)),
        "B": mark(found.outcome_b),
        "Trial of B": _address(ids.get(found.place_b)),
    }


def _address(trial_id: str | None) -> str | None:
    return href("trial", id=trial_id) if trial_id else None


_LINK = st.column_config.LinkColumn(display_text=r"id=(.+)$")
_COLUMNS = {
    "Variant": st.column_config.TextColumn(help="Masked functions; of extension tasks the level of hints"),
    "Trial of A": _LINK,
    "Trial of B": _LINK,
}
