"""Working folders below ``home``: made for one piece of work, removed with it, swept when their process was killed."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import psutil
from sqlalchemy import Engine

from rexlab.settings import Settings
from rexlab.store.leases import is_dead
from rexlab.store.queries import running_trials
from rexlab.workspace import clean_tree

_OWNED = re.compile(r"^(grade|check)-(\d+)-\w+$")
_TRIAL = re.compile(r"^(.+-\d+)-(\d+)$")


def trial_folder(settings: Settings, trial_id: str, epoch: int) -> Path:
    """Where one claim of a trial works."""
    return settings.home / "work" / f"{trial_id}-{epoch}"


@contextmanager
def scratch_folder(settings: Settings, label: str) -> Iterator[Path]:
    """A fresh folder for work that no trial is behind (``grade``, ``check``); gone afterwards."""
    root = settings.home / "work"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f"{label}-{os.getpid()}-", dir=root))
    try:
        yield folder
    finally:
        clean_tree(folder)


def sweep_folders(settings: Settings, engine: Engine) -> list[str]:
    """Remove working folders whose process is dead; returns their names. Live workers' folders stay."""
    root = settings.home / "work"
    at_work = {
        (trial.id, trial.lease_epoch) for trial in running_trials(engine) if not is_dead(trial.lease_owner or "||")
    }
    removed = []
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        if _is_left_over(folder.name, at_work):
            clean_tree(folder)
            removed.append(folder.name)
    return removed


def _is_left_over(name: str, at_work: set[tuple[str, int]]) -> bool:
    if owned := _OWNED.match(name):
        return not psutil.pid_exists(int(owned[2]))
    if trial := _TRIAL.match(name):
        return (trial[1], int(trial[2])) not in at_work
    return False
