"""Look at the processes of a sandbox from outside, through /proc."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """Pids below ``pid``, parents first. What ends or starts meanwhile may be missing or be there."""
    found: list[int] = []
    queue = [pid]
    while queue:
        parent = queue.pop()
        children = list(_children(parent))
        found += children
        queue += children
    return found


def _children(pid: int) -> Iterator[int]:
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (thread / "children").read_bytes().split())
    except (FileNotFoundError, ProcessLookupError):
        return  # it ended while we looked


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of the processes, pages shared by several counted once for each."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * PAGE
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def proportional_bytes(pids: Iterable[int]) -> int:
    """Resident memory of the processes, each shared page divided among those that map it. Slow: for a second look."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            total += resident_bytes([pid])
    return total


def deleted_file_bytes(pids: Iterable[int], devices: set[int]) -> int:
    """Disk space held by files on ``devices`` that the processes have open and that no folder lists any more."""
    seen: dict[tuple[int, int], int] = {}
    for pid in pids:
        try:
            links = list(Path(f"/proc/{pid}/fd").iterdir())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        for link in links:
            try:
                status = link.stat()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0 and status.st_dev in devices:
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())
