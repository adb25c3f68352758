"""The Compare page in a real browser: another choice changes the address, and a trial opens from the table."""

import re

import pytest
from playwright.sync_api import expect
from tests.support.site import settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser


def test_two_agents_are_chosen_and_a_link_brings_the_choice_back(visit: Visit) -> None:
    with visit("compare", width=390) as page:
        figure = page.locator(".js-plotly-plot").bounding_box()
        assert figure is not None
        assert figure["width"] >= 600, "it cannot be read narrower: on a phone it scrolls"
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        for side, name in (("A", "oracle"), ("B", "noop")):
            page.get_by_label(f"Agent of {side}").click()
            page.get_by_role("option", name=name).click()
        expect(page.get_by_role("heading", name="oracle [ref] against noop")).to_be_visible()
        expect(page).to_have_url(re.compile(r"a=r\d+-\w+(~|%7E)[0-9a-f]{16}&b=r\d+-\w+(~|%7E)[0-9a-f]{16}"))
        address = page.url.rpartition("/")[2]
    with visit(address, width=390, scheme="dark") as page:
        expect(page.get_by_role("heading", name="oracle [ref] against noop")).to_be_visible()
        page.get_by_role("tab", name="Trials where they differ").click()
        expect(page.get_by_text("6 pairs that A alone passed, 0 that B alone passed")).to_be_visible()
    with visit(address) as page:
        page.get_by_role("tab", name="Trials where they differ").click()
        settle(page)
        table = page.locator('[data-testid="stDataFrame"]:visible').last
        middle = 38 + 17
        for x in range(200, 860, 30):  # the table is a canvas, and its columns are as wide as what is in them
            table.click(position={"x": x, "y": middle})
            if len(page.context.pages) > 1:
                break
        expect(page.context.pages[1]).to_have_url(re.compile(r"/trial\?id=r\d+-\w+-\d{5}$"))
