"""The page New run in a real browser: from an empty form to a finished run."""

import pytest
from playwright.sync_api import Page, expect
from tests.support.shell import Shell
from tests.support.site import serving, settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser


def pick(page: Page, label: str, text: str) -> None:
    """Choose the first option of a list that fits the text."""
    page.get_by_role("combobox", name=label).first.click()
    page.keyboard.type(text)
    page.get_by_role("option").first.click()
    page.keyboard.press("Escape")
    settle(page)


def test_a_run_is_started_by_a_double_click_once_and_seen_to_finish(visit: Visit, own: Shell) -> None:
    before = len(own.json("runs", "list"))
    with serving(own) as site, visit("new-run", site=site) as page:
        pick(page, "Tasks", "tiny/moments")
        for harness in ("oracle", "noop"):
            pick(page, "Harnesses", harness)
        expect(page.get_by_test_id("stMetricValue").first).to_have_text("6")
        page.get_by_role("button", name="Start run").dblclick()
        page.wait_for_url("**/runs?id=r*")
        settle(page)
        run_id = page.url.rpartition("=")[2]
        expect(page.get_by_text("passed").first).to_be_visible(timeout=120_000)
        expect(page.get_by_text("finished").first).to_be_visible(timeout=120_000)
        page.wait_for_timeout(1_000)
    listed = own.json("runs", "list")
    assert len(listed) == before + 1
    assert listed[0]["id"] == run_id
    assert (listed[0]["finished"], listed[0]["outcomes"]) == (6, {"passed": 3, "no_patch": 3})


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(visit: Visit, width: int) -> None:
    with visit("new-run?tasks=classic/deis", width=width) as page:
        pick(page, "Harnesses", "oracle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        expect(page.get_by_text("rexlab run classic/deis")).to_be_attached()
