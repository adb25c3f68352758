"""Who made a sandbox: enough to tell, later and from another process, whether that process still lives."""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """A process, named so that neither a reboot nor a reused pid can confuse it with another."""

    boot: str
    """The beginning of the kernel's boot id: paths with it must stay short enough for a socket's address."""
    pid_namespace: int
    """Inode of the pid namespace in which ``pid`` means something."""
    pid: int
    start: int
    """Clock ticks after boot at which the process started."""

    @classmethod
    def me(cls) -> "Owner":
        """The calling process."""
        pid = os.getpid()
        return cls(_boot_id(), _pid_namespace(), pid, _started(pid) or 0)

    @classmethod
    def parse(cls, text: str) -> "Owner | None":
        """Read back ``str(owner)``; None when it is not one."""
        parts = text.split(".")
        if len(parts) != 4 or not all(part.isdigit() for part in parts[1:]):
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]), int(parts[3]))

    def __str__(self) -> str:
        return f"{self.boot}.{self.pid_namespace}.{self.pid}.{self.start}"

    def is_local(self) -> bool:
        """Whether this process can judge it: same boot of the same machine, same pid namespace."""
        return self.boot == _boot_id() and self.pid_namespace == _pid_namespace()

    def is_dead(self) -> bool:
        """Whether it has certainly ended. False for an owner that cannot be judged from here."""
        return self.is_local() and _started(self.pid) != self.start


@cache
def own_container() -> str:
    """The id of the Docker container that this process runs in; empty outside of one."""
    # the engine mounts a file of its own for the container there; a host's name says less, for it can be chosen
    found = re.search(r"/containers/([0-9a-f]{64})/hostname /etc/hostname ", Path("/proc/self/mountinfo").read_text())
    return found[1] if found else ""


@cache
def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text()[:8]


def _pid_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _started(pid: int) -> int | None:
    """Start time of a process; None when there is none, or only its zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The program's name may hold spaces and parentheses; what follows the last one is plain.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[19])
