"""The files kept of a trial: under which name each is handed out, and whether it is still there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rexlab.errors import RexlabError
from rexlab.store.artifacts import Artifacts
from rexlab.store.models import ArtifactRow

_ODD = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_CHARACTERS = 120
_KINDS = {
    "prompt": "what the agent was asked",
    "patch": "what the agent changed",
    "agent_stdout": "what the agent printed",
    "agent_stderr": "what the agent printed as errors",
    "trajectory": "what the agent did, step by step",
    "experiment_log": "what the experiments printed",
}


@dataclass(frozen=True)
class KeptFile:
    """An artifact as it is handed out."""

    row: ArtifactRow
    name: str
    """Letters, digits, dots, dashes and underscores alone, whatever it was called."""
    about: str
    """What it is, in words."""
    problem: str
    """Why it cannot be handed out; empty when it can."""


def kept_files(rows: Sequence[ArtifactRow], artifacts: Artifacts) -> list[KeptFile]:
    """The artifacts of a trial, none of which is read."""
    return [KeptFile(row, file_name(row), about(row.kind), _problem(row, artifacts)) for row in rows]


def file_name(row: ArtifactRow) -> str:
    """A name for the reader's own disk: the trial's id and the last part of the path."""
    plain = _ODD.sub("_", row.path.rpartition("/")[2]).lstrip(".") or "file"
    return f"{_ODD.sub('_', row.trial_id)}-{plain[-_MOST_CHARACTERS:]}"


def about(kind: str) -> str:
    """What an artifact of this kind is."""
    of_attempt = kind.removeprefix("attempt_")
    words = _KINDS.get(of_attempt, of_attempt.replace("_", " "))
    return f"{words}, of one attempt of the strategy" if of_attempt != kind else words


def _problem(row: ArtifactRow, artifacts: Artifacts) -> str:
    try:
        artifacts.require(row)
    except RexlabError as error:
        return str(error)
    return ""
