"""Open the store: engine, schema migration, sessions."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlmodel import Session, create_engine

from rexlab.errors import InputError, StoreError

MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_S = 60.0
"""How long a writer waits for the others."""


def open_engine(url: str) -> Engine:
    """An engine whose schema is the newest; migrates an older one.

    Raises:
        InputError: the URL is not one.
        StoreError: the database is unreachable, or its schema is newer than this version of rexlab.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise InputError(f"the database URL {url!r} cannot be used: {error}") from error
    shown = parsed.render_as_string()  # without the password
    try:
        sqlite = parsed.get_backend_name() == "sqlite"
        if sqlite and parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": _BUSY_S} if sqlite else {}, pool_pre_ping=not sqlite)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise InputError(f"the database URL {shown!r} cannot be used: {error}") from error
    except OSError as error:
        raise StoreError(f"cannot create the folder of {shown}: {error}") from error
    if sqlite:
        _tune_sqlite(engine)
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        raise StoreError(f"cannot open the store {shown}: {_first_line(error)}") from error
    return engine


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


def _migrate(engine: Engine) -> None:
    head = _head_revision()
    with engine.connect().execution_options(readonly=True) as connection:
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
            f"the store {engine.url.render_as_string()} has schema {current}, newer than this rexlab knows ({head}); "
            "upgrade rexlab, or name another store with REXLAB_DATABASE_URL"
        )
    with engine.begin() as connection:
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
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(origin).splitlines()[0] if str(origin) else type(error).__name__


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for queries; takes no write lock.

    Raises:
        StoreError: the database refused or is gone.
    """
    try:
        with Session(engine.execution_options(readonly=True), expire_on_commit=False) as session:
            yield session
    except SQLAlchemyError as error:
        raise StoreError(f"the store cannot be read: {_first_line(error)}") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that commits as one transaction, or not at all.

    Raises:
        StoreError: the database refused or is gone.
    """
    try:
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()
    except SQLAlchemyError as error:
        raise StoreError(f"the store refused a write: {_first_line(error)}") from error
