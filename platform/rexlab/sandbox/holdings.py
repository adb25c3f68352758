"""What a sandbox takes from the host and must give back: a user id, its writable folders, a control group."""

import itertools
import os
import re
import stat
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from rexlab.errors import SandboxError, SandboxUnavailableError
from rexlab.gpu.devices import NODES_REMEDY, missing_nodes
from rexlab.sandbox import cgroups, trees
from rexlab.sandbox.base import Mount, SandboxSpec
from rexlab.sandbox.uids import UidSlot

_RESERVED = ("/proc", "/dev", "/sys", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/tmp")
_serial = itertools.count()


def validate(spec: SandboxSpec) -> None:
    """Refuse what no backend could do safely.

    Raises:
        SandboxError: names the mount or the folder.
    """
    targets = [PurePosixPath(mount.target) for mount in spec.mounts]
    for mount, target in zip(spec.mounts, targets, strict=True):
        if not target.is_absolute() or ".." in target.parts or str(target) != mount.target or len(target.parts) < 2:
            raise SandboxError(f"{spec.name}: a mount's target must be a plain absolute path, not {mount.target!r}")
        if any(target == PurePosixPath(reserved) for reserved in _RESERVED):
            raise SandboxError(f"{spec.name}: {mount.target} is the sandbox's own and cannot be mounted over")
        if targets.count(target) > 1:
            raise SandboxError(f"{spec.name}: two mounts have the target {mount.target}")
        for other, other_target in zip(spec.mounts, targets, strict=True):
            # The mount point would be made inside a folder that hostile programs write to, along their links.
            if other.writable and target != other_target and target.is_relative_to(other_target):
                raise SandboxError(f"{spec.name}: {mount.target} lies below the writable mount {other.target}")
        _check_source(spec.name, mount)
    for mount in spec.mounts:
        source = mount.source.resolve()
        for other in spec.mounts:
            # Programs could write to it all the same, through the other.
            if other.writable and not mount.writable and source.is_relative_to(other.source.resolve()):
                raise SandboxError(f"{spec.name}: {source} is mounted read-only, but lies in a writable mount")
    workdir = PurePosixPath(spec.workdir)
    if ".." in workdir.parts or not any(workdir.is_relative_to(target) for target in targets):
        raise SandboxError(f"{spec.name}: the working directory {spec.workdir} is at or below no mount")


def _check_source(name: str, mount: Mount) -> None:
    try:
        status = mount.source.lstat()
    except OSError as error:
        raise SandboxError(f"{name}: cannot mount {mount.source}: {error.strerror}") from error
    if not stat.S_ISDIR(status.st_mode):
        raise SandboxError(f"{name}: cannot mount {mount.source}: not a folder (links are not followed)")


def safe_name(name: str) -> str:
    """``name`` with what could mean something in a path or a label replaced."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", name)[:80]


def require_devices(spec: SandboxSpec) -> None:
    """See that the device files of the sandbox's GPUs are there, for sandboxes that show the host's own.

    Raises:
        SandboxUnavailableError: one is missing.
    """
    if missing := missing_nodes(spec.gpus):
        raise SandboxUnavailableError(f"{spec.name}: {missing[0]}, which its GPU needs, is missing; {NODES_REMEDY}")


class Holdings:
    """Taken when a sandbox is made; ``close`` gives everything back, once nothing runs in the sandbox any more."""

    def __init__(self, spec: SandboxSpec, *, group: bool = True) -> None:
        """Reserve an id, hand it the writable folders, and make a control group where that is possible and wanted."""
        serial = next(_serial)
        self.name = f"{safe_name(spec.name)}.{serial}"
        self.number = os.getpid() + serial
        """Spreads sandboxes over processors where nothing better does."""
        self.writable = [mount.source.resolve() for mount in spec.mounts if mount.writable]
        self.group: cgroups.Group | None = None
        self.slot = UidSlot()
        self._undo: list[Callable[[], None]] = [self.slot.release]
        try:
            for folder in self.writable:
                self._undo.append(partial(trees.take_back, folder, self.slot.uid))
                if self.slot.reserved:
                    trees.give(folder, self.slot.uid, self.slot.gid)
            hierarchy = cgroups.find() if group else None
            if hierarchy is not None:
                self.group = cgroups.Group(hierarchy, self.name, spec.limits)
                self._undo.append(self.group.close)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give back in reverse order; every step is tried, the first failure is reported."""
        failures: list[Exception] = []
        while self._undo:
            try:
                self._undo.pop()()
            except FileNotFoundError:
                continue  # the caller has already removed the folder
            except (OSError, SandboxError) as error:
                failures.append(error)
        if failures:
            raise SandboxError(f"could not clean up after {self.name}: {failures[0]}") from failures[0]
