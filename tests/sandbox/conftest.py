"""A box to run programs in, once for each sandbox backend that works here."""

import dataclasses
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.require import lacking, require

from rexlab.sandbox import ExecResult, Interpreter, Limits, Mount, Sandbox, SandboxBackend, SandboxSpec
from rexlab.sandbox import process as process_backend
from rexlab.sandbox.process import ProcessBackend

ALL_VARIANTS = "bubblewrap,process,process-open,docker"
"""The backends; ``process-open`` is process where this user may make no mounts."""
VARIANTS = os.environ.get("REXLAB_TEST_SANDBOXES", ALL_VARIANTS).split(",")


class Box:
    """A backend, a workspace for it, and shorthands for running programs."""

    def __init__(self, variant: str, backend: SandboxBackend, base: Path) -> None:
        self.variant = variant
        self.backend = backend
        self.base = base
        self.workspace = base / "workspace"
        self.workspace.mkdir(mode=0o755)

    @property
    def hides_the_host(self) -> bool:
        """Whether programs have a file system of their own."""
        return self.variant != "process-open"

    @property
    def owns_processes(self) -> bool:
        """Whether programs see processes of their own only."""
        return self.variant in ("bubblewrap", "docker")

    def spec(self, *, mounts: tuple[Mount, ...] = (), limits: Limits = Limits(), **changes: Any) -> SandboxSpec:
        """The workspace, mounted writable, and what the test adds."""
        own = Mount(self.workspace, "/workspace", writable=True)
        return dataclasses.replace(SandboxSpec("t-test", mounts=(own, *mounts), limits=limits), **changes)

    def create(self, **changes: Any) -> Sandbox:
        """A sandbox with the workspace."""
        return self.backend.create(self.spec(**changes))

    def python(self, code: str, *arguments: str, timeout_s: float = 30, **changes: Any) -> ExecResult:
        """Run Python code in a sandbox of its own."""
        with self.create(**changes) as sandbox:
            return sandbox.exec(self.command(code, *arguments), timeout_s=timeout_s)

    def command(self, code: str, *arguments: str) -> list[str]:
        """The command line that runs Python code."""
        return [self.backend.interpreter().executable, "-I", "-c", code, *arguments]

    def sh(self, script: str, *, timeout_s: float = 30, **changes: Any) -> ExecResult:
        """Run a shell script in a sandbox of its own."""
        with self.create(**changes) as sandbox:
            return sandbox.exec(["sh", "-c", script], timeout_s=timeout_s)


@pytest.fixture
def base() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-test-")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=VARIANTS)
def box(request: pytest.FixtureRequest, base: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box of each backend; skipped, or failed where it is demanded, when the backend is missing."""
    if request.param == "process-open":
        _use_reachable_interpreter(monkeypatch)
        return Box(request.param, ProcessBackend(private_view=False), base)
    return Box(request.param, require(request.param), base)


def _use_reachable_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root without mounts, sandboxed programs need an interpreter that any user can reach."""
    if os.getuid() != 0 or ProcessBackend(private_view=False).check().ok:
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    system = Path(f"/usr/bin/python{version}")
    if not system.exists():
        why = f"{system} is missing, and root's own Python is closed to other users"
        lacking("process-open", why, f"install python{version} from the distribution")
    monkeypatch.setattr(process_backend, "host_interpreter", lambda: Interpreter(str(system), version))


@pytest.fixture
def secret() -> str:
    """Something no program can guess."""
    return secrets.token_hex(16)


@pytest.fixture
def beats(base: Path) -> Callable[[Path], bool]:
    """Tell whether a program still writes to a heartbeat file."""
    import time

    def still_beating(file: Path) -> bool:
        before = file.stat().st_size
        time.sleep(0.4)
        return file.stat().st_size != before

    return still_beating
