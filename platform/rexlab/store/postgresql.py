"""PostgreSQL: few connections per process, none that hangs for ever, and a server that restarts is waited for."""

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, text

CONNECT_S = 4
"""So long an address that does not answer is tried."""
RETURN_S = 30.0
"""So long a server is waited for that was reached before: as long as a restart takes."""
_PAUSE_S = 0.25
_MIGRATION = 0x7265786C6162
"""The number of the lock that whoever migrates holds."""

_CONNECTION = {
    "application_name": "rexlab",
    "connect_timeout": str(CONNECT_S),
    # a server whose machine is gone without a word is noticed within a minute
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "50000",
    # a worker that is stopped half-way must not hold its locks for ever
    "options": "-c idle_in_transaction_session_timeout=60s",
}
_POOL = {
    "pool_pre_ping": True,  # a connection that a restart ended is replaced before it is used
    "pool_size": 2,  # a cluster has many processes, and each seldom needs more than one at a time
    "max_overflow": 8,
}


def with_driver(url: URL) -> URL:
    """A plain ``postgresql://`` by the driver that rexlab comes with."""
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def engine_options(url: URL) -> dict[str, Any]:
    """Arguments of ``create_engine``; what the URL's query says goes before."""
    return {"connect_args": {k: v for k, v in _CONNECTION.items() if k not in url.query}, **_POOL}


def tune(engine: Engine) -> None:
    """Wait for a server that was reached before, and store any text.

    Only a new connection is waited for. What breaks off inside a transaction is an error there: it was rolled back, or,
    if it was already being committed, nobody can tell.
    """
    import psycopg  # here, for a store in SQLite does not need it
    from psycopg.types.string import StrDumperUnknown

    reached = False

    class TextDumper(StrDumperUnknown):
        """PostgreSQL's texts hold every character but one, which agents may print as well."""

        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _record: object, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        nonlocal reached
        deadline = time.monotonic() + (RETURN_S if reached else 0.0)
        while True:
            try:
                connection = dialect.connect(*arguments, **keywords)
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE_S)
            else:
                reached = True
                connection.adapters.register_dumper(str, TextDumper)
                return connection


def lock_migrations(connection: Connection) -> None:
    """Let one process migrate at a time, until the transaction ends; a second one then finds nothing to do."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION})
