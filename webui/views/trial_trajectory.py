"""A trial's trajectory: what its agent said, did and saw, step by step, of a file of any size."""

from collections.abc import Sequence

import streamlit as st

from rexlab.dashboard.trajectory import Step, Trajectory, index, read_step
from rexlab.dashboard.trajectory_files import kept_trajectories, size_in_words, why_no_trajectory
from rexlab.dashboard.trajectory_parts import Part
from rexlab.dashboard.trajectory_search import Hit, search
from rexlab.reports.cells import show
from rexlab.reports.document import Kind
from rexlab.store.models import ArtifactRow
from rexlab.store.queries import TrialRecord
from webui.parts.page import empty, guard
from webui.parts.state import artifacts
from webui.parts.text import plain, show_text
from webui.views.trial_logs import show_file

_ON_A_PAGE = 20
_ALL, _CALLS, _ERRORS = "all", "tool calls", "errors"
_ICONS = {"agent": ":material/smart_toy:", "user": ":material/person:", "system": ":material/settings:"}
_QUERY = 200
"""Characters that are looked for."""
_HIGH = 420
"""Pixels of a long text."""


def trajectory(record: TrialRecord, rows: Sequence[ArtifactRow]) -> None:
    """The steps of the chosen attempt, or of another one."""
    kept = kept_trajectories(rows)
    if not kept:
        empty(why_no_trajectory(record))
        return
    chosen = kept[0]
    if len(kept) > 1:
        chosen = st.selectbox(
            "Attempt",
            kept,
            format_func=lambda file: f"{file.name} ({size_in_words(file.row.size)})",
            key=f"trajectory-{record.trial.id}",
        )
    found = _index(chosen.row.sha256, chosen.row)
    if found.problem:
        st.warning(plain(found.problem), icon=":material/info:")
    if not found.is_one:
        st.caption("It is shown as text.")
        show_file(chosen.row)
        return
    if found.steps:
        _summary(found, chosen.row)
        _steps(found, chosen.row)


def _summary(found: Trajectory, row: ArtifactRow) -> None:
    figures = (
        ("Steps", f"{len(found.steps):,}"),
        ("Tool calls", f"{found.calls:,}"),
        ("Tokens", show(found.tokens, Kind.COUNT)),
        *((("Cost", f"${show(found.cost_usd, Kind.USD)}"),) if found.cost_usd is not None else ()),
    )
    with st.container(horizontal=True, gap="large"):
        for label, value in figures:
            st.metric(label, value, width="content")
    st.caption(
        f"{plain(found.made_by)} · {size_in_words(row.size)}. As the agent's own program noted it; "
        "what counts is what the gateway metered."
    )
    if found.notes:
        with st.expander("Notes of the program", icon=":material/notes:"):
            show_text(found.notes)


@st.fragment
def _steps(found: Trajectory, row: ArtifactRow) -> None:
    """Filters, and a page of steps; a step is read from the file when it is opened."""
    key = f"trajectory-{row.id}"
    wanted, only, to = _filters(found, key)
    hits: dict[int, Hit] = {}
    if wanted:
        hits = {hit.number: hit for hit in _hits(row.sha256, wanted, row, found)}
    chosen = [step for step in found.steps if _fits(step, only) and (not wanted or step.number in hits)]
    if wanted or only != _ALL:
        held = f" hold “{plain(wanted)}”" if wanted else ""
        st.caption(f"{len(chosen):,} of {len(found.steps):,} steps{held}{'' if only == _ALL else ' are shown'}.")
    if not chosen:
        empty("No step is left. Look for something else, or show all steps.")
        return
    pages = -(-len(chosen) // _ON_A_PAGE)
    place = f"{key}-page-{only}-{wanted}"
    first, jumps = st.session_state.get(place, (1, 0))
    if to is not None:
        at = _nearest(chosen, to)
        first, jumps = at // _ON_A_PAGE + 1, jumps + 1
        st.session_state[place] = first, jumps
        st.session_state[_place_of(row, chosen[at])] = True
    # a jump makes a new widget, for one with a default cannot be moved from outside
    widget = f"{place}-{jumps}"
    number = st.session_state.get(widget, first)
    with st.container(gap="xsmall"):
        for step in chosen[(number - 1) * _ON_A_PAGE : number * _ON_A_PAGE]:
            _step(step, row, hits.get(step.number))
    if pages > 1:
        st.pagination(pages, default=first, key=widget)


def _nearest(steps: Sequence[Step], number: int) -> int:
    """Where the step of that number stands among these, or the next one after it."""
    return next((at for at, step in enumerate(steps) if step.number >= number), len(steps) - 1)


def _filters(found: Trajectory, key: str) -> tuple[str, str, int | None]:
    """What to look for, which steps, and the number of a step that was just asked for."""
    sources = found.sources()
    counts = {_ALL: len(found.steps), **dict(sources.most_common(5))}
    counts |= {_CALLS: sum(step.calls > 0 for step in found.steps), _ERRORS: sum(step.error for step in found.steps)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input(
            "Search in all steps",
            key=f"{key}-search",
            placeholder="a word, a file, an error",
            icon=":material/search:",
        )
        to = st.number_input(
            "Go to step",
            min_value=1,
            max_value=len(found.steps),
            value=None,
            placeholder="number",
            key=f"{key}-to",
            width=160,
        )
    only = st.segmented_control(
        "Show",
        [name for name, count in counts.items() if count],
        default=_ALL,
        required=True,
        format_func=lambda name: f"{plain(name.capitalize())} {counts[name]:,}",
        key=f"{key}-only",
        label_visibility="collapsed",
    )
    # the number stays in its field; it moves the page only when it is new
    asked = to if to != st.session_state.get(f"{key}-went") else None
    st.session_state[f"{key}-went"] = to
    return (wanted or "")[:_QUERY].strip(), only or _ALL, asked


def _fits(step: Step, only: str) -> bool:
    match only:
        case "all":
            return True
        case "tool calls":
            return step.calls > 0
        case "errors":
            return step.error
    return step.source == only


def _step(step: Step, row: ArtifactRow, hit: Hit | None) -> None:
    words = plain(step.words) if hit is None else _marked(hit)
    tools = f" :gray[{plain(_tools(step))}]" if step.calls else ""
    error = " :red[:material/error: error]" if step.error else ""
    label = f"**{step.number:,}** {plain(step.source)}{tools}{error} · {words}"
    icon = _ICONS.get(step.source, ":material/help:")
    box = st.expander(label, key=_place_of(row, step), icon=icon, on_change="rerun")
    if box.open:
        with box, guard():
            with artifacts().open(row) as file:
                parts = read_step(file, step)
            for part in parts:
                _part(part)
            st.caption(_about(step))


def _part(part: Part) -> None:
    st.caption(plain(part.title[:1].upper() + part.title[1:]))
    long = len(part.text) > 4_000 or part.text.count("\n") > 20
    show_text(part.text, language=part.language, height=_HIGH if long else None)


def _tools(step: Step) -> str:
    more = step.calls - len(step.tools)
    return ", ".join(step.tools) + (f" and {more:,} more" if more > 0 else "")


def _marked(hit: Hit) -> str:
    before = plain(hit.before) + " " * hit.before.endswith(" ")
    after = " " * hit.after.startswith(" ") + plain(hit.after)
    return f"…{before}:orange-background[{plain(hit.found)}]{after}…"


def _about(step: Step) -> str:
    said = [size_in_words(step.size)]
    if step.tokens is not None:
        said.append(f"{step.tokens:,} tokens")
    if step.cost_usd is not None:
        said.append(f"{show(step.cost_usd, Kind.USD)} USD")
    return plain(" · ".join(said))


def _place_of(row: ArtifactRow, step: Step) -> str:
    return f"trajectory-{row.id}-step-{step.number}"


@st.cache_resource(show_spinner="Reading the trajectory", max_entries=8)
def _index(sha256: str, _row: ArtifactRow) -> Trajectory:
    with artifacts().open(_row) as file:
        return index(file)


@st.cache_data(show_spinner="Searching", max_entries=16)
def _hits(sha256: str, text: str, _row: ArtifactRow, _found: Trajectory) -> list[Hit]:
    with artifacts().open(_row) as file:
        return list(search(file, _found.steps, text))
