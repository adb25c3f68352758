"""For all tests: the repository's root on the import path, and a last word on what could not be tested."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rexlab.sandbox import SandboxBackend

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support import require as requirements
from tests.support.shell import Shell


@pytest.fixture
def require() -> Callable[[str], SandboxBackend]:
    """``require("docker")`` skips the test where docker is missing, or fails it where the machine must have it."""
    return requirements.require


@pytest.fixture
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """``shell("runs", "list")`` runs rexlab in an empty folder, with a store of its own and the small task."""
    return Shell(tmp_path_factory.mktemp("shell"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was missing and how to get it."""
    if not requirements.missing:
        return
    terminalreporter.section("not tested on this machine")
    for lack in requirements.missing.values():
        terminalreporter.write_line(f"{lack.name}: {lack.why}")
        if lack.remedy:
            terminalreporter.write_line(f"    to enable: {lack.remedy}")
