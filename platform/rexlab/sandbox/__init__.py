"""Run programs that are not trusted: three backends behind one Protocol, see ``rexlab.sandbox.base``."""

from importlib import import_module
from typing import cast

from rexlab.errors import NotFoundError
from rexlab.sandbox.base import (
    Availability,
    Ended,
    ExecResult,
    Interpreter,
    Limits,
    Mount,
    Sandbox,
    SandboxBackend,
    SandboxSpec,
)

__all__ = [
    "BACKENDS",
    "Availability",
    "Ended",
    "ExecResult",
    "Interpreter",
    "Limits",
    "Mount",
    "Sandbox",
    "SandboxBackend",
    "SandboxSpec",
    "backend",
    "default_backend",
]

_CLASSES = {"bubblewrap": "BubblewrapBackend", "docker": "DockerBackend", "process": "ProcessBackend"}

BACKENDS: tuple[str, ...] = tuple(_CLASSES)
"""Names ``backend`` knows."""


def backend(name: str) -> SandboxBackend:
    """The backend of that name, loaded when first asked for; whether it works here, its ``check`` tells.

    Raises:
        NotFoundError: there is none.
    """
    if name not in _CLASSES:
        raise NotFoundError(f"there is no sandbox {name!r}; there are {', '.join(BACKENDS)}")
    module = import_module(f"rexlab.sandbox.{name}")
    return cast(SandboxBackend, getattr(module, _CLASSES[name])())


def default_backend() -> SandboxBackend:
    """Bubblewrap where it works, else process."""
    bubblewrap = backend("bubblewrap")
    return bubblewrap if bubblewrap.check().ok else backend("process")
