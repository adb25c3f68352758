"""Put a report together: every section that has something to say of these trials."""

from collections.abc import Sequence

from rexlab import __version__
from rexlab.reports.attempts import attempts
from rexlab.reports.autoexperiment import autoexperiment
from rexlab.reports.breakdown import outcomes, tasks
from rexlab.reports.comparisons import comparisons
from rexlab.reports.difficulty import difficulty
from rexlab.reports.document import Report
from rexlab.reports.functions import functions
from rexlab.reports.resampled import refinement, resampling
from rexlab.reports.rexbench import rexbench
from rexlab.reports.spending import cost
from rexlab.reports.success import success
from rexlab.reports.times import time_to_success
from rexlab.reports.validity import benchmark, claims
from rexlab.reports.view import View
from rexlab.store.columns import TrialColumns

DEFAULT_BY = ("agent", "shown", "masks")
"""What the main table is by, where nothing else is asked for."""
_SECTIONS = (
    outcomes,
    difficulty,
    attempts,
    autoexperiment,
    rexbench,
    tasks,
    functions,
    comparisons,
    cost,
    time_to_success,
    resampling,
    refinement,
    claims,
    benchmark,
)
"""What follows the main table: a section, several, or None where its kind of trial is missing."""


def build_report(
    trials: TrialColumns, by: Sequence[str] = DEFAULT_BY, *, command: str = "", main_only: bool = False
) -> Report:
    """The report of these trials; its main table is by these keys.

    Args:
        trials: What ``store.columns.read_trials`` gives.
        by: Keys of ``view.KEYS``.
        command: The command that made it, as written in the report.
        main_only: Make the main table alone, for formats that hold nothing else.

    Raises:
        InputError: there is no such key.
    """
    view = View(trials)
    sections = [success(view, by)]
    for build in () if main_only else _SECTIONS:
        made = build(view)
        sections += made if isinstance(made, list) else [made] if made else []
    runs = ", ".join(run.id for run in trials.runs)
    facts = [
        ("runs", runs),
        ("trials", f"{len(view)} of {trials.planned}"),
        *((f"digest of {run.id}", run.digest) for run in trials.runs),
        ("rexlab", __version__),
        *([("command", command)] if command else []),
    ]
    return Report(f"rexlab report of {runs}", facts, sections, _notes(view, by))


def _notes(view: View, by: Sequence[str]) -> list[str]:
    trials = view.trials
    notes = []
    if not len(view):
        notes.append(f"nothing has finished yet: {trials.planned} trials are planned")
    elif len(view) < trials.planned:
        notes.append(f"{trials.planned - len(view)} of {trials.planned} trials are not finished or were cancelled")
    suites = sorted({v.task.rpartition("/")[0] for v in trials.variants})
    if len(suites) > 1 and not {"suite", "task", "paper"} & set(by):
        notes.append(
            f"{' and '.join(suites)} are pooled, and their tasks differ in kind; --by suite,agent separates them"
        )
    if len({v.task for v in trials.variants}) == 1:
        notes.append(f"there is one task, {trials.variants[0].task}: nothing here can be said of other tasks")
    return notes
