"""The page New run in a real browser: from an empty form to a finished run."""

import time

import pytest
from playwright.sync_api import Page, expect
from tests.support.shell import Shell
from tests.support.site import serving, settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser


def pick(page: Page, label: str, text: str, then: str) -> None:
    """Choose the first option of a list that fits the text, and wait for what the page says about the choice."""
    page.get_by_role("combobox", name=label).first.click()
    page.keyboard.type(text)
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    expect(page.get_by_text(then).first).to_be_visible()
    settle(page)


def test_a_run_is_started_by_a_double_click_once_and_seen_to_finish(visit: Visit, own: Shell) -> None:
    before = len(own.json("runs", "list"))
    with serving(own) as site, visit("new-run", site=site) as page:
        pick(page, "Tasks", "tiny/moments", "What is masked and shown")
        pick(page, "Harnesses", "oracle", "Puts the reference bodies back")
        pick(page, "Harnesses", "noop", "Changes nothing")
        expect(page.get_by_test_id("stMetricValue").first).to_have_text("6")
        page.get_by_role("button", name="Start run").dblclick()
        page.wait_for_url("**/runs?id=r*")
        run_id = page.url.rpartition("=")[2]
        deadline = time.monotonic() + 120
        while (run := own.json("runs", "show", run_id))["finished"] < 6:
            assert time.monotonic() < deadline, run
            time.sleep(0.5)
        expect(page.get_by_text("6 of 6").first).to_be_visible()
    assert run["outcomes"] == {"passed": 3, "no_patch": 3}
    assert len(own.json("runs", "list")) == before + 1


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(visit: Visit, width: int) -> None:
    with visit("new-run?tasks=classic/deis", width=width) as page:
        pick(page, "Harnesses", "oracle", "Puts the reference bodies back")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.get_by_text("rexlab run classic/deis")).to_be_attached()
