"""Unprivileged user ids, one per live sandbox, for a caller that is root.

Two trials under one id could signal each other, read each other's files and eat each other's process limit. A slot is a
locked file: the kernel frees it when its holder ends, however that happens.
"""

import fcntl
import os
from pathlib import Path

from rexlab.errors import SandboxError

FIRST_UID = 1_900_000_000
"""In a range that neither distributions, nor systemd, nor subordinate ids hand out."""
SLOTS = 4096
SLOT_FOLDER = Path("/run/rexlab/uids")


class UidSlot:
    """The user and group a sandbox's programs run as: a reserved id for root, the caller's own otherwise."""

    def __init__(self) -> None:
        self._fd: int | None = None
        if os.getuid() != 0:
            self.uid, self.gid = os.getuid(), os.getgid()
            return
        SLOT_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        for slot in range(SLOTS):
            fd = os.open(SLOT_FOLDER / str(slot), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(fd)
                continue
            self._fd = fd
            self.uid = self.gid = FIRST_UID + slot
            return
        raise SandboxError(f"all {SLOTS} sandbox user ids are in use; close sandboxes or run fewer at a time")

    @property
    def reserved(self) -> bool:
        """Whether the id belongs to this sandbox alone (the caller is root)."""
        return self._fd is not None

    def release(self) -> None:
        """Give the id back; only once nothing runs under it any more."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
