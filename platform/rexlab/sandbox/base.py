"""What every sandbox backend must do: the Protocols and the small models they exchange."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from rexlab.gpu.devices import Gpu


class Ended(StrEnum):
    """Why a command ended."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    DISK = "disk"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use."""

    cpus: int = 1
    memory_mb: int = 2048
    """Resident memory of the whole process tree."""
    pids: int = 256
    """Processes and threads alive at one time."""
    output_bytes: int = 2_000_000
    """Of stdout and of stderr each; beyond it the middle is dropped, and the command goes on."""
    disk_mb: int = 2048
    """Below all writable mounts together, and in /tmp; also the largest single file. Files and folders count 4 KiB at
    least. Where /tmp is in memory it counts as memory too."""


@dataclass(frozen=True)
class Mount:
    """A folder of the host, seen inside."""

    source: Path
    target: str
    """Absolute path inside. The process backend has no such view: see ``Sandbox.path``."""
    writable: bool = False


@dataclass(frozen=True)
class SandboxSpec:
    """What to make a sandbox from.

    The environment inside is empty but for ``env`` and the few variables of ``environment.base_environment``.
    """

    name: str
    """Trial id and role (``t-…-agent``): goes into labels and messages."""
    mounts: tuple[Mount, ...] = ()
    """Nothing may be mounted below a writable mount. Writable folders belong to the sandbox's programs until ``close``;
    a file in them that also has a name elsewhere (a hard link) stays readable only."""
    env: Mapping[str, str] = field(default_factory=dict)
    workdir: str = "/workspace"
    """Path inside, the cwd of each command; must be at or below a mount's target."""
    limits: Limits = Limits()
    image: str | None = None
    """Docker only; None means the base image."""
    gpus: tuple[Gpu, ...] = ()
    """Those it may use; no other can be seen."""


@dataclass(frozen=True)
class ExecResult:
    """How a command ended, and what it printed."""

    exit_code: int | None
    """None when it did not exit by itself; 128 + signal when a signal ended it."""
    ended: Ended
    stdout: str
    """Decoded as UTF-8 with replacement; at most ``Limits.output_bytes``, the middle dropped with a marker line."""
    stderr: str
    seconds: float
    truncated: bool = False

    @property
    def ok(self) -> bool:
        return self.ended is Ended.EXITED and self.exit_code == 0


class Sandbox(Protocol):
    """One sandbox, made by a backend. A context manager; leaving it closes it."""

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cancelled: Callable[[], bool] | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        """Run a program to its end. When it ends, by itself or by a limit, every process it started has ended too.

        A program that cannot be started gives exit code 127 (there is none) or 126 (it may not be run), as in a shell.
        ``/tmp`` (``$TMPDIR``) is private and empty at the start of each command; what must last goes to a mount.
        Standard input is empty. Several commands may run at one time, from several threads.

        ``cancelled`` is asked a few times a second; once true, the command is ended (``Ended.CANCELLED``).

        ``on_output`` is given everything the program prints, on either stream, as it is read, what the limit drops
        too. It is called in this thread, which reads nothing meanwhile: it must return at once, and raise nothing.

        Raises:
            SandboxError: the sandbox itself failed (never for what the program did).
        """
        ...

    def path(self, inside: str) -> str:
        """The path at which a program in the sandbox finds ``inside``, a path at or below a mount's target."""
        ...

    def close(self) -> None:
        """Cancel what runs, remove every trace, and make writable folders the caller's again; may be called twice."""
        ...

    def __enter__(self) -> "Sandbox": ...

    def __exit__(self, *exc: object) -> None: ...


@dataclass(frozen=True)
class Availability:
    """Whether a backend works on this machine."""

    ok: bool
    detail: str
    """What is there, or what is missing."""
    remedy: str = ""
    """How to get it."""
    unprotected: tuple[str, ...] = ()
    """What this backend, on this machine, does not protect from, in words for the user."""


class SandboxBackend(Protocol):
    """A way to make sandboxes."""

    name: str

    def check(self) -> Availability:
        """Look at this machine, cheaply (well under a second), without side effects."""
        ...

    def interpreter(self) -> "Interpreter":
        """The Python that programs inside run on."""
        ...

    def create(self, spec: SandboxSpec) -> Sandbox:
        """Make a sandbox.

        Raises:
            SandboxUnavailableError: this machine lacks what the backend needs.
            SandboxError: it could not be made.
        """
        ...

    def sweep(self) -> list[str]:
        """Remove what killed workers left behind (containers, cgroups, processes); returns what was removed.

        Never touches a sandbox whose owner process is alive.
        """
        ...


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter as seen from inside a sandbox."""

    executable: str
    """Absolute path inside."""
    version: str
    """``3.11``"""
    roots: tuple[Path, ...] = ()
    """Host folders that must be visible inside, at the same path, for it to start; the backend mounts them."""
