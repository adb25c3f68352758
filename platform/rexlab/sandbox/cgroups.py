"""Limit memory, processes and processor time with control groups, where this process may make some.

A sandbox's group is a child of the caller's own, so that a job's limits keep holding for what the job starts.
"""

import errno
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import SandboxError
from rexlab.sandbox.base import Limits
from rexlab.sandbox.owner import Owner

PREFIX = "rexlab."
_CONTROLLERS = ("memory", "pids", "cpu")
_CPU_PERIOD_US = 100_000
OWN_PROCESSES = 8
"""Room for the sandbox's own processes beside the programs', which their user's process limit holds to the number
asked for."""


@dataclass(frozen=True)
class Hierarchy:
    """Where groups can be made: for each controller the folder of the caller's group."""

    version: int
    folders: dict[str, Path]


def find(root: Path = Path("/"), process: str = "self") -> Hierarchy | None:
    """The hierarchy in which this process may make groups with memory and process limits; None when it may not.

    ``root`` and ``process`` are there for tests.
    """
    mounts = _mounts(root / "proc" / process / "mountinfo")
    memberships = _memberships(root / "proc" / process / "cgroup")
    first = {
        name: folder
        for name in _CONTROLLERS
        if name in memberships and (folder := _folder(root, mounts.get(name), memberships[name])) and _writable(folder)
    }
    if {"memory", "pids"} <= first.keys():
        return Hierarchy(1, first)
    own = _folder(root, mounts.get("unified"), memberships.get("unified", ""))
    top = mounts.get("unified")
    while own is not None and top is not None:
        # The second version allows children with limits only where the parent itself delegates the controllers.
        if _writable(own) and {"memory", "pids"} <= set(_read(own / "cgroup.subtree_control").split()):
            return Hierarchy(2, dict.fromkeys(_CONTROLLERS, own))
        if own == root / top[1].lstrip("/"):
            return None
        own = own.parent
    return None


def _mounts(mountinfo: Path) -> dict[str, tuple[str, str]]:
    """Controller (or ``unified``) to (root of the mount within the hierarchy, mount point)."""
    found: dict[str, tuple[str, str]] = {}
    for line in _read(mountinfo).splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.partition(" ")
        mount_root, point = fields.split()[3:5]
        if kind == "cgroup2":
            found.setdefault("unified", (mount_root, point))
        elif kind == "cgroup":
            for option in options.split()[-1].split(","):
                found.setdefault(option, (mount_root, point))
    return found


def _memberships(cgroup: Path) -> dict[str, str]:
    """Controller (or ``unified``) to the group's path within its hierarchy."""
    found: dict[str, str] = {}
    for line in _read(cgroup).splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(",") if controllers else ["unified"]:
            found[name] = path
    return found


def _folder(root: Path, mount: tuple[str, str] | None, membership: str) -> Path | None:
    if mount is None or not membership:
        return None
    mount_root, point = mount
    below = os.path.relpath(membership, mount_root)
    folder = root / point.lstrip("/") / below
    return folder if not below.startswith("..") and folder.is_dir() else None


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK) and not os.statvfs(folder).f_flag & os.ST_RDONLY


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, PermissionError):
        return ""


class Group:
    """One sandbox's control groups."""

    def __init__(self, hierarchy: Hierarchy, name: str, limits: Limits) -> None:
        """Make them and set the limits.

        Raises:
            SandboxError: the kernel refused.
        """
        self._version = hierarchy.version
        full_name = f"{PREFIX}{Owner.me()}.{name}"
        self._folders = {controller: folder / full_name for controller, folder in hierarchy.folders.items()}
        try:
            for folder in dict.fromkeys(self._folders.values()):
                folder.mkdir()
            self._set(limits)
        except OSError as error:
            self.close()
            raise SandboxError(f"cannot make the control group {full_name}: {error}") from error

    def _set(self, limits: Limits) -> None:
        memory, pids, cpu = (self._folders.get(controller) for controller in _CONTROLLERS)
        assert memory is not None and pids is not None
        size = str(limits.memory_mb * 1024 * 1024)
        (pids / "pids.max").write_text(str(limits.pids + OWN_PROCESSES))
        quota = limits.cpus * _CPU_PERIOD_US
        if self._version == 1:
            (memory / "memory.limit_in_bytes").write_text(size)
            with_swap = memory / "memory.memsw.limit_in_bytes"
            if with_swap.exists():
                with_swap.write_text(size)
            if cpu is not None:
                (cpu / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (memory / "memory.max").write_text(size)
            for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
                if (memory / name).exists():
                    (memory / name).write_text(value)
            if cpu is not None and (cpu / "cpu.max").exists():
                (cpu / "cpu.max").write_text(f"{quota} {_CPU_PERIOD_US}")

    def add(self, pid: int) -> None:
        """Move a process in; what it starts from now on is in too."""
        for folder in dict.fromkeys(self._folders.values()):
            (folder / "cgroup.procs").write_text(str(pid))

    def out_of_memory_kills(self) -> int:
        """How often the kernel ended a process here because memory ran out."""
        name = "memory.oom_control" if self._version == 1 else "memory.events"
        for line in (self._folders["memory"] / name).read_text().splitlines():
            key, value = line.split()
            if key == "oom_kill":
                return int(value)
        return 0

    def pids(self) -> list[int]:
        """The processes inside."""
        return [int(pid) for pid in _read(self._folders["memory"] / "cgroup.procs").split()]

    def close(self) -> None:
        """Remove the groups; what still runs inside is ended."""
        for folder in dict.fromkeys(self._folders.values()):
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove one group; a process that just ended may keep it busy for a moment."""
    deadline = time.monotonic() + 5
    while True:
        try:
            folder.rmdir()
            return
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise SandboxError(f"cannot remove the control group {folder}: {error}") from error
        for pid in _read(folder / "cgroup.procs").split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.002)


def sweep(hierarchy: Hierarchy | None) -> list[str]:
    """Remove the groups of owners that have ended, wherever in the hierarchy they stand."""
    removed: list[str] = []
    for top in {_top(folder) for folder in hierarchy.folders.values()} if hierarchy else ():
        for folder, names, _ in os.walk(top):
            for name in [name for name in names if name.startswith(PREFIX)]:
                names.remove(name)
                owner = Owner.parse(".".join(name.removeprefix(PREFIX).split(".")[:4]))
                if owner is not None and owner.is_dead():
                    _remove(Path(folder) / name)
                    removed.append(f"control group {Path(folder) / name}")
    return removed


def _top(folder: Path) -> Path:
    """The mount point of the hierarchy a group is in."""
    while not folder.is_mount() and folder != folder.parent:
        folder = folder.parent
    return folder
