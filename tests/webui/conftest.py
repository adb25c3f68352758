"""The web UI as its users have it: on a store filled by real runs, in ``AppTest`` and in a real browser."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Browser, Page
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from tests.support.browser import chromium
from tests.support.shell import Shell
from tests.support.site import Site, serving, visiting
from webui.parts.pages import PAGES

APP = Path(__file__).parents[2] / "webui" / "app.py"
FIRST = next(iter(PAGES))

OpenApp = Callable[..., AppTest]
Visit = Callable[..., AbstractContextManager[Page]]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell whose store holds a finished run of oracle, noop and mutant on the small task. Only to be read."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent  # one store for all workers
    shell = Shell(shared / "webui-filled")
    with (shared / "webui-filled.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shell.folder / "done").exists():
            shell.folder.mkdir()
            asked = ("--harness", "oracle,noop,mutant", "--masks", "1,2", "--workers", "2", "--name", "first")
            shell("run", "tiny", *asked)
            (shell.folder / "done").touch()
    return shell


@pytest.fixture
def own(filled: Shell, tmp_path: Path) -> Shell:
    """A copy of the filled store that a test may change."""
    shutil.copytree(filled.folder, tmp_path / "own")
    return Shell(tmp_path / "own")


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A store without a run."""
    (tmp_path / "bare").mkdir()
    return Shell(tmp_path / "bare")


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[OpenApp]:
    """``app("runs", id="r1")`` is the UI opened on that page; ``shell=`` names another store than the filled one."""

    def opened(page: str = FIRST, *, shell: Shell | None = None, **query: str) -> AppTest:
        used = shell or request.getfixturevalue("filled")
        for name in [name for name in os.environ if name not in used.environment]:
            monkeypatch.delenv(name)  # settings of whoever runs the tests
        for name, value in used.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(used.folder)
        st.cache_resource.clear()
        st.cache_data.clear()
        test = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        if page != FIRST:
            test._page_hash = calc_hash(page)  # what switch_page() does, which knows pages in files alone
        return test.run()

    yield opened
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium; not for longer than a module, for its driver runs an event loop that others would be in."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def site(filled: Shell) -> Iterator[Site]:
    """The UI on the filled store, served by ``rexlab ui``."""
    with serving(filled) as started:
        yield started


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Visit:
    """``with visit("runs?id=r1") as page`` opens an address of the site and fails when anything is wrong with it.

    ``site=`` names another site than that of the filled store; further arguments are those of ``visiting``.
    """

    @contextmanager
    def opened(path: str = "", *, site: Site | None = None, **how: object) -> Iterator[Page]:
        used = site or request.getfixturevalue("site")
        with visiting(browser, used, path, **how) as page:  # type: ignore[arg-type]
            yield page

    return opened
