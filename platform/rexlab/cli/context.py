"""What commands share: settings, the store, a sandbox backend."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rexlab.errors import InputError, SandboxUnavailableError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings


def open_store(settings: "Settings") -> "Engine":
    """The store, made or migrated when need be."""
    from rexlab.settings import require_writable
    from rexlab.store.database import open_engine

    require_writable(settings.home)
    return open_engine(settings.store_url)


def choose_backend(name: str) -> "SandboxBackend":
    """The sandbox backend called ``name``; ``auto`` takes bubblewrap where it works, else the process sandbox.

    Raises:
        InputError: no backend has that name.
        SandboxUnavailableError: this machine lacks what it needs.
    """
    from rexlab.sandbox import BACKENDS, backend, default_backend

    if name == "auto":
        return default_backend()
    if name not in BACKENDS:
        raise InputError(f"no sandbox is called {name!r}; choose auto, {', '.join(BACKENDS)}")
    chosen = backend(name)
    found = chosen.check()
    if not found.ok:
        raise SandboxUnavailableError(f"the {name} sandbox cannot be used here: {found.detail}; {found.remedy}")
    return chosen


@contextmanager
def without_collecting() -> Iterator[None]:
    """Leave cyclic garbage where it is: a million trials have no cycles, and looking for some takes a while."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def split_names(text: str) -> list[str]:
    """``a, b`` as a list; commas inside brackets belong to a name."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parse_counts(text: str, option: str = "--masks") -> list[int]:
    """``1,2,3`` or ``1..5`` or both, as sorted numbers; ``option`` is named in the complaint.

    Raises:
        InputError: it is neither.
    """
    wanted = f"{option} {text}: give numbers such as 1,2,3 or a range such as 1..5"
    numbers: set[int] = set()
    for part in split_names(text):
        first, dots, last = part.partition("..")
        try:
            low, high = int(first), int(last if dots else first)
        except ValueError as error:
            raise InputError(wanted) from error
        if not 0 <= low <= high or high - low > 1000:
            raise InputError(f"{option} {text}: {part} is not a range of numbers from 0 up")
        numbers.update(range(low, high + 1))
    if not numbers:
        raise InputError(f"{option} is empty: give numbers such as 1,2,3 or a range such as 1..5")
    return sorted(numbers)
