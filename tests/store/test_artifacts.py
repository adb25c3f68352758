"""Artifacts are written whole, read as they were, and damage is noticed."""

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from rexlab.errors import NotFoundError, StoreError
from rexlab.store.artifacts import Artifacts

TRIAL = "r1-abc-00001"


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(str(tmp_path / "artifacts"))


def files(tmp_path: Path) -> list[str]:
    root = tmp_path / "artifacts"
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


@pytest.mark.parametrize("data", [b"", b"diff --git\r\n\0\xff", bytes(range(256)) * 5000])
def test_bytes_come_back_as_they_were_saved(artifacts: Artifacts, tmp_path: Path, data: bytes) -> None:
    row = artifacts.save(TRIAL, 2, "patch", "patch.diff", data)
    assert (row.trial_id, row.kind, row.path) == (TRIAL, "patch", f"r1-abc/{TRIAL}/2-patch.diff")
    assert (row.size, row.sha256) == (len(data), sha256(data).hexdigest())
    assert artifacts.load(row) == data
    assert files(tmp_path) == [row.path]


def test_two_claims_of_one_trial_do_not_write_over_each_other(artifacts: Artifacts) -> None:
    first, second = (artifacts.save(TRIAL, epoch, "patch", "patch.diff", b"%d" % epoch) for epoch in (1, 2))
    assert (artifacts.load(first), artifacts.load(second)) == (b"1", b"2")


@pytest.mark.parametrize("damage", [b"", b"other", b"content\n"])
def test_damage_is_noticed(artifacts: Artifacts, tmp_path: Path, damage: bytes) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    (tmp_path / "artifacts" / row.path).write_bytes(damage)
    with pytest.raises(StoreError) as error:
        artifacts.load(row)
    assert str(error.value) == (f"trial {TRIAL}: the artifact {tmp_path}/artifacts/{row.path} is not what was saved")


def test_a_file_that_is_gone_is_told(artifacts: Artifacts, tmp_path: Path) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    (tmp_path / "artifacts" / row.path).unlink()
    with pytest.raises(NotFoundError, match=rf"^trial {TRIAL}: the artifact .*/1-patch\.diff is gone$"):
        artifacts.load(row)


def test_a_place_that_cannot_be_read_is_a_store_error(artifacts: Artifacts, tmp_path: Path) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    (tmp_path / "artifacts" / row.path).unlink()
    (tmp_path / "artifacts" / row.path).mkdir()
    with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot read artifact "):
        artifacts.load(row)


def test_a_place_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("a file where the folder belongs")
    with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot write artifact {tmp_path}/artifacts/"):
        Artifacts(str(tmp_path / "artifacts")).save(TRIAL, 1, "patch", "patch.diff", b"x")


def test_a_write_that_fails_half_way_leaves_no_file(
    artifacts: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(beside: str, place: str) -> None:
        assert Path(beside).read_bytes() == b"content"
        assert not Path(place).exists()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artifacts._fs, "mv", full)
    with pytest.raises(StoreError, match="No space left on device"):
        artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    assert files(tmp_path) == []


def test_a_reader_sees_a_whole_file_or_none(artifacts: Artifacts, tmp_path: Path) -> None:
    contents = [bytes([n]) * 300_000 for n in range(20)]
    rows = [artifacts.save(TRIAL, 1, "patch", "patch.diff", contents[0])]
    place, seen, stop = tmp_path / "artifacts" / rows[0].path, set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(place.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for data in contents:
        artifacts.save(TRIAL, 1, "patch", "patch.diff", data)
    stop.set()
    reader.join()
    assert seen
    assert seen <= set(contents)


def test_a_part_is_read_without_the_rest(artifacts: Artifacts) -> None:
    row = artifacts.save(TRIAL, 1, "agent_stdout", "agent-stdout.txt", bytes(range(256)) * 10_000)
    with artifacts.open(row) as file:
        file.seek(2_550_000)
        assert file.read(10) == bytes(range(240, 250))[-10:]
        assert file.seek(0, 2) == row.size


def test_a_file_that_cannot_be_opened_is_told(artifacts: Artifacts, tmp_path: Path) -> None:
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    (tmp_path / "artifacts" / row.path).unlink()
    with pytest.raises(NotFoundError, match=rf"^trial {TRIAL}: the artifact .*/1-patch\.diff is gone$"):
        artifacts.open(row)
    (tmp_path / "artifacts" / row.path).mkdir()
    with pytest.raises(StoreError, match=f"^trial {TRIAL}: cannot read artifact "):
        artifacts.open(row)


def test_any_file_system_of_fsspec_serves() -> None:
    artifacts = Artifacts("memory://rexlab-test/artifacts")
    row = artifacts.save(TRIAL, 1, "patch", "patch.diff", b"content")
    assert artifacts.load(row) == b"content"
    with artifacts.open(row) as file:
        file.seek(3)
        assert file.read() == b"tent"
    with pytest.raises(NotFoundError):
        artifacts.load(row.model_copy(update={"path": "elsewhere"}))
