"""Removing folders that a hostile agent filled: any depth, any names, any permissions, never through a link."""

import contextlib
import os
import stat
from pathlib import Path
from secrets import token_hex

from rexlab.errors import SandboxError
from rexlab.workspace.nofollow import FOLDER


def clean_tree(path: Path) -> None:
    """Remove a folder and all below it; nothing happens when it is not there. A link is removed, not followed.

    No process may be writing there any more.

    Raises:
        SandboxError: something in it cannot be removed (immutable, mounted, another user's); the text says what.
    """
    try:
        parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            remove_at(parent, os.fsencode(path.name))
        finally:
            os.close(parent)
    except FileNotFoundError:
        return
    except OSError as error:
        raise SandboxError(
            f"{path} could not be removed ({error.strerror}); look for immutable files (lsattr -R), mounts and files "
            "of other users in it"
        ) from error


def remove_at(parent: int, name: bytes) -> None:
    """Remove whatever stands at a name in an open folder; OSError when the system refuses."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=parent)
        return
    top = _open_writable(parent, name)
    try:
        _flatten(top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def _flatten(top: int) -> None:
    """Empty a folder with few descriptors, however deep it goes: folders are moved up to one heap and emptied there."""
    heap_name = b".rexlab-heap-" + token_hex(8).encode()
    os.mkdir(heap_name, 0o700, dir_fd=top)
    heap = os.open(heap_name, FOLDER, dir_fd=top)
    try:
        made = _empty(top, heap, 0, keep=heap_name)
        done = 0
        while done < made:
            name = b"%d" % done
            folder = _open_writable(heap, name)
            try:
                made = _empty(folder, heap, made)
            finally:
                os.close(folder)
            os.rmdir(name, dir_fd=heap)
            done += 1
    finally:
        os.close(heap)
    os.rmdir(heap_name, dir_fd=top)


def _empty(folder: int, heap: int, made: int, keep: bytes | None = None) -> int:
    """Unlink a folder's files and move its folders to the heap, numbered from ``made``; returns the next number."""
    for text in os.listdir(folder):
        name = os.fsencode(text)
        if name == keep:
            continue
        if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=folder)
            continue
        # Moving a folder rewrites its "..", for which its owner needs write permission on it.
        os.close(_open_writable(folder, name))
        os.rename(name, b"%d" % made, src_dir_fd=folder, dst_dir_fd=heap)
        made += 1
    return made


def _open_writable(parent: int, name: bytes) -> int:
    """Open a folder that its maker may have locked."""
    handle = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        # An O_PATH handle opens without permission, and /proc is the one way to change the mode behind it.
        with contextlib.suppress(PermissionError):
            os.chmod(f"/proc/self/fd/{handle}", 0o700)  # noqa: PTH101  a descriptor, not a path
    finally:
        os.close(handle)
    return os.open(name, FOLDER, dir_fd=parent)
