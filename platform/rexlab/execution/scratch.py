"""Working folders, most of them below ``home``: made for one piece of work, removed with it, swept when their process
was killed."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path
from secrets import token_hex

from rexlab.settings import Settings
from rexlab.workspace import clean_tree, held_folder, hold_folder, sweep_held, sweep_scratch

_TEMPORARY = "rexlab-tmp-"
_LAST = -1000


def trial_folder(settings: Settings, trial_id: str, epoch: int) -> Path:
    """Where one claim of a trial works."""
    return settings.home / "work" / f"{trial_id}-{epoch}"


@contextmanager
def working_folder(settings: Settings, trial_id: str, epoch: int) -> Iterator[Path]:
    """That folder, fresh; gone afterwards, unless the settings keep it."""
    folder = trial_folder(settings, trial_id, epoch)
    folder.parent.mkdir(parents=True, exist_ok=True)
    held = hold_folder(folder)
    try:
        yield folder
    finally:
        if not settings.keep_workspaces:
            clean_tree(folder)
        os.close(held)


@contextmanager
def scratch_folder(settings: Settings, label: str) -> Iterator[Path]:
    """A fresh folder for work that no trial is behind (``grade``, ``check``, ``base``); gone afterwards."""
    root = settings.home / "work"
    root.mkdir(parents=True, exist_ok=True)
    with held_folder(f"{label}-", root) as folder:
        yield folder


def use_temporary_folder() -> None:
    """From now on temporary files of this process, and of those it starts, are below one folder, gone when it ends."""
    folder = Path(tempfile.gettempdir(), _TEMPORARY + token_hex(6))
    hold_folder(folder)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    Finalize(None, clean_tree, (folder,), exitpriority=_LAST)  # after multiprocessing removed its own folder in it


def sweep_folders(settings: Settings) -> list[str]:
    """Remove working folders whose process is dead; returns their names. Those of live ones stay, and those of trials
    where the settings keep them."""
    work = [] if settings.keep_workspaces else sweep_held("", settings.home / "work")
    here = Path(tempfile.gettempdir())
    outside = here.parent if here.name.startswith(_TEMPORARY) else here
    return [*work, *sweep_scratch(), *sweep_held(_TEMPORARY, outside)]
