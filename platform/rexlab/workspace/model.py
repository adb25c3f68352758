"""The records that cross the workspace's border: base, patch, changed file, what was applied."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

MAX_PATCH_BYTES = 10_000_000
"""Bytes that the files changed by one patch may have together, unless the caller says otherwise."""

MAX_NEW_FILES = 20_000
"""New files (and new folders) that one patch may bring."""

MAX_DEPTH = 100
"""Folders that a path may have above it."""

ARTIFACTS: tuple[str, ...] = (
    "__pycache__/",
    "*.pyc",
    "*.pyo",
    ".pytest_cache/",
    ".mypy_cache/",
    ".ruff_cache/",
    ".hypothesis/",
    ".ipynb_checkpoints/",
    ".venv/",
    "node_modules/",
    "*.egg-info/",
    ".DS_Store",
)
"""What running code leaves behind and no patch should carry, as gitignore-style patterns."""

Status = Literal["A", "M", "D", "R", "T"]


@dataclass(frozen=True)
class Base:
    """A prepared codebase, pristine: the code every trial of a variant starts from and is graded on.

    The folder holds a bare repository (``git``), the same files plainly (``files``) and their listing. It must lie
    where no sandbox can reach; nothing writes to it once it is made.
    """

    path: Path
    commit: str
    """The id of its only commit; the same tree always gives the same id."""
    digest: str
    """``digest_tree`` of the files."""
    size: int
    """Bytes of all files together."""

    @property
    def git_dir(self) -> Path:
        """The bare repository."""
        return self.path / "git"

    @property
    def files(self) -> Path:
        """The files without any git."""
        return self.path / "files"


@dataclass(frozen=True)
class ChangedFile:
    """One file that a patch changes. Paths are relative, odd bytes are surrogates (``os.fsencode`` restores them)."""

    path: str
    status: Status
    """Added, modified, deleted, renamed, or of another type (file to link)."""
    old_mode: int
    """git's mode, 0 for a new file."""
    new_mode: int
    """git's mode, 0 for a deleted file."""
    size: int
    """Bytes afterwards, 0 for a deleted file."""
    source: str | None = None
    """Where a renamed file was before."""


@dataclass(frozen=True)
class Patch:
    """What an agent changed: the git diff, the list of files, and what could not be carried in a diff."""

    data: bytes
    files: tuple[ChangedFile, ...] = ()
    notes: tuple[str, ...] = ()
    """One sentence each on links, special files and nested repositories that were met."""

    @property
    def is_empty(self) -> bool:
        """Nothing was changed."""
        return not self.data

    @cached_property
    def sha256(self) -> str:
        """Digest of the diff's bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Dropped:
    """A change that was not applied, and why."""

    path: str
    reason: str
    tampers: bool = False
    """It would have changed what is measured with: an experiment, data, a metric's file."""
    data: bytes = field(default=b"", repr=False, compare=False)
    """What the file would have held; empty for a deleted one."""


@dataclass(frozen=True)
class Applied:
    """What became of a patch."""

    changed: tuple[str, ...]
    """Paths whose change was applied, sorted."""
    dropped: tuple[Dropped, ...]
    digest: str
    """``digest_tree`` of the resulting folder: equal digests mean equal names, bytes and modes."""
