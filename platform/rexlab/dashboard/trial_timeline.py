"""When a trial did what: its phases as bars, its events, and its calls to a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.dashboard.counts import counted
from rexlab.dashboard.trial import clock
from rexlab.reports.cells import NOTHING, duration, show
from rexlab.reports.document import Kind
from rexlab.reports.figures.parts import hover
from rexlab.store.call_row import CallRow
from rexlab.store.calls import Spent
from rexlab.store.models import EventRow, Outcome, TrialRow

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_BEFORE_SOLVED = ("prepare", "solve", "verify", "capture")
_COLOURS = {"prepare": "#56B4E9", "solve": "#0072B2", "verify": "#E69F00", "capture": "#CC79A7", "grade": "#009E73"}
_WORDS = {
    "prepare": "lay out the masked code",
    "solve": "the agent at work",
    "verify": "the strategy's verifier",
    "capture": "read off what changed",
    "grade": "re-run the experiments",
}


@dataclass(frozen=True)
class Phase:
    """A phase of the claim that finished it."""

    name: str
    words: str
    start_s: float
    """Seconds after the first phase began."""
    seconds: float


def phases(trial: TrialRow) -> list[Phase]:
    """The phases in order, as far as they are over.

    What a phase took is known, when it began is not: those of the agent are laid out up to the moment its patch was
    kept, grading up to the end. In between, an interrupted trial waited for its next worker.
    """
    timings = trial.timings
    known = [name for name in _BEFORE_SOLVED if name in timings]
    begun = 0.0 if trial.solved_at is None else trial.solved_at - sum(timings[name] for name in known)
    found: list[Phase] = []
    at = 0.0
    for name in known:
        found.append(Phase(name, _WORDS[name], at, timings[name]))
        at += timings[name]
    if "grade" in timings:
        since = at if trial.finished_at is None or trial.solved_at is None else trial.finished_at - begun
        found.append(Phase("grade", _WORDS["grade"], max(at, since - timings["grade"]), timings["grade"]))
    return found


def phases_figure(found: Sequence[Phase]) -> "Figure":
    """A bar for each phase, one below the other, over the seconds since the first one began."""
    from plotly.graph_objects import Figure

    figure = Figure(
        [
            {
                "type": "bar",
                "orientation": "h",
                "y": [phase.name],
                "x": [phase.seconds],
                "base": [phase.start_s],
                "marker": {"color": _COLOURS[phase.name]},
                "text": duration(phase.seconds),
                "textposition": "auto",
                "hovertext": hover(f"{phase.name}: {phase.words}", duration(phase.seconds)),
                "hoverinfo": "text",
                "showlegend": False,
            }
            for phase in found
        ]
    )
    figure.update_layout(
        height=70 + 38 * len(found),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0.35,
        yaxis={"autorange": "reversed", "automargin": True},
        xaxis={"title": {"text": "seconds"}, "rangemode": "tozero", "automargin": True},
    )
    return figure


def phases_in_words(found: Sequence[Phase]) -> str:
    """The same as a sentence."""
    return ", ".join(f"{phase.name} {duration(phase.seconds)} ({phase.words})" for phase in found) + "."


def event_rows(events: Sequence[EventRow]) -> list[dict[str, Any]]:
    """The events as rows of a table."""
    first = events[0].at if events else 0.0
    return [{"Time": clock(e.at), "After": duration(e.at - first), "Event": e.kind, "What": _said(e)} for e in events]


def _said(event: EventRow) -> str:
    """The message; an outcome as the page writes outcomes."""
    message = event.message or NOTHING
    return message.replace("_", " ") if message in set(Outcome) else message


def call_rows(calls: Sequence[CallRow]) -> list[dict[str, Any]]:
    """Calls to a model as rows of a table."""
    return [
        {
            "Call": f"{call.epoch}.{call.number}",
            "Time": clock(call.at),
            "Model": call.model,
            "Status": f"{call.status} {call.failure.replace('_', ' ')}".rstrip(),
            "Tokens in": call.input_tokens,
            "Cached": call.cached_tokens,
            "Tokens out": call.output_tokens,
            "Cost": "unknown" if call.cost_usd is None else f"${show(call.cost_usd, Kind.USD)}",
            "Took": duration(call.seconds),
            "Retries": call.retries,
        }
        for call in calls
    ]


def spent_in_words(spent: Spent) -> str:
    """A sentence on what all calls of the trial used, those of interrupted claims too."""
    cost = "at an unknown price" if spent.cost_usd is None else f"for ${show(spent.cost_usd, Kind.USD)}"
    return (
        f"{counted(spent.calls, 'call')} reached the model, {spent.failures:,} of them failed, "
        f"{counted(spent.retries, 'retry', 'retries')}; "
        f"{spent.input_tokens:,} tokens in, {spent.cached_tokens:,} of them cached, {spent.output_tokens:,} out, "
        f"{cost}; {duration(spent.seconds)} in all."
    )
