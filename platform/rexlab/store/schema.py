"""What database the store is in, and at which revision of the schema."""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from rexlab.store.database import reading


@dataclass(frozen=True)
class Database:
    """An open store's database."""

    kind: str
    """``sqlite`` or ``postgresql``"""
    version: str
    """Of the server, or of the library."""
    schema: str
    """Revision of the tables, as the migrations number them."""


def describe_database(engine: Engine) -> Database:
    """Ask the database what it is.

    Raises:
        StoreError: the store cannot be read.
    """
    with reading(engine) as session:
        schema = session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    found = engine.dialect.server_version_info or ()  # known from the first connection on
    return Database(engine.dialect.name, ".".join(map(str, found)), str(schema))
