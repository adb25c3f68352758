"""A folder that a hostile agent filled goes away, and nothing else does."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rexlab.errors import SandboxError
from rexlab.workspace import clean_tree


@pytest.fixture
def fast_path() -> Iterator[Path]:
    """Memory if there is any: removing one folder takes milliseconds on some disks."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        yield Path(folder)


def test_ten_thousand_nested_folders_are_removed(fast_path: Path) -> None:
    top = fast_path / "top"
    top.mkdir()
    # In a child process: the way down is only reachable step by step.
    script = "import os\nfor i in range(10_000):\n    os.mkdir('d'); open('f', 'w').close(); os.chdir('d')\n"
    subprocess.run([sys.executable, "-c", script], cwd=top, check=True)
    clean_tree(top)
    assert list(fast_path.iterdir()) == []


def test_odd_names_and_locked_folders_are_removed(tmp_path: Path) -> None:
    top = tmp_path / "top"
    for name in (b"\xff\xfe", b"new\nline", b"-rf", b"0", b"1/0/1", b" ", b"a" * 255):
        folder = top / os.fsdecode(name)
        folder.mkdir(parents=True)
        (folder / "file").touch()
    os.mkfifo(top / "pipe")
    for locked in (top / "1" / "0", top / "1", top / "-rf", top):
        locked.chmod(0)
    clean_tree(top)
    assert list(tmp_path.iterdir()) == []


def test_links_are_removed_and_not_followed(tmp_path: Path) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("precious")
    keep.chmod(0o750)
    top = tmp_path / "top"
    (top / "deep").mkdir(parents=True)
    (top / "folder-link").symlink_to(keep)
    (top / "deep" / "file-link").symlink_to(keep / "file")
    os.link(keep / "file", top / "hard")
    clean_tree(top)
    (tmp_path / "top").symlink_to(keep)
    clean_tree(tmp_path / "top")
    assert not os.path.lexists(tmp_path / "top")
    assert (keep / "file").read_text() == "precious"
    assert keep.stat().st_mode & 0o777 == 0o750


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    clean_tree(tmp_path / "missing")
    clean_tree(tmp_path / "missing" / "below")


def test_what_the_system_refuses_to_remove_is_a_sandbox_error(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "file").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(SandboxError, match=r"top could not be removed \(Operation not permitted\); look for immutable"):
        clean_tree(tmp_path / "top")


def test_a_really_immutable_file_is_a_sandbox_error(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    locked = tmp_path / "top" / "file"
    locked.touch()
    if subprocess.run(["chattr", "+i", str(locked)], check=False, capture_output=True).returncode:
        pytest.skip("this user or file system cannot make files immutable")
    try:
        with pytest.raises(SandboxError, match="lsattr"):
            clean_tree(tmp_path / "top")
    finally:
        subprocess.run(["chattr", "-R", "-i", str(tmp_path / "top")], check=True)
    clean_tree(tmp_path / "top")
    assert not (tmp_path / "top").exists()
