"""Every page: opens on a filled store and on a bare one, in every shape of window, and says what it is."""

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
