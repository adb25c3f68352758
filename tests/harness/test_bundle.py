"""Harness bundles: built once, whole or not at all, and running on nothing but themselves."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.require import demanded, lacking

from rexlab.errors import EnvironmentBuildError, InputError, ManifestError
from rexlab.harness.bundle import PYTHON, Bundle, build_bundle, find_bundle
from rexlab.harness.bundle_packages import install_packages
from rexlab.harness.bundle_python import INSIDE
from rexlab.harness.manifest import Harness, load_harness
from rexlab.sandbox import ExecResult, Mount, SandboxBackend, SandboxSpec

LOCK = """tabulate==0.9.0 \\
    --hash=sha256:0095b12bf5966de529c0feb1fa08671671b3368eec77d7ef7ab114be2c068b3c \\
    --hash=sha256:024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f
"""
BUILD = (
    "import sys; from pathlib import Path\n"
    "from rexlab.harness.manifest import load_harness; from rexlab.harness.bundle import build_bundle\n"
    "print(build_bundle(load_harness(Path(sys.argv[1])), Path(sys.argv[2]), lambda s: print(s, flush=True)).folder)\n"
)


def make_harness(folder: Path, *, bundle: str = 'python = "3.13"\ndebian = ["tmux"]', lock: str = LOCK) -> Harness:
    place = folder / "small"
    place.mkdir(parents=True)
    (place / "harness.toml").write_text(
        'schema = 1\n[harness]\nname = "small"\ntitle = "Small"\nsummary = "s"\nversion = "1"\nruns_model = true\n'
        '[run]\ncommand = ["true"]\n' + (f"[bundle]\n{bundle}\n" if bundle else "")
    )
    (place / "requirements.lock").write_text(lock)
    return load_harness(place)


def start_build(harness: Harness, root: Path) -> "subprocess.Popen[str]":
    """In a process of its own, and with Debian's Python, whether or not uv could download one."""
    line = [sys.executable, "-c", BUILD, str(harness.folder), str(root)]
    environment = {**os.environ, "UV_PYTHON_INSTALL_MIRROR": "file:///nowhere"}
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


@dataclass(frozen=True)
class Built:
    """A bundle, and what was seen on the way to it."""

    harness: Harness
    root: Path
    bundle: Bundle
    found_after_kill: Bundle | None
    said: tuple[str, str]
    """By two processes that built it at the same time."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """One build is killed in its middle; then two processes build at once."""
    if shutil.which("apt-get") is None and "agents" not in demanded():
        lacking("agents", "apt-get is missing, with which bundles are built", "use Debian, or let uv download Python")
    folder = tmp_path_factory.mktemp("bundles")
    harness, root = make_harness(folder), folder / "root"
    with start_build(harness, root) as killed:
        assert killed.stdout is not None
        for line in killed.stdout:
            if line == "Python packages\n":
                killed.send_signal(signal.SIGKILL)
                break
        killed.stdout.read()
    assert any(p.is_dir() for p in root.iterdir()), "the build was to be killed in its middle"
    found = find_bundle(harness, root)
    builds = [start_build(harness, root) for _ in range(2)]
    said = [build.communicate(timeout=280)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0], said
    bundle = find_bundle(harness, root)
    assert bundle is not None
    yield Built(harness, root, bundle, found, (said[0], said[1]))
    shutil.rmtree(folder)


Inside = Callable[..., ExecResult]


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ("bubblewrap", "docker")])
def inside(
    request: pytest.FixtureRequest, require: Callable[[str], SandboxBackend], tmp_path: Path, built: Built
) -> Inside:
    """Run a program in a sandbox that sees the bundle."""
    backend = require(request.param)

    def run(*command: str) -> ExecResult:
        (tmp_path / "workspace").mkdir(exist_ok=True)
        mounts = (Mount(tmp_path / "workspace", "/workspace", writable=True), built.bundle.mount)
        with backend.create(SandboxSpec(name="bundle", mounts=mounts)) as sandbox:
            return sandbox.exec(command, timeout_s=120)

    return run


def test_a_killed_build_leaves_nothing_that_is_taken_for_a_bundle(built: Built) -> None:
    assert built.found_after_kill is None
    assert sorted(p.name for p in built.root.iterdir()) == [
        built.bundle.folder.name,
        f"{built.bundle.folder.name}.lock",
    ]


def test_of_two_builders_one_builds_and_the_other_waits(built: Built) -> None:
    assert sorted("compiling\n" in said for said in built.said) == [False, True]
    assert sum("waiting for another process" in said for said in built.said) == 1
    assert all(said.endswith(f"{built.bundle.folder}\n") for said in built.said)


def test_its_python_runs_on_its_own_libraries_alone(inside: Inside) -> None:
    code = (
        "import bz2, ctypes, curses, decimal, hashlib, json, lzma, readline, sqlite3, ssl, sys, uuid, zlib, tabulate\n"
        "maps = {line.split()[-1] for line in open('/proc/self/maps') if '.so' in line}\n"
        "print(json.dumps([sys.executable, sys.prefix, tabulate.__file__, sorted(maps)]))"
    )
    done = inside(PYTHON, "-c", code)
    assert done.ok, done.stderr
    executable, prefix, module, maps = json.loads(done.stdout)
    assert (executable, prefix) == (PYTHON, INSIDE)
    assert module.startswith(f"{INSIDE}/lib/python3.13/site-packages/")
    assert len(maps) > 10
    assert [path for path in maps if not path.startswith(INSIDE)] == []


def test_its_python_starts_itself_again_and_the_hosts_programs_too(inside: Inside) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import sys, tabulate; print(sys.version_info[:2])'], check=True)\n"
        "subprocess.run(['/usr/bin/git', '--version'], check=True)"
    )
    done = inside(PYTHON, "-c", code)
    assert done.ok, done.stderr
    version, git = done.stdout.splitlines()
    assert version == "(3, 13)"
    assert git.startswith("git version")


def test_programs_of_its_packages_start(inside: Inside) -> None:
    table = inside("/bin/sh", "-c", f"printf 'a b\\n1 2\\n' | {INSIDE}/bin/tabulate -1")
    assert table.ok, table.stderr
    assert table.stdout.split() == ["a", "b", "---", "---", "1", "2"]
    assert inside(f"{INSIDE}/bin/tmux", "-V").stdout.startswith("tmux 3")


def test_modules_are_compiled_once_for_all(built: Built) -> None:
    site = built.bundle.folder / "lib" / "python3.13" / "site-packages"
    (compiled,) = (site / "tabulate" / "__pycache__").glob("__init__.*.pyc")
    # flags of the file: by hash (1), and not looked at again (no 2)
    assert int.from_bytes(compiled.read_bytes()[4:8], "little") == 1
    assert str(built.root).encode() not in compiled.read_bytes()


def test_it_says_what_is_in_it(built: Built) -> None:
    made = json.loads((built.bundle.folder / "bundle.json").read_text())
    assert made["packages"] == {"tabulate": "0.9.0"}
    assert made["python"].startswith("3.13.")
    assert {"tmux", "libc6"} <= set(made["debian"])
    assert made["bytes"] > 10_000_000


def test_everybody_may_read_it(built: Built) -> None:
    for folder, folders, files in os.walk(built.bundle.folder):
        for name in (*folders, *files):
            path = Path(folder) / name
            if not path.is_symlink():
                assert path.stat().st_mode & 0o005 == (5 if path.is_dir() else path.stat().st_mode & 0o001 | 4), path


def test_a_bundle_that_is_there_is_not_built_again(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said: list[str] = []
    assert build_bundle(built.harness, built.root, said.append) == built.bundle
    assert said == []


@pytest.mark.parametrize("damage", ["removed", "cut", "described"])
def test_a_bundle_that_is_not_whole_is_not_used(built: Built, tmp_path: Path, damage: str) -> None:
    copy = tmp_path / built.bundle.folder.name
    shutil.copytree(built.bundle.folder, copy, symlinks=True)
    assert find_bundle(built.harness, tmp_path) is not None
    victim = copy / "lib" / "python3.13" / "site-packages" / "tabulate" / "__init__.py"
    match damage:
        case "removed":
            victim.unlink()
        case "cut":
            os.truncate(victim, 100)
        case "described":
            os.truncate(copy / "bundle.json", 10)
    assert find_bundle(built.harness, tmp_path) is None


def test_another_lock_or_python_or_program_is_another_bundle(built: Built, tmp_path: Path) -> None:
    others = [
        make_harness(tmp_path / "lock", lock=LOCK + "# \n"),
        make_harness(tmp_path / "python", bundle='python = "3.11"\ndebian = ["tmux"]'),
        make_harness(tmp_path / "debian", bundle='python = "3.13"'),
    ]
    assert [find_bundle(other, built.root) for other in others] == [None] * 3
    assert find_bundle(make_harness(tmp_path / "same"), built.root) == built.bundle


def test_a_package_that_is_not_what_was_locked_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK.replace("024ca478", "00000000").replace("0095b12b", "00000000"))
    (tmp_path / "bundle" / "bin").mkdir(parents=True)
    with pytest.raises(EnvironmentBuildError, match="could not install"):
        install_packages(lock, "3.13", tmp_path / "bundle")


def test_without_a_mirror_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_PYTHON_INSTALL_MIRROR", "file:///nowhere")
    monkeypatch.setenv("REXLAB_MIRROR", "file:/nowhere")
    harness = make_harness(tmp_path)
    with pytest.raises(EnvironmentBuildError, match="REXLAB_MIRROR names another mirror") as error:
        build_bundle(harness, tmp_path / "root", lambda _: None)
    assert "uv could not download Python either" in str(error.value)
    assert [p.suffix for p in (tmp_path / "root").iterdir()] == [".lock"]


def test_a_lock_file_that_is_missing_is_the_manifests_mistake(tmp_path: Path) -> None:
    harness = make_harness(tmp_path)
    (harness.folder / "requirements.lock").unlink()
    with pytest.raises(ManifestError, match=r"requirements\.lock, which is not there"):
        build_bundle(harness, tmp_path / "root", lambda _: None)


def test_a_harness_without_a_bundle_has_nothing_to_build(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to build"):
        build_bundle(make_harness(tmp_path, bundle=""), tmp_path / "root", lambda _: None)
