"""Opening, walking and writing files component by component, never through a symbolic link.

Only file descriptors of folders already opened are used, so nothing an agent left in a tree can lead out of it.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
CHUNK = 1024 * 1024


class NotRegularError(OSError):
    """What stands at a path is not a regular file."""


@contextmanager
def folder_below(root_fd: int, parts: Iterable[bytes]) -> Iterator[int]:
    """A descriptor of the folder reached from ``root_fd``; OSError when a component is missing, a link or no folder."""
    fd = os.dup(root_fd)
    try:
        for part in parts:
            below = os.open(part, FOLDER, dir_fd=fd)
            os.close(fd)
            fd = below
        yield fd
    finally:
        os.close(fd)


def open_regular(root_fd: int, path: bytes) -> int:
    """Open a regular file below a folder for reading.

    Raises:
        NotRegularError: it is a link, a folder or a special file; those are not even opened (a FIFO would block, a
            device may act).
        OSError: it is missing or may not be read.
    """
    *parents, name = path.split(b"/")
    with folder_below(root_fd, parents) as folder:
        if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise NotRegularError(f"{os.fsdecode(path)} is not a regular file")
        fd = os.open(name, _READ, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotRegularError(f"{os.fsdecode(path)} is not a regular file")
    return fd


def read_chunks(fd: int, limit: int) -> Iterator[bytes]:
    """The file's bytes up to ``limit``; closes the descriptor."""
    try:
        while limit > 0 and (chunk := os.read(fd, min(CHUNK, limit))):
            limit -= len(chunk)
            yield chunk
    finally:
        os.close(fd)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class TreeWriter:
    """Writes new files into a folder; give the paths in sorted order, then each folder is opened once.

    Every file is created with O_EXCL below folders opened with O_NOFOLLOW, so an existing file is an error, never
    overwritten or followed. Modes do not depend on the umask.
    """

    def __init__(self, root: Path) -> None:
        self._fds = [os.open(root, FOLDER)]
        self._names: list[bytes] = []

    def __enter__(self) -> "TreeWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for fd in self._fds:
            os.close(fd)

    def write(self, path: bytes, *, executable: bool, chunks: Iterable[bytes]) -> None:
        """Create one file."""
        folder, name = self._enter(path)
        fd = os.open(name, _CREATE, 0o600, dir_fd=folder)
        try:
            for chunk in chunks:
                write_all(fd, chunk)
            os.fchmod(fd, 0o755 if executable else 0o644)
        finally:
            os.close(fd)

    def link(self, path: bytes, target: bytes) -> None:
        """Create one symbolic link."""
        folder, name = self._enter(path)
        os.symlink(target, name, dir_fd=folder)

    def _enter(self, path: bytes) -> tuple[int, bytes]:
        *folders, name = path.split(b"/")
        common = 0
        while common < min(len(folders), len(self._names)) and folders[common] == self._names[common]:
            common += 1
        while len(self._names) > common:
            self._names.pop()
            os.close(self._fds.pop())
        for folder in folders[common:]:
            try:
                os.mkdir(folder, 0o755, dir_fd=self._fds[-1])
                made = True
            except FileExistsError:
                made = False
            self._fds.append(os.open(folder, FOLDER, dir_fd=self._fds[-1]))
            self._names.append(folder)
            if made:
                os.fchmod(self._fds[-1], 0o755)
        return self._fds[-1], name
