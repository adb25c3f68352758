"""Working folders, most of them below ``home``: made for one piece of work, removed with it, swept when their process
was killed."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.util import Finalize
from pathlib import Path

from sqlalchemy import Engine

from rexlab.settings import Settings
from rexlab.store.leases import is_dead
from rexlab.store.queries import running_trials
from rexlab.workspace import clean_tree, held_folder, hold_folder, sweep_held, sweep_scratch

_LABELS = ("grade", "check", "base")
_TEMPORARY = "rexlab-tmp-"
_LAST = -1000
_TRIAL = re.compile(r"^(.+-\d+)-(\d+)$")


def trial_folder(settings: Settings, trial_id: str, epoch: int) -> Path:
    """Where one claim of a trial works."""
    return settings.home / "work" / f"{trial_id}-{epoch}"


@contextmanager
def scratch_folder(settings: Settings, label: str) -> Iterator[Path]:
    """A fresh folder for work that no trial is behind (``grade``, ``check``, ``base``); gone afterwards."""
    root = settings.home / "work"
    root.mkdir(parents=True, exist_ok=True)
    with held_folder(f"{label}-", root) as folder:
        yield folder


def use_temporary_folder() -> None:
    """From now on temporary files of this process, and of those it starts, are below one folder, gone when it ends."""
    folder, _ = hold_folder(_TEMPORARY)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    Finalize(None, clean_tree, (folder,), exitpriority=_LAST)  # after multiprocessing removed its own folder in it


def sweep_folders(settings: Settings, engine: Engine) -> list[str]:
    """Remove working folders whose process is dead; returns their names. Live workers' folders stay."""
    root = settings.home / "work"
    folders = sorted(root.iterdir()) if root.is_dir() else []  # before the question who is at work: one may begin
    at_work = {
        (trial.id, trial.lease_epoch) for trial in running_trials(engine) if not is_dead(trial.lease_owner or "||")
    }
    removed = [name for label in _LABELS for name in sweep_held(f"{label}-", root)]
    for folder in folders:
        trial = _TRIAL.match(folder.name)
        if trial and (trial[1], int(trial[2])) not in at_work:
            clean_tree(folder)
            removed.append(folder.name)
    here = Path(tempfile.gettempdir())
    outside = here.parent if here.name.startswith(_TEMPORARY) else here
    return [*removed, *sweep_scratch(), *sweep_held(_TEMPORARY, outside)]
