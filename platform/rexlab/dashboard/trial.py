"""One trial in words: what it was, how it stands, what was noticed, what stands around it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rexlab.dashboard.counts import counted
from rexlab.grading.records import Flag, may_be_accepted
from rexlab.reports.cells import NOTHING, duration, percent, show
from rexlab.reports.document import Kind
from rexlab.reports.view import agent_name, shown_name
from rexlab.store.models import EventRow, GradeRow, MetricRow, State, TrialRow
from rexlab.store.queries import TrialRecord

MEANINGS: dict[str, str] = {
    Flag.TAMPERED: "The patch reaches for what is measured with, or passes only with code outside of masked functions.",
    Flag.DROPPED_FILES: "Files of the patch were not applied: protected ones, hooks, shadowed modules, links.",
    Flag.EDITED_ELSEWHERE: "The patch changes files in which nothing was masked.",
    Flag.FALSE_CLAIM: "The re-run does not bear out a result that the agent claims.",
    Flag.BAD_CLAIMS: "The agent's results file could not be read, or claims what no experiment shown to it measures.",
    Flag.HARDCODED_NUMBERS: "The patch writes down numbers that an experiment is expected to give, or gave.",
    Flag.TRANSPLANT_PROBLEM: "A masked function's new body could not be moved into the reference code.",
    Flag.ACCEPTED: "A person looked at a flagged patch and let it count.",
}
"""A sentence on each flag."""


@dataclass(frozen=True)
class Noticed:
    """A flag of the grade that counts."""

    flag: str
    meaning: str
    notes: list[str]
    """What it rests on: a file with its line, a claim."""


@dataclass(frozen=True)
class Progress:
    """Where a trial that has not finished is."""

    phase: str
    elapsed_s: float | None
    """Seconds since it was claimed; None while it waits."""


def clock(seconds: float | None) -> str:
    """A moment as the server's local date and time."""
    return NOTHING if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def short_name(function: str) -> str:
    """``core.py:Class.method`` as ``Class.method``."""
    return function.rpartition(":")[2]


def progress(trial: TrialRow, events: Sequence[EventRow], now: float) -> Progress:
    """What a queued or running trial is doing, as far as the store knows."""
    if trial.state is State.QUEUED:
        again = "waiting for a worker, after it was interrupted" if events else "waiting for a worker"
        return Progress(again, None)
    elapsed = None if trial.started_at is None else max(0.0, now - trial.started_at)
    return Progress("grading what the agent left" if trial.solved_at else "the agent is at work", elapsed)


def description(record: TrialRecord) -> dict[str, str]:
    """What the trial was: facts that were fixed when its run was planned, and when it was run."""
    trial, variant = record.trial, record.variant
    facts = {
        "Task": f"{variant.task}, {variant.kind}",
        "Agent": agent_name(record.agent),
        "Shown to the agent": shown_name(variant) or "everything",
        "Attempt": f"{trial.attempt}, seed {trial.seed}",
        "Started": clock(trial.started_at),
    }
    if trial.finished_at is not None and trial.started_at is not None:
        facts["Took"] = duration(trial.finished_at - trial.started_at)
    if variant.functions:
        facts["Masked"] = ", ".join(short_name(f) for f in variant.functions)
    elif variant.kind == "masking":
        facts["Masked"] = "nothing"
    if trial.sandbox:
        facts["Sandbox"] = trial.sandbox
    facts |= {f"Mutation of {name}": change for name, change in (trial.mutations or {}).items()}
    if trial.claims_problem:
        facts["Claims"] = f"unreadable: {trial.claims_problem}"
    if trial.file_recall is not None:
        facts["Files found"] = f"{percent(trial.file_recall)} of those that the reference edits"
    return facts


def used(usage: dict[str, Any] | None) -> dict[str, str]:
    """What the agent asked of its model; empty where it asked nothing."""
    if usage is None:
        return {}
    failed = f", {usage['failures']:,} of them failed" if usage["failures"] else ""
    cost = "unknown" if usage["cost_usd"] is None else f"${show(usage['cost_usd'], Kind.USD)}"
    return {
        "Calls": f"{counted(usage['calls'], 'call')} to the model{failed}",
        "Tokens": f"{usage['input_tokens'] + usage['output_tokens']:,}",
        "Cost": cost,
    }


def used_in_detail(usage: dict[str, Any]) -> str:
    """A sentence on the tokens and the time behind ``used``."""
    said = (
        f"{usage['input_tokens']:,} tokens in, {usage['cached_tokens']:,} of them cached, "
        f"{usage['output_tokens']:,} out; {duration(usage['seconds'])} of waiting, "
        f"{counted(usage['retries'], 'retry', 'retries')}"
    )
    if usage.get("unmetered_calls"):
        said += f"; not metered: {counted(usage['unmetered_calls'], 'call')}"
    return "; ".join(part for part in (said, usage.get("budget_exceeded"), usage.get("outage")) if part)


def noticed(record: TrialRecord) -> list[Noticed]:
    """The flags of the grade that counts, else of the trial, each with what it stands for and rests on."""
    grade = record.grade
    if grade is None:
        return [Noticed(flag, MEANINGS.get(flag, ""), []) for flag in record.trial.flags]
    notes: dict[str, list[str]] = {flag: [] for flag in grade.flags}
    for note in grade.notes:
        flag, _, rest = note.partition(": ")
        notes.setdefault(flag, []).append(rest or note)
    if Flag.DROPPED_FILES in notes:
        notes[Flag.DROPPED_FILES] += [f"{d['path']}: {d['reason']}" for d in grade.dropped]
    if Flag.EDITED_ELSEWHERE in notes:
        notes[Flag.EDITED_ELSEWHERE] += grade.elsewhere
    return [Noticed(flag, MEANINGS.get(flag, ""), lines) for flag, lines in notes.items()]


def attempts(selection: dict[str, Any] | None) -> list[dict[str, object]]:
    """A strategy's attempts as rows of a table; empty without one."""
    if selection is None:
        return []
    return [
        {
            "Attempt": tried["attempt"],
            "Chosen": "chosen" if tried["attempt"] == selection["chosen"] else "",
            "Score": tried["score"],
            "Verifier": tried["said"],
            "Agent": str(tried.get("agent_outcome") or "ended by itself").replace("_", " "),
            "Patch": (tried.get("patch_sha256") or NOTHING)[:12],
        }
        for tried in selection["attempts"]
    ]


def earlier_grades(grades: Sequence[GradeRow]) -> list[dict[str, object]]:
    """All but the newest grade, the newest of them first, as rows of a table."""
    return [
        {
            "Graded": clock(grade.created_at),
            "Why": grade.reason,
            "Outcome": str(grade.outcome).replace("_", " "),
            "Credit": percent(grade.credit),
            "Detail": grade.detail,
        }
        for grade in reversed(grades[:-1])
    ]


def acceptable(record: TrialRecord, values: Sequence[MetricRow]) -> bool:
    """Whether a person may let the trial's patch count as passed."""
    grade = record.grade
    return grade is not None and may_be_accepted(grade.outcome, grade.flags, [v.passed for v in values])
