"""Folders that are held: a lock, gone with its process, tells what is in use from what a killed process left."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from rexlab.workspace.cleaning import clean_tree


def hold_folder(prefix: str, parent: Path | None = None) -> tuple[Path, int]:
    """A fresh folder in ``parent`` (None: where the system keeps such), and the descriptor that holds it, for this
    process and those it forks, until the last of them ends or closes it."""
    made = Path(mkdtemp(prefix=f".{prefix}", dir=parent))
    held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(held, fcntl.LOCK_EX)
    return made.rename(made.with_name(made.name[1:])), held  # it is swept by this name, and held by now


@contextmanager
def held_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """Such a folder, gone afterwards."""
    folder, held = hold_folder(prefix, parent)
    try:
        yield folder
    finally:
        clean_tree(folder)
        os.close(held)


def sweep_held(prefix: str, parent: Path | None = None) -> list[str]:
    """Remove folders whose name begins so and that nobody holds any more; returns their names."""
    removed = []
    for folder in sorted(Path(parent or gettempdir()).glob(f"{prefix}*")):
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone, or is no folder, or not ours
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            clean_tree(folder)
            removed.append(folder.name)
        except BlockingIOError:
            continue
        finally:
            os.close(held)
    return removed
