"""How far a run is, as its line in the list and the head of its own page show it."""

import streamlit as st

from rexlab.dashboard.runs_actions import trials_in_words
from rexlab.reports.cells import duration, percent, show
from rexlab.reports.document import Kind
from rexlab.store.models import Outcome, State
from rexlab.store.progress import Cost, Progress
from webui.parts.outcomes import COLOURS, mark

_STATUS = {"starting": "blue", "running": "blue", "unfinished": "orange", "finished": "green", "cancelled": "gray"}
_STATUS_ICONS = {
    "starting": ":material/hourglass_top:",
    "running": ":material/play_circle:",
    "unfinished": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "cancelled": ":material/cancel:",
}


def show_status(progress: Progress, *, job_at_work: bool = False) -> None:
    """A badge: running, unfinished, finished or cancelled; starting while a job of the run has no trial yet."""
    status = "starting" if job_at_work and progress.status == "unfinished" else progress.status
    st.badge(status, icon=_STATUS_ICONS[status], color=_STATUS[status])  # type: ignore[arg-type]


def show_bar(progress: Progress) -> None:
    """The share of finished trials, with its numbers."""
    summary = progress.summary
    done = summary.finished / summary.total if summary.total else 0.0
    # rounded down: a run is not at 100 % while a trial is missing
    st.progress(done, text=f"{summary.finished:,} of {summary.total:,} trials, {int(100 * done)} %")


def show_outcomes(progress: Progress) -> None:
    """A badge per outcome and state that occurs, with its count."""
    summary = progress.summary
    order = {outcome: number for number, outcome in enumerate(Outcome)}
    counts = [(outcome.value, summary.outcomes[outcome]) for outcome in sorted(summary.outcomes, key=order.__getitem__)]
    counts += [(State.RUNNING.value, summary.running), (State.QUEUED.value, summary.queued)]
    # words of our own alone: outcomes and states, nothing from outside
    badges = [f":{COLOURS[name]}-badge[{mark(name)} {count:,}]" for name, count in counts if count]
    st.markdown(" ".join(badges) or "no trials")


def pace_in_words(progress: Progress) -> str:
    """``12.3 per min``; a dash where nothing is at work, or nothing has ended yet."""
    if progress.per_second is None:
        return "-"
    return f"{60 * progress.per_second:,.1f} per min"


def left_in_words(progress: Progress) -> str:
    """``about 4 min 05 s left``; empty where that is not known."""
    return "" if progress.left_s is None else f"about {duration(progress.left_s)} left"


def cost_in_words(cost: Cost) -> str:
    """``$1.25``; ``unknown`` where the price of a trial is; a dash where no model was asked."""
    if not cost.asked:
        return "-"
    return "unknown" if cost.usd is None else f"${show(cost.usd, Kind.USD)}"


def cost_note(cost: Cost) -> str:
    """What makes the cost unknown; empty where it is known."""
    if not cost.unpriced:
        return ""
    return (
        f"The price is unknown of {cost.unpriced:,} of {trials_in_words(cost.asked)} that asked a model; "
        f"the others cost ${show(cost.known_usd, Kind.USD)}."
    )


def took(progress: Progress) -> str:
    """From the first claim to the last end, pauses included."""
    if progress.started_at is None or progress.ended_at is None:
        return "-"
    return duration(progress.ended_at - progress.started_at)


def passed_in_words(progress: Progress) -> str:
    """``35.3 %`` of the finished trials; cancelled ones count for nothing, as in reports."""
    summary = progress.summary
    told = summary.finished - summary.outcomes[Outcome.CANCELLED]
    return percent(summary.outcomes[Outcome.PASSED] / told) if told else "-"
