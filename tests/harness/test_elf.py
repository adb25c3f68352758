"""Programs and dynamic loaders that are told other paths: real programs, changed and run."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rexlab.errors import EnvironmentBuildError
from rexlab.harness.elf import architecture, redirect_loader, set_loader


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for more: a program's field for its loader is small."""
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def program(short: Path) -> Path:
    true = shutil.which("true")
    assert true
    return Path(shutil.copy(true, short / "true"))


def system_loader() -> Path:
    kind = architecture()
    found = [Path(folder) / kind.loader for folder in ("/lib64", "/lib", f"/lib/{kind.triplet}")]
    return next(path for path in found if path.exists())


def test_a_program_starts_through_the_loader_it_was_told(short: Path, program: Path) -> None:
    assert set_loader(program, str(short / "ld"))
    with pytest.raises(FileNotFoundError):
        subprocess.run([program], check=True)
    (short / "ld").symlink_to(system_loader())
    subprocess.run([program], check=True)


def test_a_script_names_no_loader_and_stays_as_it_is(short: Path) -> None:
    script = short / "script"
    script.write_text("#!/bin/sh\nexit 0\n")
    assert not set_loader(script, str(short / "ld"))
    assert script.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_path_without_room_is_an_error_and_changes_nothing(program: Path) -> None:
    before = program.read_bytes()
    with pytest.raises(EnvironmentBuildError, match="no room"):
        set_loader(program, "/a/path/that/is/longer/than/the/one/it/replaces")
    assert program.read_bytes() == before


def test_a_file_that_is_no_loader_is_not_touched(short: Path) -> None:
    file = short / "ld"
    file.write_bytes(b"\x7fELF and no more")
    with pytest.raises(EnvironmentBuildError, match="not the dynamic loader"):
        redirect_loader(file, "/opt/rexlab/bundle/l")
    assert file.read_bytes() == b"\x7fELF and no more"
