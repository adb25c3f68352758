"""The bubblewrap backend: namespaces, no daemon, a few milliseconds."""

import os
import platform
import re
import shutil
import subprocess
import sys

from rexlab.errors import SandboxUnavailableError
from rexlab.sandbox import bubblewrap_command, bubblewrap_run, cgroups, seccomp
from rexlab.sandbox.base import Availability, Interpreter, Sandbox, SandboxSpec
from rexlab.sandbox.environment import base_environment
from rexlab.sandbox.guards import MB
from rexlab.sandbox.holdings import Holdings, require_devices, validate
from rexlab.sandbox.host import host_interpreter
from rexlab.sandbox.lifecycle import Job, Outcome, SandboxBase

_HOME = "/tmp"
_PATIENCE_S = 10
_OLDEST = (0, 7)
"""The first version that can limit the size of a file system in memory."""


_INSTALL = "install it: apt-get install bubblewrap (or your distribution's package)"
_ALLOW = (
    "allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
    "kernel.apparmor_restrict_unprivileged_userns=0), or run as root"
)


class BubblewrapBackend:
    """Makes sandboxes with bubblewrap, for root and for ordinary users."""

    name = "bubblewrap"

    def check(self) -> Availability:
        """See ``SandboxBackend.check``."""
        program = shutil.which("bwrap")
        missing = _missing(program)
        if missing is not None:
            return missing
        version = _run([str(program), "--version"]).stdout.strip()
        numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
        if numbers < _OLDEST:
            return Availability(False, f"{version} is too old: 0.7 is needed", _INSTALL)
        trial = _run([str(program), *_trial_arguments(), "--ro-bind", "/", "/", "true"])
        if trial.returncode != 0:
            return Availability(False, f"{version} cannot make a sandbox here: {trial.stderr.strip()}", _ALLOW)
        return Availability(True, version, unprotected=_unprotected())

    def interpreter(self) -> Interpreter:
        """See ``SandboxBackend.interpreter``: the Python rexlab itself runs on."""
        return host_interpreter()

    def create(self, spec: SandboxSpec) -> Sandbox:
        """See ``SandboxBackend.create``."""
        return BubblewrapSandbox(spec, self.interpreter())

    def sweep(self) -> list[str]:
        """See ``SandboxBackend.sweep``: processes end with their owner, so only control groups can be left."""
        return cgroups.sweep(cgroups.find())


class BubblewrapSandbox(SandboxBase):
    """One sandbox; each command gets fresh namespaces and an empty /tmp."""

    def __init__(self, spec: SandboxSpec, interpreter: Interpreter) -> None:
        program = shutil.which("bwrap")
        missing = _missing(program)
        if program is None or missing is not None:
            raise SandboxUnavailableError(f"{missing.detail}; {missing.remedy}" if missing else "no bubblewrap")
        validate(spec)
        require_devices(spec)
        super().__init__(spec, base_environment(spec.limits, _HOME, interpreter, spec.gpus))
        tmp_bytes = min(spec.limits.disk_mb, spec.limits.memory_mb) * MB
        view = bubblewrap_command.view(spec, interpreter, tmp_bytes, spec.limits.memory_mb * MB)
        self._holdings = Holdings(spec)
        self._frame = bubblewrap_run.Frame(program, spec, self._holdings, view)

    def _run(self, job: Job) -> Outcome:
        return bubblewrap_run.run(self._frame, job)

    def _tidy(self) -> None:
        self._holdings.close()


def _missing(program: str | None) -> Availability | None:
    if not sys.platform.startswith("linux"):
        return Availability(False, "bubblewrap needs Linux", "use the docker sandbox")
    if program is None:
        return Availability(False, "bubblewrap (bwrap) is not installed", _INSTALL)
    if not seccomp.supported():
        return Availability(False, f"no system-call filter for {platform.machine()}", "use the docker sandbox")
    if not bubblewrap_command.setpriv():
        return Availability(False, "setpriv is not in /usr/bin", "install util-linux")
    return None


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))


def _trial_arguments() -> list[str]:
    namespaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    return namespaces if os.getuid() == 0 else ["--unshare-user", *namespaces]


def _unprotected() -> tuple[str, ...]:
    found = ["programs share the host's kernel and can read its installed software (/usr)"]
    if cgroups.find() is None:
        found.append("memory is measured ten times a second, not limited by the kernel; processor time is not limited")
    return tuple(found)
