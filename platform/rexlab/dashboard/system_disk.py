"""What rexlab's folders take of the disk, counted for a bounded time."""

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from rexlab.settings import Settings
from rexlab.store.urls import without_secrets

_CLOCK_EVERY = 256
"""Files between two looks at the clock."""


@dataclass(frozen=True)
class Size:
    """Bytes of a folder's files."""

    bytes: int
    whole: bool
    """False: there was no time to count all of them."""


@dataclass(frozen=True)
class Place:
    """One of rexlab's folders."""

    title: str
    path: str
    """A folder, or an address elsewhere, without its secrets."""
    size: Size | None
    """None: it is not on this machine, or not there yet."""
    free: int | None
    """Bytes left on its file system; None likewise."""


def places_of(settings: Settings, *, seconds: float) -> list[Place]:
    """The folders of store, artifacts, environments, bundles, jobs and work, with what each takes.

    Args:
        settings: Say where they are.
        seconds: For counting all of them; each gets its share of what the ones before it left.
    """
    database = [settings.home / f"rexlab.db{end}" for end in ("", "-wal", "-shm")]
    places = [
        ("Store", settings.database_url or str(database[0]), None if settings.database_url else database),
        ("Artifacts", settings.artifact_root, _local(settings.artifact_root)),
        ("Environments", str(settings.home / "envs"), [settings.home / "envs"]),
        ("Bundles", str(settings.bundle_root), [settings.bundle_root]),
        ("Background jobs", str(settings.home / "jobs"), [settings.home / "jobs"]),
        ("Work", str(settings.home / "work"), [settings.home / "work", settings.home / "bases"]),
    ]
    deadline = time.monotonic() + seconds
    found = []
    for left, (title, path, local) in zip(range(len(places), 0, -1), places, strict=True):
        until = time.monotonic() + max(deadline - time.monotonic(), 0.0) / left
        there = [part for part in local or [] if part.exists()]
        sizes = [size_of(part, until) for part in there]
        size = Size(sum(s.bytes for s in sizes), all(s.whole for s in sizes)) if sizes else None
        free = shutil.disk_usage(there[0]).free if there else None
        found.append(Place(title, without_secrets(path), size, free))
    return found


def size_of(place: Path, until: float) -> Size:
    """Bytes of a file, or of all files below a folder; links are not followed. What cannot be read counts nothing.

    Args:
        place: A file or folder.
        until: Value of ``time.monotonic`` at which counting stops.
    """
    if not place.is_dir():
        return Size(place.stat().st_size if place.exists() else 0, True)
    total, seen = 0, 0
    for folder, _, files in os.walk(place):
        for name in files:
            seen += 1
            if seen % _CLOCK_EVERY == 0 and time.monotonic() > until:
                return Size(total, False)
            try:
                total += os.lstat(f"{folder}/{name}").st_size
            except OSError:  # removed meanwhile by whoever works here
                continue
    return Size(total, True)


def _local(url: str) -> list[Path] | None:
    """The folder of an artifact root; None: it is elsewhere."""
    if "://" not in url:
        return [Path(url)]
    scheme, _, path = url.partition("://")
    return [Path(path)] if scheme in ("file", "local") else None
