"""Every page: opens on a filled store and on a bare one, in every shape of window, and says what it is."""

import shlex

import pytest
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp
from webui.parts.pages import PAGES

NAMES = sorted(PAGES)


@pytest.mark.parametrize("name", NAMES)
def test_it_opens(app: OpenApp, name: str) -> None:
    test = app(name)
    assert not test.exception
    assert not test.error
    assert [title.value for title in test.title]


@pytest.mark.parametrize("name", NAMES)
def test_it_opens_on_a_bare_store(app: OpenApp, bare: Shell, name: str) -> None:
    test = app(name, shell=bare)
    assert not test.exception
    assert not test.error
    assert [title.value for title in test.title]


@pytest.mark.parametrize("name", ["leaderboard", "runs", "trial", "compare"])
def test_what_an_empty_page_proposes_is_a_command_that_runs(app: OpenApp, bare: Shell, name: str) -> None:
    (proposed,) = [code.value for code in app(name, shell=bare).code]
    program, *arguments = shlex.split(proposed)
    assert program == "rexlab"
    bare(*["tiny" if word == "classic" else word for word in arguments])
