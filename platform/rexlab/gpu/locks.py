"""Locks that the kernel takes back when their process ends, however it ends.

They belong to an open file description (``F_OFD_SETLK``), unlike those of ``flock`` they can be asked after without
being taken, and unlike POSIX's own they exclude threads of one process too.
"""

import fcntl
import os
import struct
from pathlib import Path
from threading import Lock

_FLOCK = struct.Struct("@hhqqi4x")
"""``struct flock`` of 64-bit Linux: type, whence, start, length, pid."""

_held: set[int] = set()
"""Descriptors of all locks of this process."""
_guard = Lock()


def try_lock(path: Path, text: str = "") -> int | None:
    """Lock the file, made where there is none, and write ``text`` into it; None when somebody has it.

    Returns:
        A descriptor for ``unlock``; programs that are started do not get it, forked processes give it up at once.

    Raises:
        OSError: the file cannot be made or written.
    """
    with _guard:  # no fork between the two: a child would keep what it does not know of
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        _held.add(fd)
    try:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    except BlockingIOError:
        unlock(fd)
        return None
    except BaseException:
        unlock(fd)
        raise
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)
    return fd


def unlock(fd: int) -> None:
    """Give a lock back. In a process that was forked from its holder, nothing happens: it has none."""
    with _guard:
        if fd in _held:
            _held.remove(fd)
            os.close(fd)


def read_locked(path: Path) -> str | None:
    """What the holder of the lock wrote; None when nobody has it, this process included. Takes nothing itself."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        asked = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        if _FLOCK.unpack(asked)[0] == fcntl.F_UNLCK:
            return None
        return os.pread(fd, 65536, 0).decode("utf-8", "replace")
    finally:
        os.close(fd)


def _after_fork() -> None:
    for fd in _held:
        os.close(fd)  # the parent's own descriptor goes on holding the lock
    _held.clear()
    _guard.release()


os.register_at_fork(before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_after_fork)
