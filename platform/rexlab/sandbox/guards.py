"""What is looked at while a command runs: each guard says why the command must end, or that it need not."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rexlab.sandbox import processes, trees
from rexlab.sandbox.base import Ended, Limits
from rexlab.sandbox.cgroups import Group

Guard = Callable[[], Ended | None]
"""Asked about ten times a second, and once more after the end. Cheap."""

MB = 1024 * 1024
POLLED = "memory is measured ten times a second, not limited by the kernel; processor time is not limited"
"""What a backend without control groups must tell the user."""


class GroupMemory:
    """The kernel enforces the limit; this notices that it did."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._before = group.out_of_memory_kills()

    def __call__(self) -> Ended | None:
        return Ended.MEMORY if self._group.out_of_memory_kills() > self._before else None


class PolledTree:
    """Without control groups: add up what the tree below a process uses, and end it when that is too much."""

    def __init__(self, limits: Limits, root: int, in_memory: Sequence[str] = ()) -> None:
        """``in_memory`` are the paths inside of file systems in memory that are the sandbox's own."""
        self._memory = limits.memory_mb * MB
        self._root = root
        self._in_memory = in_memory

    def __call__(self) -> Ended | None:
        pids = processes.descendants(self._root)
        files = sum(_used(pids, folder) for folder in self._in_memory)
        if processes.resident_bytes(pids) + files <= self._memory:
            return None
        return Ended.MEMORY if processes.proportional_bytes(pids) + files > self._memory else None


def _used(pids: Sequence[int], folder: str) -> int:
    """What the file system of ``folder`` holds, seen through the first process that is still there."""
    for pid in pids:
        try:
            status = os.statvfs(f"/proc/{pid}/root{folder}")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        return (status.f_blocks - status.f_bfree) * status.f_frsize
    return 0


class DiskUse:
    """Add up what the writable folders hold.

    Walking them is slow, so they are walked only when their file system lost enough free space (or inodes) since the
    last walk to make a difference, and every few seconds in case something else freed as much meanwhile.
    """

    def __init__(self, limits: Limits, folders: Sequence[Path], pids: Callable[[], list[int]]) -> None:
        self._limit = limits.disk_mb * MB
        self._folders = folders
        self._pids = pids
        self._devices = {folder.stat().st_dev: folder for folder in folders}
        self._free = self._free_bytes()
        self._allowance = self._limit // 8
        self._next_walk = time.monotonic() + 5

    def __call__(self) -> Ended | None:
        if not self._folders:
            return None
        free, now = self._free_bytes(), time.monotonic()
        if self._free - free < self._allowance and now < self._next_walk:
            return None
        used = trees.usage(self._folders).size
        if used <= self._limit:
            used += processes.deleted_file_bytes(self._pids(), set(self._devices))
        self._next_walk = now + max(5, 20 * (time.monotonic() - now))
        self._free = free
        self._allowance = max((self._limit - used) // 2, self._limit // 16)
        return Ended.DISK if used > self._limit else None

    def _free_bytes(self) -> int:
        total = 0
        for folder in self._devices.values():
            status = os.statvfs(folder)
            total += status.f_bfree * status.f_frsize + status.f_ffree * trees.SMALLEST_ENTRY
        return total
