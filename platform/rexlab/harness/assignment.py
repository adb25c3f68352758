"""What a harness is launched with, what launching needs of the platform, and what a harness leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rexlab.environment import Environment
from rexlab.gateway.contract import Budget, ModelSpec, Usage
from rexlab.gpu.devices import Gpu
from rexlab.grading.claims import Claims
from rexlab.harness.bundle import Bundle
from rexlab.harness.manifest import Harness, ParamValue
from rexlab.sandbox import SandboxBackend
from rexlab.sandbox.live import SILENT, Listener
from rexlab.store.models import Outcome
from rexlab.task.load import Task
from rexlab.task.variant import Shown
from rexlab.workspace import Patch

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient


@dataclass(frozen=True)
class Assignment:
    """One attempt of one agent at one variant."""

    trial_id: str
    epoch: int
    run_id: str
    harness: Harness
    model: ModelSpec | None
    params: Mapping[str, ParamValue]
    task: Task
    functions: tuple[str, ...]
    shown: Shown
    seed: int
    timeout_s: float
    budget: Budget = field(default_factory=Budget)
    run_budget: Budget = field(default_factory=Budget)
    cassette: str = ""
    attempt: int = 1
    """Of a strategy's attempts inside the trial, from 1."""
    feedback: str = ""
    """What a strategy adds to the prompt about an earlier attempt."""
    earlier: bytes = b""
    """The patch of an earlier attempt that this one starts from; empty: the masked code as it is."""


@dataclass(frozen=True)
class Means:
    """What launching needs of the platform."""

    backend: SandboxBackend
    environment: Environment
    cancelled: Callable[[], bool]
    bundle: Bundle | None = None
    """None for a harness without one."""
    gateway: "GatewayClient | None" = None
    """None where no harness asks a model."""
    gpus: tuple[Gpu, ...] = ()
    """Leased for this trial."""
    live: Listener = SILENT
    """Is told what the harness prints, while it is at work."""


@dataclass
class Solved:
    """What a harness left."""

    patch: Patch | None
    agent_outcome: Outcome | None
    """None when it ended by itself, without a complaint."""
    detail: str
    stdout: str = ""
    stderr: str = ""
    prompt: str = ""
    claims: Claims | None = None
    claims_problem: str = ""
    """Why the results file it left says nothing."""
    trajectory: bytes | None = None
    mutations: dict[str, str] | None = None
    usage: Usage | None = None
    """None when it had no model to ask."""
    timings: dict[str, float] = field(default_factory=dict)
