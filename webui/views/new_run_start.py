"""What the form asks for: trials, time and cost with their sources, the command, and the button that starts it."""

from collections.abc import Callable, Sequence

import streamlit as st

from rexlab.cluster.workers import ListeningWorker, listening_workers
from rexlab.dashboard.estimate import AgentEstimate, Range, RunEstimate
from rexlab.dashboard.new_run import Draft, draft_of
from rexlab.errors import RexlabError
from rexlab.execution.request import RunRequest
from rexlab.execution.request_checks import choose_backend
from rexlab.execution.request_command import shell_line
from rexlab.execution.request_start import start_run
from rexlab.reports.cells import duration, show
from rexlab.reports.document import Kind
from rexlab.sandbox import SandboxBackend
from rexlab.store.estimates import Past, past_trials
from webui.parts.pages import go
from webui.parts.state import engine, key, read_only, settings
from webui.parts.tables import show_table
from webui.parts.text import plain, show_text
from webui.views.new_run_parts import known_tasks

_RUN = "run"
_ABOUT, _DASH, _TIMES = "\N{ALMOST EQUAL TO}", "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"


def show_plan(request: RunRequest, missing: str) -> None:
    """Show what the request comes to, and start it when the button is pressed."""
    with st.container(border=True, key="new-run-plan"):
        st.subheader("Before it starts", anchor=False)
        if missing:
            st.info(plain(missing), icon=":material/arrow_back:")
            _start(request, missing)
            return
        with st.spinner("Planning"):
            draft = draft_of(
                request,
                settings(),
                find=known_tasks().find,
                sandbox=_backend,
                past=lambda harnesses: _past(tuple(harnesses), key()),
                listening=_listening,
            )
        if draft.estimate:
            _numbers(draft, draft.estimate)
        if draft.problem:
            st.error(plain(_sentence(draft.problem)), icon=":material/error:")
        if draft.remark:
            st.caption(plain(_sentence(draft.remark)))
        _start(request, draft.problem)
        if draft.estimate:
            _details(draft, draft.estimate)
        st.caption("The same from a shell:")
        show_text(shell_line(request), language="bash")


@st.cache_resource(show_spinner=False, max_entries=8)
def _backend(name: str) -> SandboxBackend:
    """The backend, found once. That one cannot be used is found out every time: it may be installed meanwhile."""
    return choose_backend(name)


@st.cache_data(show_spinner=False, ttl=10.0, max_entries=1)
def _listening() -> list[ListeningWorker]:
    return listening_workers(settings())


@st.cache_data(show_spinner=False, max_entries=32)
def _past(harnesses: tuple[str, ...], revision: str) -> list[Past]:
    return past_trials(engine(), harnesses)


def _numbers(draft: Draft, estimate: RunEstimate) -> None:
    variants = sum(line.variants for line in draft.tasks)
    parts = (_counted(variants, "variant"), _counted(len(draft.agents), "agent"), _counted(draft.attempts, "attempt"))
    st.metric("Trials", f"{draft.trials:,}")
    st.caption(plain(f"= {f' {_TIMES} '.join(parts)}"))
    took, cost = st.columns(2)
    took.metric("Time", _about(estimate.seconds, _short, more=bool(estimate.untimed)))
    cost.metric("Cost", _about(estimate.usd, _usd, more=bool(estimate.unpriced)))
    for sentences in (_time_in_words(estimate, draft.workers), _cost_in_words(estimate)):
        if sentences:
            st.caption(plain(" ".join(sentences)))


def _time_in_words(estimate: RunEstimate, workers: int) -> list[str]:
    said = []
    if estimate.seconds:
        between = _between(estimate.seconds, duration)
        said.append(f"Time: {between} with {_counted(workers, 'trial')} at the same time, installing not counted.")
    if estimate.untimed:
        left = ", not in these times" if estimate.seconds else ""
        said.append(f"How long {_listed(estimate.untimed)} takes is unknown{left}.")
    return said


def _cost_in_words(estimate: RunEstimate) -> list[str]:
    said = []
    if estimate.usd and estimate.usd.high:
        said.append(f"Cost: {_between(estimate.usd, _usd)}.")
    if estimate.unpriced:
        left = ", not in this sum" if estimate.usd and estimate.usd.high else ""
        said.append(f"What {_listed(estimate.unpriced)} costs is unknown{left}.")
    if estimate.most_usd:
        said.append(f"The budgets allow {_usd(estimate.most_usd)} at the most, and the calls under way when one ends.")
    elif estimate.most_usd is None and estimate.unpriced:
        said.append("No budget in USD holds for every trial: there is no upper bound.")
    return said


def _details(draft: Draft, estimate: RunEstimate) -> None:
    with st.expander("Trials of each task", expanded=len(draft.tasks) <= 6):
        rows = [{"Task": line.task, "Variants": line.variants, "Trials": line.trials} for line in draft.tasks]
        show_table(rows, key="new-run-lines", height=None if len(rows) <= 8 else 318)
        if left := [line.task for line in draft.tasks if not line.variants]:
            st.caption(plain(f"No variant fits {_listed(left)}: it has fewer functions than are to be masked."))
    with st.expander("Where the estimate comes from"):
        for agent in estimate.agents:
            st.markdown(f"**{plain(agent.label)}**: {plain(_source(agent))}")
        st.caption(
            "Means of finished trials, of the same tasks where there are some. Nine of ten runs should lie within the "
            "ranges; a machine that is busier than before takes longer."
        )


def _source(agent: AgentEstimate) -> str:
    if agent.trial_seconds is None:
        return f"{agent.basis}."
    usd = "an unknown sum" if agent.trial_usd is None else _usd(agent.trial_usd)
    trials = _counted(agent.trials, "finished trial")
    return f"{duration(agent.trial_seconds)} and {usd} a trial, by {trials} of {agent.basis}."


def _start(request: RunRequest, problem: str) -> None:
    if read_only():
        return
    pressed = st.button(
        "Start run",
        type="primary",
        icon=":material/play_arrow:",
        disabled=bool(problem),
        width="stretch",
        key="new-run-start",
        help=plain(problem) if problem else None,
    )
    # taken before anything starts: the session's state is where Streamlit breaks a script off for a second click
    latch: dict[str, str] = st.session_state.setdefault("new-run-latch", {})
    if not pressed or problem:
        latch.clear()
        return
    try:
        if _RUN not in latch:  # else it is the second half of a double click: the page was not drawn in between
            latch[_RUN], _ = start_run(request, settings(), engine())
    except RexlabError as error:
        st.error(plain(_sentence(str(error))), icon=":material/error:")
        return
    go("runs", id=latch[_RUN])


def _about(value: Range | None, write: Callable[[float], str], *, more: bool) -> str:
    """The mean in short; ``more`` is to be added that is unknown."""
    if value is None:
        return "unknown"
    return f"> {write(value.mean)}" if more else f"{_ABOUT} {write(value.mean)}" if value.mean else write(0.0)


def _between(value: Range, write: Callable[[float], str]) -> str:
    low, high = write(value.low), write(value.high)
    return f"{low} {_DASH} {high}" if low != high else f"about {low}"


def _short(seconds: float) -> str:
    """The duration in its largest unit."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _usd(value: float) -> str:
    return f"${show(value, Kind.USD)}"


def _sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
