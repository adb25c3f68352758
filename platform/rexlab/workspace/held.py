"""Folders that are held: a lock, gone with its process, tells what is in use from what a killed process left."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir

from rexlab.workspace.cleaning import clean_tree


def hold_folder(folder: Path) -> int:
    """Make the folder, which others may enter; returns the descriptor that holds it, for this process and those it
    forks, until the last of them ends or closes it."""
    made = folder.with_name(f".{folder.name}")  # it gets the name by which it is swept once it is held
    while True:
        made.mkdir()
        with suppress(FileNotFoundError), ExitStack() as stack:  # it may be swept before it is held
            held = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            stack.callback(os.close, held)
            fcntl.flock(held, fcntl.LOCK_EX)
            made.rename(folder)
            stack.pop_all()
            return held


@contextmanager
def held_folder(prefix: str, parent: Path | None = None) -> Iterator[Path]:
    """A fresh folder in ``parent`` (None: where the system keeps temporary ones), held until it is gone, afterwards.

    Nobody else may enter it."""
    folder = Path(parent or gettempdir(), prefix + token_hex(6))
    held = hold_folder(folder)
    try:
        folder.chmod(0o700)
        yield folder
    finally:
        clean_tree(folder)
        os.close(held)


def sweep_held(prefix: str, parent: Path | None = None) -> list[str]:
    """Remove folders whose name begins so and that nobody holds any more; returns their names."""
    removed = []
    root = Path(parent or gettempdir())
    for folder in sorted({*root.glob(f"{prefix}*"), *root.glob(f".{prefix}*")}):
        try:
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue  # it has just gone, or is no folder, or not ours
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder.name.startswith("."):
                folder.rmdir()  # whoever makes it this very moment makes it again
            else:
                clean_tree(folder)
            removed.append(folder.name)
        except OSError:
            continue  # held, or gone meanwhile
        finally:
            os.close(held)
    return removed
