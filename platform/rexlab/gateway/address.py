"""Addresses of Unix sockets: one has room for 107 bytes only, and folders of trials lie deeper than that."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_address(socket: Path) -> Iterator[str]:
    """A short path of the socket for this process, good within the context; its folder is named by a descriptor.

    Raises:
        OSError: there is no such folder.
    """
    folder = os.open(socket.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{socket.name}"
    finally:
        os.close(folder)
