"""Outputs are regular files below the folder, of bounded size, or they are a typed problem."""

import os
from pathlib import Path

import pytest

from rexlab.workspace import (
    OutputMissingError,
    OutputNotRegularError,
    OutputTooLargeError,
    as_glob,
    read_output,
    remove_matching,
)


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "out.json").write_bytes(b"{}")
    assert read_output(tmp_path, "results/out.json", 2) == b"{}"


def test_a_file_over_the_limit_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"123")
    with pytest.raises(OutputTooLargeError, match="3 bytes, the limit is 2"):
        read_output(tmp_path, "out", 2)


def test_a_sparse_terabyte_is_too_large_unread(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OutputTooLargeError):
        read_output(tmp_path, "out", 1000)


@pytest.mark.parametrize("path", ["out", "results/out"])
def test_a_file_that_is_not_there_is_missing(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputMissingError, match="was not written"):
        read_output(tmp_path, path, 10)


def test_links_folders_and_pipes_are_not_regular(tmp_path: Path) -> None:
    root, secret = tmp_path / "root", tmp_path / "secret"
    root.mkdir()
    secret.mkdir()
    (secret / "out").write_text("host secret")
    (root / "link").symlink_to(secret / "out")
    (root / "results").symlink_to(secret)
    (root / "loop").symlink_to("loop")
    (root / "folder").mkdir()
    (root / "file").touch()
    os.mkfifo(root / "pipe")
    for path in ("link", "results/out", "loop", "folder", "pipe", "file/out", "../secret/out", "/etc/passwd", ""):
        with pytest.raises(OutputNotRegularError):
            read_output(root, path, 100)


def test_a_device_is_not_regular() -> None:
    with pytest.raises(OutputNotRegularError):
        read_output(Path("/dev"), "zero", 100)


def test_matching_files_and_folders_are_removed_and_others_stay(tmp_path: Path) -> None:
    for name in ("results/a.json", "results/b.csv", "results/deep/c.json", "other/results/a.json", "logs/x/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert remove_matching(tmp_path, ["results/*.json", "logs", "**/c.json"]) == (
        "logs",
        "results/a.json",
        "results/deep/c.json",
    )
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == ["other/results/a.json", "results/b.csv"]


def test_removing_does_not_follow_links(tmp_path: Path) -> None:
    root, host = tmp_path / "root", tmp_path / "host"
    root.mkdir()
    host.mkdir()
    (host / "a.json").touch()
    (root / "results").symlink_to(host)
    (root / "b.json").symlink_to(host / "a.json")
    (root / "c.json").mkdir()
    (root / "c.json" / "inside").symlink_to(host)
    assert remove_matching(root, ["results/*.json", "*.json"]) == ("b.json", "c.json")
    assert (host / "a.json").exists()


def test_no_globs_remove_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert remove_matching(tmp_path, []) == ()
    assert (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["a[1].json", "b*.json", "!c.json", "#d.json", "e?.json", "f g.json", "h\\i.json"])
def test_a_path_as_a_glob_matches_itself_alone(tmp_path: Path, name: str) -> None:
    for file in (name, "a1.json", "bb.json", "c.json", "ee.json", "hi.json"):
        (tmp_path / file).write_text("x")
    assert remove_matching(tmp_path, [as_glob(name)]) == (name,)
