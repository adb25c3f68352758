"""For all tests: the repository's root on the import path, and a last word on what could not be tested."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rexlab.sandbox import SandboxBackend

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# a run of the tests in the background was told to ignore Ctrl-C, and what it starts would ignore it too
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

from tests.support import require as requirements
from tests.support.postgres import Postgres, postgres_server
from tests.support.s3 import S3, s3_server
from tests.support.shell import Shell

# how long an example takes says how busy the machine is, and nothing about the code
settings.register_profile("rexlab", deadline=None)
settings.load_profile("rexlab")


@pytest.fixture
def require() -> Callable[[str], SandboxBackend]:
    """``require("docker")`` skips the test where docker is missing, or fails it where the machine must have it."""
    return requirements.require


@pytest.fixture
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """``shell("runs", "list")`` runs rexlab in an empty folder, with a store of its own and the small task."""
    return Shell(tmp_path_factory.mktemp("shell"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server that all tests of this process share; none may stop it or leave a database in it."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of a database with rexlab's tables, gone after the test; for tests marked ``postgres``."""
    address = postgres.database()
    yield address
    postgres.drop(address)


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    """A server that speaks S3, which all tests of this process share; each takes a bucket of its own."""
    with s3_server() as server:
        yield server


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of a parallel run hands what it missed to the process that writes the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing"] = [vars(lack) for lack in requirements.missing.values()]


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_Collector())


class _Collector:
    """Takes what the workers of a parallel run missed."""

    def pytest_testnodedown(self, node: Any) -> None:
        for lack in getattr(node, "workeroutput", {}).get("missing", []):
            requirements.missing[lack["name"]] = requirements.Missing(**lack)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was missing and how to get it."""
    if not requirements.missing:
        return
    terminalreporter.section("not tested on this machine")
    for lack in requirements.missing.values():
        terminalreporter.write_line(f"{lack.name}: {lack.why}")
        if lack.remedy:
            terminalreporter.write_line(f"    to enable: {lack.remedy}")
