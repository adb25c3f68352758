"""Which files a program of the process sandbox may reach, in the kernel's terms (Landlock)."""

import ctypes
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

_CREATE_RULESET = 444
_VERSION_FLAG = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

READ = _EXECUTE | _READ_FILE | _READ_DIR
USE_DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV
"""For /dev/null and its like; truncating one is what opening it for writing does."""
_ALL_OF_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS_SINCE, _SCOPES_SINCE = 4, 6


@cache
def version() -> int:
    """The kernel's Landlock version; 0 when it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, int(libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)))


def confines_signals() -> bool:
    """Whether programs can be kept from signalling others, and from their abstract sockets."""
    return version() >= _SCOPES_SINCE


def plan(read: Iterable[str], write: Iterable[str], devices: Iterable[str]) -> dict[str, Any] | None:
    """The ruleset for the launcher: reading and executing below ``read``, everything below ``write``.

    None when the kernel has no Landlock. Paths that do not exist are left out.
    """
    if not version():
        return None
    handled = _ALL_OF_VERSION[min(version(), max(_ALL_OF_VERSION))]
    everything = handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV)
    wanted = [(read, READ), (write, everything), (devices, USE_DEVICE | _TRUNCATE)]
    rules = [
        (path, access & handled & (-1 if Path(path).is_dir() else _ON_FILES))
        for paths, access in wanted
        for path in paths
        if os.path.exists(path)  # noqa: PTH110 - many paths, on every command
    ]
    return {
        "files": handled,
        "ports": 0b11 if version() >= _PORTS_SINCE else 0,
        "scoped": 0b11 if confines_signals() else 0,
        "rules": rules,
    }
