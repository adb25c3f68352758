"""The wheel alone is enough: installed in an empty environment, run in an empty folder."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--wheel", "--quiet", "--out-dir", out, ROOT], check=True, timeout=240)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_tasks_and_harnesses_but_no_caches(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert "rexlab/bundled/tasks/classic/deis/task.toml" in names
    assert "rexlab/bundled/harnesses/oracle/entry.py" in names
    assert "rexlab/store/migrations/versions/0001_first_tables.py" in names
    assert "rexlab/harness/prompts/masking.md.j2" in names
    assert "rexlab/bundled/webui/app.py" in names
    assert "rexlab/dashboard/sign_in.html.j2" in names
    assert not [n for n in names if "__pycache__" in n or n.endswith(".pyc")]


def test_an_installed_wheel_evaluates_a_bundled_task_in_an_empty_folder(wheel, tmp_path):
    venv, empty = tmp_path / "venv", tmp_path / "empty"
    empty.mkdir()
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True, timeout=60)
    subprocess.run(
        [uv, "pip", "install", "--quiet", "--python", venv / "bin" / "python", wheel], check=True, timeout=240
    )
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REXLAB_") and k != "VIRTUAL_ENV"}
    done = subprocess.run(
        [venv / "bin" / "rexlab", "run", "deis", "--harness", "oracle", "--limit", "1"],
        cwd=empty,
        env=clean,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "passed 1" in done.stdout
    assert sorted(p.name for p in empty.iterdir()) == [".rexlab"]
