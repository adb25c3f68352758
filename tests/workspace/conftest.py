"""A small codebase, its base, and a workspace of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rexlab.workspace import Base, checkout, make_base

FILES = {
    "README.md": b"# Code\n",
    "run.py": b"import lib.model\nprint(lib.model.f(1))\n",
    "lib/__init__.py": b"",
    "lib/model.py": b"".join(b"line %d\n" % number for number in range(40)),
    "lib/metrics.py": b"def score():\n    return 1\n",
    "experiments/main.py": b"print('reference')\n",
    "data/table.csv": b"a,b\r\n1,2\r\n",
    "data/blob.bin": bytes(range(256)) * 8,
}


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def base(tmp_path: Path) -> Base:
    write(tmp_path / "tree", FILES)
    (tmp_path / "tree" / "run.py").chmod(0o755)
    return make_base(tmp_path / "tree", tmp_path / "base")


@pytest.fixture
def workspace(base: Base, tmp_path: Path) -> Path:
    checkout(base, tmp_path / "workspace")
    return tmp_path / "workspace"


@pytest.fixture
def edit(workspace: Path) -> Callable[[dict[str, bytes]], None]:
    return lambda files: write(workspace, files)
