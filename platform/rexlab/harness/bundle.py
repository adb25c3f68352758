"""Harness bundles: what a harness needs installed, with an interpreter of its own, in one read-only folder.

A bundle is built once per digest from the harness's lock files and mounted at one path into every sandbox. It is laid
out as a virtual environment whose interpreter lies inside too, so that it depends on nothing of the system it runs on.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from pydantic import BaseModel, ConfigDict, ValidationError

from rexlab.errors import InputError, ManifestError
from rexlab.harness.bundle_packages import install_node_packages, install_packages
from rexlab.harness.bundle_python import INSIDE, install_interpreter
from rexlab.harness.elf import architecture
from rexlab.harness.manifest import BundleSection, Harness
from rexlab.sandbox.base import Mount

PYTHON = f"{INSIDE}/bin/python"
"""The bundle's interpreter, inside."""
BUILDER = "1"
"""Changes with anything that changes what a bundle holds; older bundles are then built anew."""
_DESCRIPTION = "bundle.json"


class BundleDescription(BaseModel):
    """``bundle.json``: what is in a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    builder: str
    python: str
    """Version of the interpreter, ``3.13.5``."""
    source: str
    """Where the interpreter came from: ``uv`` or Debian's release."""
    packages: dict[str, str]
    """Version by distribution."""
    debian: dict[str, str]
    npm: dict[str, str]
    files: int
    bytes: int
    seconds: float
    """How long the build took."""


@dataclass(frozen=True)
class Bundle:
    """A finished bundle."""

    digest: str
    folder: Path
    description: BundleDescription

    @property
    def mount(self) -> Mount:
        """How sandboxes see it."""
        return Mount(self.folder, INSIDE)


def find_bundle(harness: Harness, root: Path) -> Bundle | None:
    """The harness's bundle below ``root``; None when it has not been built, or is not whole.

    Raises:
        ManifestError: a lock file that the manifest names is missing.
    """
    digest = _digest(harness, _section(harness))
    folder = root / digest[:16]
    try:
        description = BundleDescription.model_validate_json((folder / _DESCRIPTION).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValidationError):
        return None
    if (description.files, description.bytes) != _measure(folder):
        return None
    return Bundle(digest, folder, description)


def build_bundle(harness: Harness, root: Path, report: Callable[[str], None]) -> Bundle:
    """The harness's bundle; built below ``root`` when it is not there, or not whole. ``report`` hears of each step.

    Raises:
        InputError: the harness has no ``[bundle]``.
        ManifestError: a lock file that the manifest names is missing.
        EnvironmentBuildError: it cannot be built here; the text says what to do.
    """
    if found := find_bundle(harness, root):
        return found
    section = _section(harness)
    digest = _digest(harness, section)
    folder = root / digest[:16]
    root.mkdir(parents=True, exist_ok=True)
    with _exclusive(root / f"{folder.name}.lock", report):
        if found := find_bundle(harness, root):
            return found
        for killed in [*root.glob(f"{folder.name}-*"), folder]:
            shutil.rmtree(killed, ignore_errors=True)
        _build(harness, section, folder, report)
    built = find_bundle(harness, root)
    assert built is not None, f"the bundle of {harness.name} changed while it was built"
    return built


def _section(harness: Harness) -> BundleSection:
    if harness.manifest.bundle is None:
        raise InputError(f"harness {harness.name} has no [bundle]: there is nothing to build for it")
    return harness.manifest.bundle


def _digest(harness: Harness, section: BundleSection) -> str:
    files = [section.requirements]
    if section.npm:
        files += [section.npm, str(Path(section.npm).with_name("package.json"))]
    identity: list[object] = [BUILDER, architecture().triplet, section.python, sorted(section.debian)]
    for name in files:
        try:
            identity.append(sha256((harness.folder / name).read_bytes()).hexdigest())
        except FileNotFoundError as error:
            raise ManifestError(f"{harness.folder}/harness.toml: [bundle] needs {name}, which is not there") from error
    return sha256(json.dumps(identity).encode()).hexdigest()


def _build(harness: Harness, section: BundleSection, folder: Path, report: Callable[[str], None]) -> None:
    """Build beside, then rename: a killed build leaves nothing that looks finished."""
    began = time.monotonic()
    beside = Path(mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        bundle, scratch = beside / "bundle", beside / "scratch"
        (bundle / "bin").mkdir(parents=True)
        scratch.mkdir()
        interpreter = install_interpreter(section.python, section.debian, bundle, scratch, report)
        report("Python packages")
        packages = install_packages(harness.folder / section.requirements, section.python, bundle)
        npm = {}
        if section.npm:
            report("Node packages")
            npm = install_node_packages(harness.folder / section.npm, section.python, bundle, scratch)
        report("compiling")
        interpreter.compile_modules()
        _make_readable(bundle)
        files, size = _measure(bundle)
        description = BundleDescription(
            builder=BUILDER,
            python=interpreter.version,
            source=interpreter.source,
            packages=packages,
            debian=interpreter.debian,
            npm=npm,
            files=files,
            bytes=size,
            seconds=round(time.monotonic() - began, 1),
        )
        (bundle / _DESCRIPTION).write_text(description.model_dump_json(indent=1) + "\n")
        (bundle / _DESCRIPTION).chmod(0o644)
        bundle.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _entries(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place) / name for name in (*folders, *files))


def _make_readable(folder: Path) -> None:
    """The programs in a sandbox have a user id of their own."""
    folder.chmod(0o755)
    for path in _entries(folder):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _measure(folder: Path) -> tuple[int, int]:
    """Files and links, and the bytes in them: what a half-copied bundle lacks. The description does not count."""
    files = size = 0
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{place}/{name}")]  # noqa: PTH114  (a Path each is slow)
        for name in (*names, *links):
            files += 1
            size += os.lstat(f"{place}/{name}").st_size
    described = folder / _DESCRIPTION
    return (files - 1, size - described.stat().st_size) if described.is_file() else (files, size)


@contextmanager
def _exclusive(lock: Path, report: Callable[[str], None]) -> Iterator[None]:
    """One builder at a time, across processes; the lock goes with the process that holds it."""
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another process that builds it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
