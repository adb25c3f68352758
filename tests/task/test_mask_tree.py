"""Copying a codebase with functions masked."""

import os
from pathlib import Path

import pytest

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.manifest import FunctionSection
from rexlab.task.masking import mask_source, mask_tree

DESCRIPTION = "Sums the values and returns the total."


def section(path: str, qualname: str, description: str = DESCRIPTION) -> FunctionSection:
    return FunctionSection(path=path, qualname=qualname, description=description)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    files = {
        "pkg/a.py": b"def f():\n    return 1\n\ndef g():\n    return 2\n",
        "pkg/b.py": b"def f():\n    return 3\n",
        "run.sh": b"#!/bin/sh\n",
        "data/x.bin": bytes(range(256)),
        "pkg/build/__init__.py": b"x = 1\n",
        "build/lib/pkg/a.py": b"def f():\n    return 1\n",
        "pkg/__pycache__/a.cpython-311.pyc": b"",
        "a.egg-info/PKG-INFO": b"",
        ".git/HEAD": b"",
        "pkg/.ipynb_checkpoints/a-checkpoint.py": b"",
        "node_modules/x.js": b"",
    }
    root = tmp_path / "code"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "run.sh").chmod(0o755)
    (root / "link.py").symlink_to("pkg/a.py")
    (root / "empty").mkdir()
    (root / "pkg").chmod(0o750)
    return root


def listing(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if not p.is_dir() or not any(p.iterdir()))


def test_a_tree_is_copied_with_its_masked_files_and_without_caches(code: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    mask_tree(code, out, [section("pkg/a.py", "f"), section("pkg/a.py", "g"), section("pkg/b.py", "f")])
    assert listing(out) == ["data/x.bin", "empty", "link.py", "pkg/a.py", "pkg/b.py", "pkg/build/__init__.py", "run.sh"]
    assert (out / "pkg/a.py").read_bytes() == mask_source(
        (code / "pkg/a.py").read_bytes(), "pkg/a.py", dict.fromkeys("fg", DESCRIPTION)
    )
    assert (out / "data/x.bin").read_bytes() == bytes(range(256))
    assert (out / "link.py").readlink() == Path("pkg/a.py")
    assert (out / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (out / "pkg").stat().st_mode & 0o777 == 0o750
    assert (code / "pkg/a.py").read_bytes().startswith(b"def f():\n    return 1")


def test_nothing_to_mask_gives_a_copy(code: Path, tmp_path: Path) -> None:
    mask_tree(code, tmp_path / "out", [])
    assert (tmp_path / "out/pkg/a.py").read_bytes() == (code / "pkg/a.py").read_bytes()


@pytest.mark.parametrize("target", ["../secret", "/etc/hostname", "pkg/../../secret", "nowhere/../../../x"])
def test_a_link_out_of_the_tree_is_an_error(code: Path, tmp_path: Path, target: str) -> None:
    (code / "bad").symlink_to(target)
    with pytest.raises(MaskingError, match="is a link to"):
        mask_tree(code, tmp_path / "out", [])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["code"]


@pytest.mark.parametrize(
    ("path", "qualname", "error"),
    [
        ("pkg/a.py", "h", "has no function 'h'"),
        ("pkg/c.py", "f", "cannot be read"),
        ("link.py", "f", "not a file that is copied"),
        ("build/lib/pkg/a.py", "f", "not a file that is copied"),
    ],
)
def test_nothing_is_written_when_a_function_cannot_be_masked(
    code: Path, tmp_path: Path, path: str, qualname: str, error: str
) -> None:
    with pytest.raises((FunctionNotFoundError, MaskingError), match=error):
        mask_tree(code, tmp_path / "out", [section(path, qualname)])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["code"]


def test_a_folder_with_something_in_it_is_not_overwritten(code: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mask_tree(code, out, [])
    with pytest.raises(MaskingError, match="exists already"):
        mask_tree(code, out, [])
    with pytest.raises(MaskingError, match="lies inside"):
        mask_tree(code, code / "out", [])


def test_a_pipe_in_the_tree_is_an_error(code: Path, tmp_path: Path) -> None:
    os.mkfifo(code / "pipe")
    with pytest.raises(MaskingError, match="neither a file"):
        mask_tree(code, tmp_path / "out", [])
