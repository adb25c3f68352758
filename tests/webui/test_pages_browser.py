"""Every page in a real browser: in light and dark, wide and on a phone, with nothing wrong and nothing cut off."""

import re

import pytest
from tests.support.site import Site
from tests.webui.conftest import Visit
from webui.parts.pages import PAGES

WINDOWS = [(1280, 800, "light"), (390, 844, "dark")]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height", "scheme"), WINDOWS)
def test_every_page_can_be_reached_and_read(visit: Visit, width: int, height: int, scheme: str) -> None:
    for name, page in PAGES.items():
        with visit("" if name == "leaderboard" else name, width=width, height=height, scheme=scheme) as opened:
            assert opened.title().endswith("rexlab") or page.title in opened.title()
            assert opened.locator("h1").count() == 1
            wide = opened.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels wider than a window of {width}"
            unnamed = opened.evaluate(
                """() => [...document.querySelectorAll('[data-testid="stMain"] :is(button, input, textarea, select)')]
                    .filter(e => e.checkVisibility() && !e.ariaLabel && !e.labels?.length && !e.innerText.trim()
                                 && !e.title && !e.getAttribute('aria-labelledby'))
                    .map(e => e.outerHTML.slice(0, 200))"""
            )
            assert not unnamed, f"{name} has controls without a name: {unnamed}"


@pytest.mark.browser
def test_the_navigation_leads_to_every_page(visit: Visit, site: Site) -> None:
    with visit() as page:
        for entry in PAGES.values():
            page.get_by_test_id("stSidebarNav").get_by_role("link", name=entry.title, exact=True).click()
            path = "" if entry.name == "leaderboard" else entry.name
            page.wait_for_url(re.compile(rf"^{site.url}/{path}(\?.*)?$"))
            page.locator("h1").first.wait_for()
