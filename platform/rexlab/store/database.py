"""Open the store: engine, schema migration, sessions."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlmodel import Session, create_engine

from rexlab.errors import InputError, StoreError
from rexlab.store import postgresql
from rexlab.store.urls import without_secrets

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_S = 60.0
"""How long a writer waits for the others."""
BY_ONE_WRITER = {"key_share": True}
"""For ``with_for_update``: others that read the row so, or change it, wait; those that refer to it do not."""


def open_engine(url: str) -> Engine:
    """An engine whose schema is the newest; migrates an older one.

    Raises:
        InputError: the URL is not one.
        StoreError: the database is unreachable, or its schema is newer than this version of rexlab.
    """
    shown = without_secrets(url)
    try:
        parsed = postgresql.with_driver(make_url(url))
        engine = create_engine(parsed, **_options(parsed))
    except (ArgumentError, NoSuchModuleError, ImportError, ValueError) as error:
        reason = str(error).replace(url, shown)
        raise InputError(f"the database URL {shown!r} cannot be used: {reason}") from error
    except OSError as error:
        raise StoreError(f"cannot create the folder of {shown}: {error}") from error
    _engines.add(engine)
    if engine.dialect.name == "sqlite":
        _tune_sqlite(engine)
    elif engine.dialect.name == "postgresql":
        postgresql.tune(engine)
    try:
        _migrate(engine, shown)
    except SQLAlchemyError as error:
        raise StoreError(f"cannot open the store {shown}: {_first_line(error)}") from error
    return engine


def _options(url: URL) -> dict[str, Any]:
    """Arguments of ``create_engine``; makes the folder of an SQLite file."""
    if url.get_backend_name() == "postgresql":
        return postgresql.engine_options(url)
    if url.get_backend_name() == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        return {"connect_args": {"timeout": _BUSY_S}}
    raise InputError(
        f"the database URL {without_secrets(str(url))!r} cannot be used: rexlab stores in SQLite or PostgreSQL"
    )


_engines: "WeakSet[Engine]" = WeakSet()


def _leave_connections_to_the_parent() -> None:
    """A forked process makes connections of its own: two that speak on one would garble each other's answers."""
    for engine in list(_engines):
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_leave_connections_to_the_parent)


def _tune_sqlite(engine: Engine) -> None:
    """Write-ahead log, foreign keys, and transactions that take the write lock when they begin, so that two writers
    wait for each other instead of failing half-way."""

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        _use_write_ahead_log(connection)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN" if options.get("readonly") else "BEGIN IMMEDIATE")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """SQLite does not wait for its lock when the journal's mode changes, so that two processes that open a new store at
    once would see one fail."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(engine: Engine, shown: str) -> None:
    head = _head_revision()
    with _for_reading(engine).connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        current = connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if known else None
    if current == head:
        return
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    revisions = {s.revision for s in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in revisions:
        raise StoreError(
            f"the store {shown} has schema {current}, newer than this rexlab knows ({head}); "
            "upgrade rexlab, or name another store with REXLAB_DATABASE_URL"
        )
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            postgresql.lock_migrations(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Any:
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _head_revision() -> str:
    """The newest revision: file names start with it. Read without alembic, which takes long to import."""
    return max(p.name.split("_", 1)[0] for p in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _first_line(error: Exception) -> str:
    """The driver's first line; of several addresses tried in vain, what the last one said."""
    lines = str(error.orig if isinstance(error, DBAPIError) else error).splitlines() or [type(error).__name__]
    tried = [line for line in lines if line.startswith("- host:")]
    return tried[-1].removeprefix("- ") if tried else lines[0]


def _for_reading(engine: Engine) -> Engine:
    """Transactions on it see the store as it was when they began."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.execution_options(readonly=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for queries, which all see the store at one moment; takes no write lock.

    Raises:
        StoreError: the database refused or is gone.
    """
    try:
        with Session(_for_reading(engine), expire_on_commit=False) as session:
            yield session
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be read: {_first_line(error)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that commits as one transaction, or not at all.

    On PostgreSQL, writers do not wait for each other as on SQLite: a row that is read in order to be changed is read
    with ``BY_ONE_WRITER``.

    Raises:
        StoreError: the database refused or is gone.
    """
    try:
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()
    except SQLAlchemyError as error:
        raise StoreError(f"the store refused a write: {_first_line(error)}") from error
