"""Root runs the contract again as an ordinary user, for whom the backends go other ways: user namespaces, polling."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.require import lacking, require

import rexlab

USER = 61_000
"""An id with no name and no files."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder every user may enter, with copies of the platform and of these tests."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-user-"))
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(rexlab.__file__).parent, folder / "platform/rexlab", ignore=skipped)
    shutil.copytree(ROOT / "tests/sandbox", folder / "tests/sandbox", ignore=skipped)
    (folder / "tests/support").mkdir()
    for name in ("tests/__init__.py", "tests/support/__init__.py", "tests/support/require.py"):
        shutil.copy(ROOT / name, folder / name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (folder / "tmp").mkdir()
    (folder / "tmp").chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


def reachable_python() -> str:
    """An interpreter of our version that every user can run."""
    own = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    system = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    if all(folder.stat().st_mode & 1 for folder in own.parents):
        return str(own)
    if not system.exists():
        why = f"{own} is closed to other users, and there is no {system}"
        lacking("an ordinary user's Python", why, f"install {system.name} from the distribution")
    return str(system)


@pytest.mark.parametrize("variant", ["bubblewrap", "process", "process-open"])
def test_the_contract_holds_for_an_ordinary_user(public: Path, variant: str) -> None:
    if os.getuid() != 0:
        pytest.skip("this is an ordinary user already")
    if variant == "bubblewrap":
        require("bubblewrap")
    packages = public / "packages"
    packages.mkdir()
    for name in ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments"):
        file = Path(__import__(name).__file__ or "")
        if file.name == "__init__.py":
            shutil.copytree(file.parent, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(file, packages)
    for path in packages.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = subprocess.run(
        [
            *("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", reachable_python(), "-m", "pytest"),
            *("-q", "-p", "no:cacheprovider", "--import-mode=importlib"),
            *(str(file.relative_to(public)) for file in sorted(public.glob("tests/sandbox/test_contract*.py"))),
        ],
        cwd=public,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(public / "tmp"),
            "TMPDIR": str(public / "tmp"),
            "PYTHONPATH": f"{public}:{public / 'platform'}:{packages}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "REXLAB_REQUIRE": "bubblewrap" if variant == "bubblewrap" else "",
            "REXLAB_TEST_SANDBOXES": variant,
            "LANG": "C.UTF-8",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "passed" in done.stdout
