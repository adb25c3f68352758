"""A variant: one concrete problem made from a task."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Literal

HintLevel = Literal["default", "hints", "detailed_hints"]


@dataclass(frozen=True)
class Shown:
    """What the agent is shown of a task."""

    paper: bool = True
    commands: bool = True
    """The experiments' commands."""
    hints: HintLevel = "default"
    """How much of an extension task's instructions."""


@dataclass(frozen=True)
class Variant:
    """A task at a digest, the masked functions, and what is shown."""

    task: str
    """``suite/name``"""
    task_digest: str
    functions: tuple[str, ...]
    """Ids of the masked functions, sorted."""
    shown: Shown = Shown()

    @property
    def digest(self) -> str:
        """SHA-256 over all of it: equal problems have equal digests."""
        return sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
