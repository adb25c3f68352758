"""Looking over a workspace that a hostile agent had full control of, without opening a single file.

Limits are checked here, from names and sizes alone, so that a sparse terabyte or a million files end in a clear
rejection and not in a full disk.
"""

import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from rexlab.errors import PatchRejectedError
from rexlab.workspace.model import MAX_DEPTH, MAX_NEW_FILES
from rexlab.workspace.nofollow import FOLDER
from rexlab.workspace.paths import Patterns, is_dot_git, parents, path_problem, show
from rexlab.workspace.tree import LINK, Listing

MAX_SEEN = 1_000_000
MAX_NOTES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file or a link in the workspace."""

    mode: int
    """``st_mode``."""
    size: int
    target: bytes = b""
    """Where a link points."""


@dataclass
class Survey:
    """What stands in a workspace, apart from excluded paths."""

    files: dict[bytes, Found] = field(default_factory=dict)
    unknown: set[bytes] = field(default_factory=set)
    """Paths, of files or whole folders, that could not be looked at: taken as unchanged."""
    notes: list[str] = field(default_factory=list)
    changed_bytes: int = 0
    """Bytes of the files known to differ, by their size."""


def survey(workspace: Path, listing: Listing, excludes: Patterns, max_bytes: int) -> Survey:
    """List the files of a workspace against its base.

    Raises:
        PatchRejectedError: changed files are larger than ``max_bytes`` together (as far as sizes show), there are too
            many new files, or folders are nested too deep.
    """
    surveyor = _Surveyor(listing, excludes, max_bytes)
    try:
        fd = os.open(workspace, FOLDER)
    except OSError as error:
        raise PatchRejectedError(f"the workspace is no folder any more: {error.strerror}") from error
    try:
        surveyor.visit(fd, b"", 0)
    finally:
        os.close(fd)
    surveyor.drop_links_from_outside()
    return surveyor.result


def too_large(size: int, max_bytes: int) -> PatchRejectedError:
    """The rejection of a patch over its size limit."""
    return PatchRejectedError(
        f"the changed files hold at least {size:,} bytes, the limit is {max_bytes:,}; "
        "leave large outputs out of the workspace"
    )


class _Surveyor:
    def __init__(self, listing: Listing, excludes: Patterns, max_bytes: int) -> None:
        self.result = Survey()
        self._listing = listing
        self._excludes = excludes
        self._max_bytes = max_bytes
        self._folders = {folder for path in listing for folder in parents(path)}
        self._new = self._seen = 0
        self._names_of: Counter[tuple[int, int]] = Counter()
        self._linked: dict[bytes, tuple[tuple[int, int], int]] = {}

    def visit(self, fd: int, prefix: bytes, depth: int) -> None:
        """Look at one folder and all below it."""
        if depth > MAX_DEPTH:
            raise PatchRejectedError(f"folders are nested more than {MAX_DEPTH} deep, at {show(prefix)}")
        names = []
        with os.scandir(fd) as entries:
            for entry in entries:
                self._count(prefix)
                names.append(os.fsencode(entry.name))
        for name in sorted(names):
            self._look(fd, prefix, name, depth)

    def _count(self, prefix: bytes) -> None:
        self._seen += 1
        if self._seen > MAX_SEEN:
            raise PatchRejectedError(
                f"the workspace holds more than {MAX_SEEN:,} files, at {show(prefix) or 'its top'}"
            )

    def _look(self, fd: int, prefix: bytes, name: bytes, depth: int) -> None:
        path = prefix + name
        info = os.stat(name, dir_fd=fd, follow_symlinks=False)
        folder = stat.S_ISDIR(info.st_mode)
        if is_dot_git(name):
            if prefix or not folder:
                self._note(path, "belongs to a git repository of the agent's own and was left out")
            return
        if self._excludes.match(path, folder=folder):
            return
        if problem := path_problem(path):
            self._note(path, f"{problem} and was left out")
            return
        self._count_new(path, folder=folder)
        if folder:
            self._descend(fd, path, name, depth)
        elif stat.S_ISLNK(info.st_mode):
            self._take_link(path, os.readlink(name, dir_fd=fd))
        elif stat.S_ISREG(info.st_mode):
            self._take_file(path, info)
        else:
            self._note(path, "is a special file (pipe, socket or device) and was left out")

    def _descend(self, fd: int, path: bytes, name: bytes, depth: int) -> None:
        try:
            below = os.open(name, FOLDER, dir_fd=fd)
        except PermissionError:
            self.result.unknown.add(path)
            self._note(path, "cannot be read and was taken as unchanged")
            return
        try:
            self.visit(below, path + b"/", depth + 1)
        finally:
            os.close(below)

    def _take_link(self, path: bytes, target: bytes) -> None:
        self.result.files[path] = Found(LINK, len(target), target)
        if path not in self._listing or self._listing[path].mode != LINK:
            self._note(path, f"is a symbolic link to {show(target)}")

    def _take_file(self, path: bytes, info: os.stat_result) -> None:
        self.result.files[path] = Found(info.st_mode, info.st_size)
        known = self._listing.get(path)
        if known is None or known.size != info.st_size:
            self.result.changed_bytes += info.st_size
            if self.result.changed_bytes > self._max_bytes:
                raise too_large(self.result.changed_bytes, self._max_bytes)
        if info.st_nlink > 1:
            inode = info.st_dev, info.st_ino
            self._names_of[inode] += 1
            self._linked[path] = inode, info.st_nlink

    def drop_links_from_outside(self) -> None:
        """Leave out files that have another name outside of the workspace: what they hold may not be the agent's."""
        for path, (inode, links) in self._linked.items():
            if self._names_of[inode] < links:
                del self.result.files[path]
                self.result.unknown.add(path)
                self._note(path, "is a hard link to a file outside the workspace and was left out")
            else:
                self._note(path, "shares its content with another file through a hard link")

    def _count_new(self, path: bytes, *, folder: bool) -> None:
        if path in (self._folders if folder else self._listing):
            return
        self._new += 1
        if self._new > MAX_NEW_FILES:
            raise PatchRejectedError(f"there are more than {MAX_NEW_FILES:,} new files, among them {show(path)}")

    def _note(self, path: bytes, what: str) -> None:
        notes = self.result.notes
        if len(notes) < MAX_NOTES:
            notes.append(f"{show(path)} {what}")
        elif len(notes) == MAX_NOTES:
            notes.append("more such files are not listed")
