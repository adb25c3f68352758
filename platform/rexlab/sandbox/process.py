"""The process backend: no daemon, no program to install; what the kernel offers to anybody."""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path, PurePosixPath

from rexlab.errors import SandboxError, SandboxUnavailableError
from rexlab.sandbox import cgroups, landlock, process_run, seccomp, trees
from rexlab.sandbox.base import Availability, Interpreter, Sandbox, SandboxSpec
from rexlab.sandbox.environment import base_environment
from rexlab.sandbox.guards import POLLED
from rexlab.sandbox.holdings import Holdings, require_devices, validate
from rexlab.sandbox.host import hidden_folders, host_interpreter
from rexlab.sandbox.lifecycle import Job, Outcome, SandboxBase
from rexlab.sandbox.owner import Owner
from rexlab.sandbox.process_plan import TMP_PLACEHOLDER, Setting

PREFIX = "rexlab-"


class ProcessBackend:
    """Makes sandboxes from a supervisor, resource limits, Landlock, a system-call filter, and mounts where allowed."""

    name = "process"

    def __init__(self, *, private_view: bool | None = None) -> None:
        """``private_view`` says whether to hide folders in mounts of the sandbox's own; None means where possible."""
        self._private_view = private_view

    def check(self) -> Availability:
        """See ``SandboxBackend.check``."""
        if not sys.platform.startswith("linux"):
            return Availability(False, "the process sandbox needs Linux", "use the docker sandbox")
        if not seccomp.supported():
            return Availability(False, f"no system-call filter for {platform.machine()}", "use the docker sandbox")
        closed = [] if self._has_private_view() else _closed_to_others(self.interpreter().roots)
        if closed:
            return Availability(False, _closed_text(closed), _CLOSED_REMEDY)
        return Availability(True, f"Linux {platform.release()}", unprotected=self._unprotected())

    def interpreter(self) -> Interpreter:
        """See ``SandboxBackend.interpreter``: the Python rexlab itself runs on."""
        return host_interpreter()

    def create(self, spec: SandboxSpec) -> Sandbox:
        """See ``SandboxBackend.create``."""
        if not sys.platform.startswith("linux") or not seccomp.supported():
            raise SandboxUnavailableError("the process sandbox needs Linux on x86_64 or aarch64; use docker")
        interpreter = self.interpreter()
        sources = [mount.source.resolve() for mount in spec.mounts]
        closed = [] if self._has_private_view() else _closed_to_others([*interpreter.roots, *sources])
        if closed:
            raise SandboxUnavailableError(f"{_closed_text(closed)}; {_CLOSED_REMEDY}")
        return ProcessSandbox(spec, interpreter, private_view=self._has_private_view())

    def sweep(self) -> list[str]:
        """See ``SandboxBackend.sweep``: temporary folders and control groups; processes end with their owner."""
        removed = cgroups.sweep(cgroups.find())
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            owner = Owner.parse(".".join(folder.name.removeprefix(PREFIX).split(".")[:4]))
            ours = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
            if ours and owner is not None and owner.is_dead():
                trees.remove(folder)
                removed.append(f"folder {folder}")
        return removed

    def _has_private_view(self) -> bool:
        return can_mount() if self._private_view is None else self._private_view

    def _unprotected(self) -> tuple[str, ...]:
        found = ["programs share the host's kernel and can read its installed software (/usr)"]
        if not landlock.version():
            found.append("this kernel has no Landlock: programs can read what this user can")
        if not landlock.confines_signals() and os.getuid() != 0:
            found.append("programs can signal this user's other processes")
        if not self._has_private_view():
            found.append("programs can use Unix sockets this user can use (docker, D-Bus ...)")
            found.append("programs share /dev/shm with this user's other programs")
            if os.getuid() != 0:
                found.append("programs can change the mode and times of files this user owns")
            if hidden_folders([Path("/usr"), *self.interpreter().roots]):
                found.append("programs can read rexlab's own folder, with the bundled tasks and their references")
        if os.getuid() != 0 or not self._has_private_view():
            found.append("the list of running processes and their command lines can be seen")
        if cgroups.find() is None:
            found.append(POLLED)
        return tuple(found)


_CLOSED_REMEDY = "install Python where every user can reach it, or run as an ordinary user, or use another sandbox"


def _closed_text(closed: list[Path]) -> str:
    return f"programs run as an unprivileged user, who cannot enter {closed[0]}"


def _closed_to_others(paths: "list[Path] | tuple[Path, ...]") -> list[Path]:
    """Folders above the paths that only their owner may enter; none for an ordinary user, who is that owner."""
    if os.getuid() != 0:
        return []
    above = {folder for path in paths for folder in (path, *path.parents)}
    return sorted(folder for folder in above if folder.is_dir() and not folder.stat().st_mode & 0o001)


@cache
def can_mount() -> bool:
    """Whether this user may make mounts of their own: as root, or in a user namespace."""
    program = shutil.which("unshare")
    if program is None:
        return False
    command = [program, "--mount", *([] if os.getuid() == 0 else ["--user", "--map-root-user"]), "true"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=10)
    return done.returncode == 0


class ProcessSandbox(SandboxBase):
    """One sandbox; programs see the host's paths, as far as they may see them."""

    def __init__(self, spec: SandboxSpec, interpreter: Interpreter, *, private_view: bool) -> None:
        validate(spec)
        require_devices(spec)
        super().__init__(spec, base_environment(spec.limits, TMP_PLACEHOLDER, interpreter, spec.gpus))
        self._holdings = Holdings(spec)
        try:
            self._base = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{Owner.me()}.")).resolve()
            self._base.chmod(0o711)
        except OSError as error:
            self._holdings.close()
            raise SandboxError(f"{spec.name}: cannot make a temporary folder: {error}") from error
        self._setting = Setting(spec, interpreter, self._holdings, private_view)

    def path(self, inside: str) -> str:
        """See ``Sandbox.path``: the host's path."""
        wanted = PurePosixPath(inside)
        mounts = [mount for mount in self._spec.mounts if wanted.is_relative_to(mount.target)]
        if not mounts:
            raise SandboxError(f"{self._spec.name}: {inside} is at or below no mount")
        nearest = max(mounts, key=lambda mount: len(mount.target))
        return str(nearest.source.resolve() / wanted.relative_to(nearest.target))

    def _run(self, job: Job) -> Outcome:
        tmp = Path(tempfile.mkdtemp(prefix="", dir=self._base))
        try:
            slot = self._holdings.slot
            os.chown(tmp, slot.uid, slot.gid)
            return process_run.run(self._setting, job, workdir=self.path(self._spec.workdir), tmp=tmp)
        finally:
            trees.remove(tmp)

    def _tidy(self) -> None:
        try:
            trees.remove(self._base)
        finally:
            self._holdings.close()
