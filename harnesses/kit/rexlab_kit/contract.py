"""Reads what the platform tells a harness: the environment of the harness contract and the task folder."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class ContractError(Exception):
    """Something the contract promises is not there, or not readable."""


@dataclass(frozen=True)
class MaskedFunction:
    """A function the agent is to write."""

    id: str
    """``path:qualname``."""
    path: str
    """Relative to the workspace."""
    qualname: str
    """Python's qualified name; ``#2`` at its end picks the second definition of that name."""
    description: str
    relevant_paper: str | None = None
    """The part of the paper that belongs to it, where the task names one."""


@dataclass(frozen=True)
class Experiment:
    """An experiment the agent may know of."""

    name: str
    command: str | None
    """None: commands are not shown."""
    seeds: tuple[int, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """``variant.json``: the problem."""

    task: str
    kind: str
    """``masking`` or ``extension``."""
    functions: tuple[MaskedFunction, ...]
    experiments: tuple[Experiment, ...]
    paper: bool
    hints: str


@dataclass(frozen=True)
class Contract:
    """Everything a harness is told."""

    workspace: Path
    task: Path
    """Folder of ``prompt.md``, ``variant.json`` and, where it is shown, ``paper.md``."""
    out: Path
    results: Path
    """Where the agent's claimed metrics go: ``{experiment: {metric: number or list of numbers}}``."""
    deadline: float
    """Unix seconds."""
    seed: int
    params: dict[str, Any]
    prompt: str
    paper: str | None
    variant: Variant
    model: str | None
    """None, as the next two: the harness was given no model."""
    base_url: str | None
    """Of the OpenAI style, with ``/v1``."""
    api_key: str | None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Contract":
        """Read the environment and the files it names.

        Raises:
            ContractError: one of them is missing or wrong.
        """
        try:
            task = Path(environ["REXLAB_TASK"])
            paper = task / "paper.md"
            return cls(
                workspace=Path(environ["REXLAB_WORKSPACE"]),
                task=task,
                out=Path(environ["REXLAB_OUT"]),
                results=Path(environ["REXLAB_RESULTS"]),
                deadline=float(environ["REXLAB_DEADLINE"]),
                seed=int(environ["REXLAB_SEED"]),
                params=json.loads(environ["REXLAB_PARAMS"]),
                prompt=(task / "prompt.md").read_text("utf-8"),
                paper=paper.read_text("utf-8") if paper.is_file() else None,
                variant=_variant(json.loads((task / "variant.json").read_text("utf-8"))),
                model=environ.get("REXLAB_MODEL"),
                base_url=environ.get("OPENAI_BASE_URL"),
                api_key=environ.get("OPENAI_API_KEY"),
            )
        except KeyError as error:
            raise ContractError(f"{error} is missing in the environment or in variant.json") from error
        except (OSError, ValueError, TypeError) as error:
            raise ContractError(f"the platform's environment or task folder cannot be read: {error}") from error

    @property
    def trajectory(self) -> Path:
        """Where the trajectory goes."""
        return self.out / "trajectory.json"

    def seconds_left(self) -> float:
        """Time until the deadline, in seconds; 0 when it has passed."""
        return max(0.0, self.deadline - time.time())

    def claim(self, results: dict[str, Any]) -> None:
        """Write the agent's claimed metrics; the platform checks them, they decide nothing."""
        self.results.write_text(json.dumps(results, indent=1), "utf-8")


def _variant(data: dict[str, Any]) -> Variant:
    return Variant(
        task=data["task"],
        kind=data["kind"],
        functions=tuple(
            MaskedFunction(f["id"], f["path"], f["qualname"], f["description"], f.get("relevant_paper"))
            for f in data["functions"]
        ),
        experiments=tuple(
            Experiment(e["name"], e["command"], tuple(e["seeds"]), tuple(e["metrics"])) for e in data["experiments"]
        ),
        paper=data["paper"],
        hints=data["hints"],
    )
