"""The texts kept of a trial, named in words: logs and trajectories, also those of a strategy's attempts."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rexlab.store.models import ArtifactRow, State, TrialRow
from rexlab.store.queries import TrialRecord

LOGS = ("agent_stdout", "agent_stderr", "experiment_log")
_WORDS = {
    "agent_stdout": "Agent's output",
    "agent_stderr": "Agent's errors",
    "experiment_log": "Experiments",
    "trajectory": "Trajectory",
}
_ATTEMPT = re.compile(r"\d+-attempt-(\d{1,4})-")
_UNITS = (("MB", 1_000_000), ("kB", 1_000))


@dataclass(frozen=True)
class Kept:
    """A file that can be chosen."""

    row: ArtifactRow
    name: str
    """In words; no two of a trial are the same."""


def kept_logs(rows: Sequence[ArtifactRow]) -> list[Kept]:
    """The logs: of the agent, of the experiments by grade, then of attempts."""
    return _named([row for kind in LOGS for row in rows if row.kind == kind], rows, LOGS)


def kept_trajectories(rows: Sequence[ArtifactRow]) -> list[Kept]:
    """What the chosen attempt did, then what every attempt did."""
    return _named([row for row in rows if row.kind == "trajectory"], rows, ("trajectory",))


def why_no_trajectory(record: TrialRecord) -> str:
    """One sentence or two for the reader of a trial that has none."""
    trial, agent = record.trial, record.agent
    if not _agent_ended(trial):
        return "The trajectory comes when the agent has ended."
    if agent.model is None:
        return (
            f"The harness {agent.harness} asks no model here, and wrote no trajectory. What it printed is under Logs."
        )
    return "The agent left no trajectory: it ended before it wrote one, or writes none. What it printed is under Logs."


def why_no_log(record: TrialRecord) -> str:
    """One sentence for the reader of a trial that has none."""
    if record.trial.state is not State.FINISHED:
        return "Logs come when the agent has ended, and when its patch has been graded."
    return "Nothing was printed, neither by the agent nor by an experiment."


def size_in_words(count: int) -> str:
    """``512 bytes``, ``3.4 kB``, ``50.1 MB``"""
    for unit, size in _UNITS:
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,} bytes"


def _agent_ended(trial: TrialRow) -> bool:
    return trial.state is State.FINISHED or trial.solved_at is not None


def _named(chosen: list[ArtifactRow], rows: Sequence[ArtifactRow], kinds: Sequence[str]) -> list[Kept]:
    attempts = [row for row in rows if row.kind in {f"attempt_{kind}" for kind in kinds}]
    words = [_words(row) for row in (*chosen, *attempts)]
    often, seen = Counter(words), Counter[str]()
    named: list[Kept] = []
    for row, name in zip((*chosen, *attempts), words, strict=True):
        seen[name] += 1
        named.append(Kept(row, f"{name}, {seen[name]} of {often[name]}" if often[name] > 1 else name))
    return named


def _words(row: ArtifactRow) -> str:
    kind = row.kind.removeprefix("attempt_")
    name = _WORDS[kind]
    if row.kind == kind:
        return name
    found = _ATTEMPT.match(row.path.rpartition("/")[2])
    return f"{name} of attempt {found[1]}" if found else f"{name} of an attempt"
