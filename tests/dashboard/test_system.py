"""Workers, queue, versions, disk, findings."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.support.stored import change, finish, plan_run, start

from rexlab import __version__
from rexlab.dashboard.system import Waiting, queue_of, versions_of, workers_of
from rexlab.dashboard.system_disk import Size, places_of, size_of
from rexlab.dashboard.system_machine import Finding, is_usable, look_at_artifacts, look_at_store
from rexlab.settings import Settings
from rexlab.store.database import open_engine
from rexlab.store.models import Outcome

FOREVER = float("inf")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    yield opened
    opened.dispose()


def test_trials_of_one_process_make_one_worker(engine: Engine) -> None:
    first, second, third, _ = plan_run(engine, "r1")
    other, *_ = plan_run(engine, "r2")
    for trial in (first, second, other):
        start(engine, trial)
    finish(engine, third)
    change(engine, first, started_at=10.0, lease_expires=130.0)
    change(engine, second, started_at=20.0, lease_expires=125.0)
    change(engine, other, started_at=30.0, lease_expires=140.0, lease_owner="elsewhere|77|5.00")
    mine, theirs = workers_of(engine, now=100.0)
    assert (mine.host, mine.state) == (socket.gethostname(), "at work")
    assert (mine.trials, mine.runs) == ((first, second), ("r1",))
    assert (mine.since, mine.lease_left_s) == (10.0, pytest.approx(25.0))
    assert (theirs.host, theirs.process, theirs.runs) == ("elsewhere", "77", ("r2",))


def test_workers_that_are_gone_are_told_apart(engine: Engine) -> None:
    gone, silent, odd, _ = plan_run(engine)
    for trial in (gone, silent, odd):
        start(engine, trial)
    change(engine, gone, started_at=1.0, lease_owner=f"{socket.gethostname()}|999999999|5.00")
    change(engine, silent, started_at=2.0, lease_owner="elsewhere|77|5.00", lease_expires=90.0)
    change(engine, odd, started_at=3.0, lease_owner="not-an-owner")
    states = [(worker.host, worker.state) for worker in workers_of(engine, now=100.0)]
    assert states == [(socket.gethostname(), "dead"), ("elsewhere", "silent"), ("not-an-owner", "at work")]


def test_nobody_works_on_a_finished_store(engine: Engine) -> None:
    for trial in plan_run(engine):
        finish(engine, trial, Outcome.NO_PATCH)
    assert workers_of(engine) == []
    assert queue_of(engine) == []


def test_the_queue_is_told_run_by_run(engine: Engine) -> None:
    plan_run(engine, "r1", 3, name="old", created_at=1.0)
    first, *_ = plan_run(engine, "r2", 2, name="new", created_at=2.0)
    start(engine, first)
    assert queue_of(engine) == [Waiting("r2", "new", 1, 1), Waiting("r1", "old", 3, 0)]


def test_versions_name_everything_and_no_password(engine: Engine, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, database_url="postgresql://me:hush@db/rexlab", artifacts_url="s3://KEY:hush@bucket/x"
    )
    found = dict(versions_of(settings, engine))
    assert (found["rexlab"], found["Store"]) == (__version__, "postgresql://me:***@db/rexlab")
    assert found["Database"].startswith("sqlite 3.")
    assert found["Schema"].isdigit()
    assert found["Bundle aider"] == "not built"
    assert "hush" not in str(found)


def test_sizes_are_those_of_all_files_without_what_links_point_to(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    (folder / "one").write_bytes(b"x" * 1000)
    (folder / "deep" / "two").write_bytes(b"x" * 234)
    (tmp_path / "outside").write_bytes(b"x" * 10**6)
    (folder / "deep" / "link").symlink_to(tmp_path)
    found = size_of(folder, FOREVER)
    assert (found.whole, 1234 <= found.bytes < 1500) == (True, True)
    assert size_of(folder / "one", FOREVER) == Size(1000, True)
    assert size_of(tmp_path / "nothing", FOREVER) == Size(0, True)


def test_counting_stops_when_its_time_is_over(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / str(number)).write_bytes(b"x")
    cut = size_of(tmp_path, time.monotonic())
    assert not cut.whole
    assert 0 < cut.bytes < 600


def test_every_folder_is_told_with_what_it_takes(tmp_path: Path) -> None:
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "patch").write_bytes(b"x" * 5000)
    (tmp_path / "rexlab.db").write_bytes(b"x" * 100)
    (tmp_path / "rexlab.db-wal").write_bytes(b"x" * 11)
    found = {place.title: place for place in places_of(Settings(home=tmp_path), seconds=60.0)}
    assert list(found) == ["Store", "Artifacts", "Environments", "Bundles", "Background jobs", "Work"]
    assert found["Store"].size == Size(111, True)
    assert found["Artifacts"].size == Size(5000, True)
    assert (found["Bundles"].size, found["Bundles"].free) == (None, None)
    assert (found["Store"].free or 0) > 0


def test_what_is_elsewhere_is_named_without_its_password_and_not_measured(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://me:hush@db/x", artifacts_url="s3://K:hush@b/x")
    store, artifacts, *_ = places_of(settings, seconds=1.0)
    assert (store.path, store.size, store.free) == ("postgresql://me:***@db/x", None, None)
    assert (artifacts.path, artifacts.size) == ("s3://K:***@b/x", None)


def test_looking_at_a_store_that_is_not_there_makes_none(tmp_path: Path) -> None:
    file = tmp_path / "no" / "rexlab.db"
    found = look_at_store(f"sqlite:///{file}")
    assert (found.state, "not made yet" in found.detail) == ("ok", True)
    assert not file.parent.exists()


def test_looking_at_a_store_counts_its_runs(engine: Engine) -> None:
    plan_run(engine, "r1")
    plan_run(engine, "r2")
    assert look_at_store(engine.url.render_as_string()).detail.endswith(": 2 runs")
    assert look_at_store("nonsense://x").state == "problem"


def test_looking_at_artifacts_tells_what_is_there_and_makes_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    found = look_at_artifacts(str(folder))
    assert (found.state, found.detail) == ("ok", f"{folder} (not made yet)")
    assert not folder.exists()
    folder.mkdir()
    assert look_at_artifacts(str(folder)) == Finding("artifacts", "ok", str(folder))
    (tmp_path / "file").write_text("a file where the folder belongs")
    found = look_at_artifacts(str(tmp_path / "file"))
    assert found.state == "problem"
    assert found.detail.startswith(f"artifacts cannot be kept in {tmp_path}/file: ")
    assert look_at_artifacts("nosuch://x").state == "problem"


def test_one_sandbox_and_no_problem_make_a_machine_usable() -> None:
    works = Finding("sandbox process", "ok", "")
    lacks = Finding("sandbox docker", "missing", "")
    assert is_usable([works, lacks])
    assert not is_usable([lacks])
    assert not is_usable([works, Finding("git", "problem", "")])
    assert not is_usable([Finding("git", "ok", "")])
