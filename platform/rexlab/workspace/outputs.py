"""Reading and removing what experiments write, without trusting anything about the folder they ran in."""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from rexlab.errors import RexlabError, SandboxError
from rexlab.workspace.cleaning import remove_at
from rexlab.workspace.model import MAX_DEPTH
from rexlab.workspace.nofollow import FOLDER, NotRegularError, folder_below, open_regular, read_chunks
from rexlab.workspace.paths import Patterns, patterns, show


class OutputError(RexlabError):
    """An output of an experiment cannot be used."""


class OutputMissingError(OutputError):
    """There is no such file."""


class OutputNotRegularError(OutputError):
    """It is not a regular file, or lies behind a symbolic link."""


class OutputTooLargeError(OutputError):
    """It is larger than the limit."""


def read_output(root: Path, relative: str, max_bytes: int) -> bytes:
    """The bytes of a regular file below a folder; no symbolic link is followed, not even in the folders above it.

    Raises:
        OutputMissingError: it is not there.
        OutputNotRegularError: it is a link, folder, pipe, device …, or one of its folders is not a folder.
        OutputTooLargeError: it holds more than ``max_bytes``.
    """
    path = os.fsencode(relative)
    if path.startswith(b"/") or any(part in (b"", b".", b"..") for part in path.split(b"/")) or b"\0" in path:
        raise OutputNotRegularError(f"{show(path)} is not a path inside the workspace")
    root_fd = os.open(root, FOLDER)
    try:
        fd = open_regular(root_fd, path)
    except FileNotFoundError as error:
        raise OutputMissingError(f"{show(path)} was not written") from error
    except NotRegularError as error:
        raise OutputNotRegularError(f"{show(path)} is not a regular file") from error
    except OSError as error:
        raise OutputNotRegularError(f"{show(path)} cannot be read: {error.strerror}") from error
    finally:
        os.close(root_fd)
    size = os.fstat(fd).st_size
    if size > max_bytes:
        os.close(fd)
        raise OutputTooLargeError(f"{show(path)} holds {size:,} bytes, the limit is {max_bytes:,}")
    # One byte more than allowed, to notice a file that is still growing.
    data = b"".join(read_chunks(fd, max_bytes + 1))
    if len(data) > max_bytes:
        raise OutputTooLargeError(f"{show(path)} holds more than {max_bytes:,} bytes")
    return data


def as_glob(path: str) -> str:
    """The glob that matches this path and nothing else."""
    return re.sub(r"([\\*?\[\]! #])", r"\\\1", path)


def remove_matching(root: Path, globs: Sequence[str]) -> tuple[str, ...]:
    """Remove everything inside a folder that matches a glob (``results/*.json``, ``**`` crosses folders).

    Globs start at the folder. A link is removed, never followed; a folder that matches goes with all it holds.

    Returns:
        The paths removed, sorted.

    Raises:
        SandboxError: something cannot be removed.
    """
    anchored = patterns(tuple("/" + glob.lstrip("/") for glob in globs))
    root_fd = os.open(root, FOLDER)
    try:
        return tuple(sorted(_remove(root_fd, b"", anchored, 0)))
    except OSError as error:
        raise SandboxError(f"earlier outputs in {root} could not be removed: {error}") from error
    finally:
        os.close(root_fd)


def _remove(folder: int, prefix: bytes, globs: Patterns, depth: int) -> Iterator[str]:
    for text in os.listdir(folder):
        name = os.fsencode(text)
        path = prefix + name
        is_folder = stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
        if globs.match(path, folder=is_folder):
            remove_at(folder, name)
            yield os.fsdecode(path)
        elif is_folder and depth < MAX_DEPTH:
            with folder_below(folder, [name]) as below:
                yield from _remove(below, path + b"/", globs, depth + 1)
