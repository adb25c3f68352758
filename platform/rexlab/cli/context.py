"""What commands share: settings, the store, a sandbox backend."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    """As ``rexlab.execution.request_checks.choose_backend``, which takes a while to import."""
    from rexlab.execution import request_checks

    return request_checks.choose_backend(name)


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
