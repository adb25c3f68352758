"""The content of a folder as git sees it: a listing of files with their modes and digests, and one digest of it all."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import InputError
from rexlab.workspace.nofollow import FOLDER, open_regular, read_chunks
from rexlab.workspace.paths import is_dot_git, path_problem, show

REGULAR = 0o100644
EXECUTABLE = 0o100755
LINK = 0o120000


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: git's mode, git's blob id, the content's SHA-256, its size (of a link: of its target text)."""

    mode: int
    blob: str
    sha256: str
    size: int


Listing = Mapping[bytes, Entry]


def file_mode(mode: int) -> int:
    """git's mode of a regular file, from its ``st_mode``."""
    return EXECUTABLE if mode & stat.S_IXUSR else REGULAR


def blob_id(size: int, chunks: Iterable[bytes]) -> str:
    """The id git gives to this content."""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def entry_of(mode: int, data: bytes) -> Entry:
    """The entry of a file with this content."""
    return Entry(mode, blob_id(len(data), [data]), hashlib.sha256(data).hexdigest(), len(data))


def listing_digest(listing: Listing) -> str:
    """The canonical digest of a tree: SHA-256 over mode, content digest and path of every file, sorted by path."""
    digest = hashlib.sha256(b"rexlab tree 1\0")
    for path in sorted(listing):
        entry = listing[path]
        digest.update(b"%o %s %s\0" % (entry.mode, entry.sha256.encode(), path))
    return digest.hexdigest()


def list_tree(folder: Path) -> dict[bytes, Entry]:
    """List a folder that nobody is writing to. Empty folders and anything named ``.git`` do not count.

    Raises:
        InputError: it holds a special file, or a path no patch could name.
    """
    root = os.open(folder, FOLDER)
    try:
        return dict(_entries(root, b""))
    finally:
        os.close(root)


def digest_tree(folder: Path) -> str:
    """The digest of a folder's files (names, bytes, modes); equal to that of a ``Base`` or ``Applied`` of the same.

    Raises:
        InputError: as ``list_tree``.
    """
    return listing_digest(list_tree(folder))


def _entries(fd: int, prefix: bytes) -> Iterator[tuple[bytes, Entry]]:
    for text in sorted(os.listdir(fd)):
        name = os.fsencode(text)
        if is_dot_git(name):
            continue
        path = prefix + name
        if problem := path_problem(path):
            raise InputError(f"the code holds a file that no patch could name: {show(path)} {problem}")
        info = os.stat(name, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISDIR(info.st_mode):
            below = os.open(name, FOLDER, dir_fd=fd)
            try:
                yield from _entries(below, path + b"/")
            finally:
                os.close(below)
        elif stat.S_ISLNK(info.st_mode):
            yield path, entry_of(LINK, os.readlink(name, dir_fd=fd))
        elif stat.S_ISREG(info.st_mode):
            yield path, _hash_file(fd, name, info)
        else:
            raise InputError(f"the code holds {show(path)}, which is neither a file nor a folder nor a link")


def _hash_file(fd: int, name: bytes, info: os.stat_result) -> Entry:
    git = hashlib.sha1(b"blob %d\0" % info.st_size, usedforsecurity=False)
    content = hashlib.sha256()
    for chunk in read_chunks(open_regular(fd, name), info.st_size):
        git.update(chunk)
        content.update(chunk)
    return Entry(file_mode(info.st_mode), git.hexdigest(), content.hexdigest(), info.st_size)
