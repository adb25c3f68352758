"""Task environments: really installed with uv, once, whole or not at all."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rexlab import environment
from rexlab.environment import Environment, build_environment
from rexlab.errors import EnvironmentBuildError
from rexlab.sandbox.base import Interpreter

SIX = ["six==1.16.0"]
HERE = Interpreter(sys.executable, f"{sys.version_info.major}.{sys.version_info.minor}")


def names(root: Path) -> list[str]:
    """What stands in the folder of environments, without the locks."""
    return sorted(p.name for p in root.iterdir() if p.suffix != ".lock")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lab") / "envs"


@pytest.fixture(scope="module")
def six(root: Path) -> Environment:
    return build_environment(SIX, HERE, root)


def test_requirements_are_installed_and_described(six: Environment, root: Path) -> None:
    assert six.packages == {"six": "1.16.0"}
    assert six.modules == {"six"}
    assert six.folder == root / six.digest[:16]
    assert six.folder.stat().st_mode & 0o777 == 0o755
    lock = (six.folder / "requirements.lock").read_text()
    assert lock.startswith("six==1.16.0")
    assert "--hash=sha256:" in lock


def test_its_python_imports_what_was_installed_and_nothing_of_ours(six: Environment) -> None:
    code = "import importlib.util, six; print(six.__version__, six.__file__, importlib.util.find_spec('pydantic'))"
    for name in ("python", "python3"):
        done = subprocess.run(
            [six.folder / "bin" / name, "-c", code], capture_output=True, text=True, check=True, env={}, cwd="/"
        )
        version, file, ours = done.stdout.split()
        assert (version, ours) == ("1.16.0", "None")
        assert Path(file).is_relative_to(six.folder)


def test_modules_come_compiled_for_a_read_only_mount(six: Environment) -> None:
    assert list(six.folder.rglob("site-packages/__pycache__/six.*.pyc"))


def test_an_environment_is_built_once(six: Environment, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("built again")

    monkeypatch.setattr(environment, "_install", refuse)
    assert build_environment(SIX, HERE, root) == six


def test_the_digest_depends_on_requirements_and_interpreter_and_not_on_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_uv", lambda *arguments: None)

    def digest(requirements: list[str], interpreter: Interpreter = HERE) -> str:
        return build_environment(requirements, interpreter, tmp_path).digest

    assert digest(["a==1", "b==2"]) == digest(["b==2", "a==1"])
    others = [
        digest([]),
        digest(["a==1"]),
        digest(["a==1", "b==3"]),
        digest(["a==1", "b==2"], Interpreter("/usr/bin/python3", HERE.version)),
        digest(["a==1", "b==2"], Interpreter(HERE.executable, "3.12")),
    ]
    assert len({digest(["a==1", "b==2"]), *others}) == 6


def test_no_requirements_make_an_empty_environment_without_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_uv", None)
    built = build_environment([], HERE, tmp_path)
    assert (built.packages, built.modules) == ({}, frozenset())
    assert (built.folder / "bin" / "python").readlink() == Path(sys.executable)


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("six==0.0.0.1", "six==0.0.0.1"),
        ("six=1.16.0", "six=1.16.0"),
        ("six @ file:///nowhere/six.whl", "/nowhere/six.whl"),
    ],
)
def test_a_requirement_that_cannot_be_met_is_told_in_uvs_words_and_leaves_nothing(
    tmp_path: Path, requirement: str, words: str
) -> None:
    with pytest.raises(EnvironmentBuildError) as error:
        build_environment([requirement], HERE, tmp_path / "envs")
    said = str(error.value)
    assert said.startswith("uv compile could not provide the task's requirements:\n")
    assert words in said
    assert len(said.splitlines()) <= 6
    assert names(tmp_path / "envs") == []


def test_a_uv_that_does_not_end_is_ended_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "_INSTALL_TIMEOUT_S", 0.001)
    with pytest.raises(EnvironmentBuildError, match=r"^uv compile did not end within 0\.001 s$"):
        build_environment(SIX, HERE, tmp_path / "envs")
    assert names(tmp_path / "envs") == []


def test_threads_that_need_one_environment_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Path] = []
    install = environment._install

    def slow(requirements: list[str], interpreter: Interpreter, folder: Path) -> None:
        built.append(folder)
        time.sleep(0.2)
        install(requirements, interpreter, folder)

    monkeypatch.setattr(environment, "_install", slow)
    with ThreadPoolExecutor(5) as pool:
        environments = list(pool.map(lambda _: build_environment(SIX, HERE, tmp_path), range(5)))
    assert len(built) == 1
    assert environments == [environments[0]] * 5
    assert names(tmp_path) == [environments[0].digest[:16]]


BUILD = """
import sys
from pathlib import Path
from rexlab.environment import build_environment
from rexlab.sandbox.base import Interpreter
built = build_environment(["six==1.16.0"], Interpreter(sys.executable, sys.argv[2]), Path(sys.argv[1]))
print(built.folder, built.packages["six"])
"""


def start_build(root: Path, **env: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", BUILD, str(root), HERE.version],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
        start_new_session=True,
    )


def test_processes_that_need_one_environment_share_it(six: Environment, tmp_path: Path) -> None:
    builds = [start_build(tmp_path) for _ in range(3)]
    printed = {b.communicate(timeout=60)[0] for b in builds}
    assert printed == {f"{tmp_path / six.digest[:16]} 1.16.0\n"}
    assert names(tmp_path) == [six.digest[:16]]


def test_a_killed_build_leaves_nothing_that_is_taken_for_an_environment_and_the_next_one_clears_up(
    six: Environment, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that never answers: the build hangs in uv
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        build = start_build(tmp_path, UV_DEFAULT_INDEX=index, UV_INDEX_URL=index, UV_NO_CACHE="1", UV_NO_CONFIG="1")
        silent.settimeout(30)
        silent.accept()[0].close()
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()
    (left,) = names(tmp_path)
    assert left.startswith(f"{six.digest[:16]}-")
    assert build_environment(SIX, HERE, tmp_path).packages == {"six": "1.16.0"}
    assert names(tmp_path) == [six.digest[:16]]
