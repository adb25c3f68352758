"""Copy a folder of code without what must not travel with it: history, caches, build products."""

import fnmatch
import os
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from rexlab.errors import MaskingError

IGNORED = (
    ".git",
    ".hg",
    ".svn",
    "__pycache__",
    "*.pyc",
    "*.pyo",
    "*.egg-info",
    ".eggs",
    "build",
    "dist",
    ".ipynb_checkpoints",
    "node_modules",
    ".venv",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".hypothesis",
    ".coverage",
    ".DS_Store",
)
"""Names, at any depth, that are never copied: they are made again from the code, or hold older versions of it."""

_IGNORED = re.compile("|".join(fnmatch.translate(pattern) for pattern in IGNORED))
_PACKAGE_NAMES = ("build", "dist")


def copy_tree(code: Path, out: Path, replaced: Mapping[str, bytes]) -> None:
    """Copy a folder, with some files' contents replaced; built beside ``out`` and renamed, so never half there.

    Args:
        code: The folder to copy.
        out: Where the copy goes; must not exist, or be an empty folder.
        replaced: From a path relative to ``code``, with ``/``, to what the copy holds there.

    Raises:
        MaskingError: ``out`` holds something, a link leaves the folder, a file is neither file, folder nor link,
            or a file to replace is not copied.
    """
    root = code.resolve()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise MaskingError(f"{out} exists already; name a folder that does not, or remove it first")
    if out.resolve().is_relative_to(root):
        raise MaskingError(f"{out} lies inside {code}, the folder to copy")
    out.parent.mkdir(parents=True, exist_ok=True)
    building = Path(mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        written: set[str] = set()
        _copy_folder(root, root, building, replaced, written)
        if left := sorted(set(replaced) - written):
            raise MaskingError(f"{code / left[0]} is not a file that is copied (a link, or an ignored folder's)")
        building.rename(out)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def is_ignored(entry: Path) -> bool:
    """Whether the copy leaves this file or folder out; a package that happens to be called ``build`` is code."""
    if not _IGNORED.fullmatch(entry.name):
        return False
    return not (entry.name in _PACKAGE_NAMES and (entry / "__init__.py").is_file())


def _copy_folder(root: Path, source: Path, target: Path, replaced: Mapping[str, bytes], written: set[str]) -> None:
    # The mode comes last, so that a read-only folder can still be filled.
    with os.scandir(source) as entries:
        for entry in entries:
            path, copy = source / entry.name, target / entry.name
            if is_ignored(path):
                continue
            if entry.is_symlink():
                _copy_link(root, path, copy)
            elif entry.is_dir():
                copy.mkdir()
                _copy_folder(root, path, copy, replaced, written)
            elif entry.is_file():
                name = path.relative_to(root).as_posix() if replaced else ""
                if name in replaced:
                    written.add(name)
                _write(path, copy, stat.S_IMODE(entry.stat().st_mode), replaced.get(name))
            else:
                raise MaskingError(f"{path} is neither a file, a folder nor a link; it cannot be copied")
    target.chmod(stat.S_IMODE(source.stat().st_mode))


def _write(path: Path, copy: Path, mode: int, data: bytes | None) -> None:
    """Write one file of the copy, with the original's content when none is given."""
    with copy.open("xb") as target:
        if data is not None:
            target.write(data)
        else:
            with path.open("rb") as source:
                shutil.copyfileobj(source, target)
        os.fchmod(target.fileno(), mode)


def _copy_link(root: Path, path: Path, copy: Path) -> None:
    """Copy a link as a link; only a relative one that stays in the tree means the same in the copy."""
    target = PurePosixPath(path.readlink())
    if target.is_absolute() or not path.resolve().is_relative_to(root) or not _stays(root, path, target):
        raise MaskingError(f"{path} is a link to {target}, outside {root}; replace it by what it points to")
    copy.symlink_to(target)


def _stays(root: Path, path: Path, target: PurePosixPath) -> bool:
    """Whether the link's own text, read step by step, never climbs above the root on its way."""
    depth = len(path.relative_to(root).parts) - 1
    for part in target.parts:
        depth += -1 if part == ".." else 1
        if depth < 0:
            return False
    return True
