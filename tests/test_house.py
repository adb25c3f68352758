"""The house's rules that a machine can hold: import direction, file sizes, documented commands and settings."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from rexlab.cli.app import app
from rexlab.settings import Settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "platform" / "rexlab"


def commands() -> list[str]:
    tree = typer.main.get_command(app)
    found = []
    for name, command in tree.commands.items():
        found += [f"{name} {sub}" for sub in getattr(command, "commands", {})] or [name]
    return found


def test_imports_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 kept, 0 broken" in done.stdout


def test_the_source_root_does_not_shadow_the_platform_module() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize(
    "file", sorted([*PACKAGE.rglob("*.py"), *(ROOT / "webui").rglob("*.py")]), ids=lambda p: str(p.relative_to(ROOT))
)
def test_modules_are_short_and_say_in_their_first_line_what_they_do(file: Path) -> None:
    lines = file.read_text().splitlines()
    assert len(lines) <= 300
    assert lines[0].startswith('"""')


def test_every_command_is_documented() -> None:
    pages = "".join(
        p.read_text() for p in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    )
    words = " ".join(pages.replace("|", " ").split())
    for command in commands():
        group, _, sub = command.partition(" ")
        assert f"rexlab {group}" in words, command
        assert not sub or f" {sub} " in words, command


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "README.md").read_text()
    for name in Settings.model_fields:
        assert f"REXLAB_{name.upper()}" in readme, name


def test_the_licence_is_the_one_the_package_names() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()
