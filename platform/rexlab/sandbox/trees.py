"""Walk, measure, hand over and remove folders that hostile programs could write to.

Nothing here follows a link, and depth is no danger: one descriptor is held, whatever the nesting (Python's own
``os.fwalk`` and ``shutil.rmtree`` recurse, and a program can nest folders a hundred thousand deep).
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import SandboxError

SMALLEST_ENTRY = 4096
"""What a file or folder counts at least, so that millions of empty ones count too."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

Visit = Callable[[int, str, os.stat_result], None]
"""Called with a folder's descriptor, the name of an entry in it, and its status (of the link, not of its target)."""


class TreeChangedError(SandboxError):
    """A folder was moved while it was walked, so that the walk had to stop."""


def walk(root: Path, *, enter: Visit, leave: Visit) -> None:
    """Visit everything below ``root`` on its file system: ``enter`` before a folder's content, ``leave`` after it.

    Files get ``enter`` only.

    Raises:
        TreeChangedError: a running program moved the folder the walk stood in.
        OSError: ``root`` cannot be opened.
    """
    fd = os.open(root, _FOLDER)
    try:
        device = os.fstat(fd).st_dev
        pending: list[list[str]] = [_names(fd)]
        path: list[tuple[str, os.stat_result]] = []
        parents: list[tuple[int, int]] = []
        while pending:
            if pending[-1]:
                name = pending[-1].pop()
                try:
                    status = os.stat(name, dir_fd=fd, follow_symlinks=False)
                except FileNotFoundError:
                    continue
                enter(fd, name, status)
                if not stat.S_ISDIR(status.st_mode) or status.st_dev != device:
                    continue
                below = _open_folder(name, fd)
                if below is None:
                    continue
                here = os.fstat(fd)
                parents.append((here.st_dev, here.st_ino))
                path.append((name, status))
                os.close(fd)
                fd = below
                pending.append(_names(fd))
                continue
            pending.pop()
            if path:
                name, status = path.pop()
                above = os.open("..", _FOLDER, dir_fd=fd)
                os.close(fd)
                fd = above
                here = os.fstat(fd)
                if (here.st_dev, here.st_ino) != parents.pop():
                    raise TreeChangedError(f"{root} was rearranged while rexlab walked it")
                leave(fd, name, status)
    finally:
        os.close(fd)


def _open_folder(name: str, parent: int) -> int | None:
    """Open a folder; None when it is gone, became something else, or is closed to us."""
    try:
        return os.open(name, _FOLDER, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES):
            return None
        raise


def _names(fd: int) -> list[str]:
    with os.scandir(fd) as entries:
        return [entry.name for entry in entries]


def _nothing(_fd: int, _name: str, _status: os.stat_result) -> None:
    """A visit that does nothing."""


@dataclass
class Usage:
    """What trees occupy."""

    size: int = 0
    entries: int = 0


def usage(roots: Iterable[Path]) -> Usage:
    """Disk space below the roots; several names of one file count once. Safe while programs write there."""
    total = Usage()
    linked: set[tuple[int, int]] = set()

    def count(_fd: int, _name: str, status: os.stat_result) -> None:
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            if (status.st_dev, status.st_ino) in linked:
                return
            linked.add((status.st_dev, status.st_ino))
        total.size += max(status.st_blocks * 512, SMALLEST_ENTRY)
        total.entries += 1

    for root in roots:
        try:
            walk(root, enter=count, leave=_nothing)
        except TreeChangedError:
            continue  # what was counted so far stands; the next look counts afresh
    return total


def give(root: Path, uid: int, gid: int) -> None:
    """Make ``uid`` the owner of everything below ``root``, and of it.

    A file that also has a name outside ``root`` stays as it is: giving it away would let the new owner write to
    something it was not meant to reach.
    """
    names: dict[tuple[int, int], int] = {}

    def tally(_fd: int, _name: str, status: os.stat_result) -> None:
        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
            key = (status.st_dev, status.st_ino)
            names[key] = names.get(key, 0) + 1

    def own(fd: int, name: str, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode) or names.get((status.st_dev, status.st_ino), 1) >= status.st_nlink:
            os.chown(name, uid, gid, dir_fd=fd, follow_symlinks=False)

    walk(root, enter=tally, leave=_nothing)
    walk(root, enter=own, leave=_nothing)
    _own_root(root, uid, gid)


def take_back(root: Path, uid: int) -> None:
    """Make what belongs to ``uid`` below ``root`` the caller's again, and let the caller into every folder."""
    me, my_group = os.getuid(), os.getgid()

    def reclaim(fd: int, name: str, status: os.stat_result) -> None:
        if status.st_uid == uid and uid != me:
            os.chown(name, me, my_group, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode) and status.st_mode & 0o700 != 0o700:
            # Nothing runs any more that could put a link in its place between the look and the change.
            os.chmod(name, stat.S_IMODE(status.st_mode) | 0o700, dir_fd=fd)

    if root.lstat().st_mode & 0o700 != 0o700 and stat.S_ISDIR(root.lstat().st_mode):
        root.chmod(0o700)
    walk(root, enter=reclaim, leave=_nothing)
    if uid != me:
        _own_root(root, me, my_group)


def _own_root(root: Path, uid: int, gid: int) -> None:
    fd = os.open(root, _FOLDER)
    try:
        os.fchown(fd, uid, gid)
    finally:
        os.close(fd)


def remove(root: Path) -> None:
    """Delete ``root`` and all below it; links are deleted, never followed. Gone already is fine."""

    def unlink(fd: int, name: str, status: os.stat_result) -> None:
        if stat.S_ISDIR(status.st_mode):
            os.chmod(name, 0o700, dir_fd=fd)
        else:
            os.unlink(name, dir_fd=fd)

    def rmdir(fd: int, name: str, _status: os.stat_result) -> None:
        os.rmdir(name, dir_fd=fd)

    try:
        walk(root, enter=unlink, leave=rmdir)
        root.rmdir()
    except FileNotFoundError:
        return
