"""The page System in a real browser: every tab, and a link to one of them."""

import pytest
from playwright.sync_api import expect
from tests.support.site import settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser


def test_every_tab_opens_and_has_an_address(visit: Visit) -> None:
    with visit("system") as page:
        for tab, seen in (
            ("Models", "No model has been asked yet"),
            ("Jobs", "No background job has been started"),
            ("Machine", "sandbox process"),
            ("Versions", "System"),
            ("Work", "Nobody works now"),
        ):
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_text(seen).first).to_be_visible()
            settle(page)
    with visit("system?show=Machine", width=390, scheme="dark") as page:
        expect(page.get_by_text("sandbox bubblewrap")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
