"""Opening a store: migrations, refusals in clear words, and what reading and writing promise."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Engine, inspect, text
from sqlmodel import SQLModel

from rexlab.errors import InputError, NotFoundError, StoreError
from rexlab.store.database import BY_ONE_WRITER, _head_revision, alembic_config, open_engine, reading, writing
from rexlab.store.models import EventRow, RunRow, TrialRow
from rexlab.store.urls import without_secrets


def test_the_migrations_make_exactly_the_tables_of_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        opts = {"compare_type": True, "compare_server_default": _differs}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, SQLModel.metadata) == []
    found = inspect(engine)
    for table in SQLModel.metadata.sorted_tables:
        columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
        assert columns == {c.name: c.nullable for c in table.columns}
        foreign = {k["name"] for k in found.get_foreign_keys(table.name)}
        assert foreign == {k.name for k in table.foreign_key_constraints}


def _differs(
    context: MigrationContext, _: object, column: Column[Any], found: str | None, _default: object, wanted: str | None
) -> bool | None:
    """Whether the defaults differ; None: let Alembic see. PostgreSQL compares none of JSON."""
    if context.dialect.name == "sqlite" or not isinstance(column.type, JSON):
        return None
    return (found and found.removesuffix("::json").strip("'")) != (wanted and wanted.strip("'"))


def test_the_migrations_form_one_line_and_the_head_is_found_without_alembic() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [_head_revision()]
    assert len(script.get_bases()) == 1


def test_a_downgrade_leaves_no_table(engine: Engine) -> None:
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_every_migration_can_be_undone_and_done_again(engine: Engine) -> None:
    config = alembic_config()
    script = ScriptDirectory.from_config(config)
    for step in list(script.walk_revisions())[:-1]:
        for go, to in ((command.downgrade, "-1"), (command.upgrade, step.revision), (command.downgrade, "-1")):
            with engine.begin() as connection:
                config.attributes["connection"] = connection
                go(config, to)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    test_the_migrations_make_exactly_the_tables_of_the_models(engine)


def test_a_store_is_opened_again_as_it_was_left(engine: Engine, url: str, plan: Callable[..., list[str]]) -> None:
    ids = plan(3)
    again = open_engine(url)
    with reading(again) as session:
        assert [session.get(TrialRow, i) is not None for i in ids] == [True] * 3
    again.dispose()


def test_a_store_of_a_newer_version_is_refused_and_left_alone(engine: Engine, url: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as error:
        open_engine(url)
    assert str(error.value) == (
        f"the store {without_secrets(url)} has schema 9999, newer than this rexlab knows ({_head_revision()}); "
        "upgrade rexlab, or name another store with REXLAB_DATABASE_URL"
    )
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


@pytest.mark.parametrize("url", ["", "nonsense", "nosuch://host/db", "sqlite:/x", "postgresql+nodriver://host/db"])
def test_a_url_that_is_none_is_bad_input(url: str) -> None:
    with pytest.raises(InputError, match=r"^the database URL .* cannot be used: "):
        open_engine(url)


def test_a_missing_driver_is_told_without_the_password() -> None:
    with pytest.raises(InputError) as error:
        open_engine("postgresql+nodriver://me:secret@host/db")
    assert "secret" not in str(error.value)
    assert "me:***@host/db" in str(error.value)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    url = f"sqlite:///{tmp_path}/file/store/rexlab.db"
    with pytest.raises(StoreError) as error:
        open_engine(url)
    assert str(error.value).startswith(f"cannot create the folder of {url}: ")


def test_a_place_that_is_no_database_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=rf"^cannot open the store sqlite:///{tmp_path}: unable to open database file$"
    ):
        open_engine(f"sqlite:///{tmp_path}")
    (tmp_path / "text.db").write_text("This is not a database. " * 100)
    with pytest.raises(StoreError, match=r"^cannot open the store .*text\.db: file is not a database$"):
        open_engine(f"sqlite:///{tmp_path}/text.db")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE run (speed INTEGER)")
    with pytest.raises(StoreError, match="table run already exists"):
        open_engine(f"sqlite:///{tmp_path}/other.db")
    with sqlite3.connect(tmp_path / "other.db") as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("run",)]


OPEN = """
rexlab.store.database.open_engine(arguments[0]).dispose()
print("opened")
"""


def test_many_processes_may_open_a_new_store_at_the_same_moment(
    new_url: str, in_processes: Callable[..., list[str]]
) -> None:
    assert in_processes(8, OPEN, new_url) == ["opened"] * 8


def test_many_threads_may_open_a_new_store_at_the_same_moment(new_url: str) -> None:
    errors: list[BaseException] = []
    gate = threading.Barrier(8)

    def open_it() -> None:
        gate.wait()
        try:
            open_engine(new_url).dispose()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_write_that_fails_half_way_leaves_nothing(engine: Engine, plan: Callable[..., list[str]]) -> None:
    (trial, *_) = plan(1)

    def write(then: Exception | None) -> None:
        with writing(engine) as session:
            session.add(EventRow(trial_id=trial, at=0, kind="first"))
            session.flush()
            if then:
                raise then

    with pytest.raises(NotFoundError, match="mine"):
        write(NotFoundError("mine"))
    with reading(engine) as session:
        assert session.connection().execute(text("SELECT count(*) FROM event")).scalar() == 0
    write(None)
    with reading(engine) as session:
        assert session.connection().execute(text("SELECT count(*) FROM event")).scalar() == 1


def test_a_row_that_points_nowhere_is_refused(engine: Engine, refused: Callable[[str], str]) -> None:
    with (
        pytest.raises(StoreError, match=rf"^the store refused a write: .*{refused('FOREIGN KEY')}.*$"),
        writing(engine) as s,
    ):
        s.add(EventRow(trial_id="none", at=0, kind="x"))


def test_reading_does_not_wait_for_a_writer_and_does_not_see_what_is_not_committed(
    engine: Engine, plan: Callable[..., list[str]]
) -> None:
    plan(1)
    with writing(engine) as writer:
        row = writer.get(RunRow, "r1")
        assert row is not None
        row.name = "changed"
        writer.add(row)
        writer.flush()
        with reading(engine) as reader:
            seen = reader.get(RunRow, "r1")
            assert seen is not None
            assert seen.name == "classic"


def test_writers_wait_for_each_other_and_lose_no_update(engine: Engine, plan: Callable[..., list[str]]) -> None:
    (trial, *_) = plan(1)

    def add() -> None:
        for _ in range(20):
            with writing(engine) as session:
                row = session.get(TrialRow, trial, with_for_update=BY_ONE_WRITER)
                assert row is not None
                row.seed += 1
                session.add(row)

    threads = [threading.Thread(target=add) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as session:
        row = session.get(TrialRow, trial)
        assert row is not None
        assert row.seed == 1 + 100


def test_a_store_that_went_away_is_a_store_error_to_readers_too(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE metric"))
    with (
        pytest.raises(
            StoreError, match=r'^the store cannot be read: (no such table: metric|relation "metric" does not exist)$'
        ),
        reading(engine) as session,
    ):
        session.connection().execute(text("SELECT * FROM metric"))
