"""The leaderboard in a real browser: filters end up in the address, a link brings them back, a row leads to trials."""

import contextlib
import re
import sqlite3
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect
from tests.support.shell import Shell
from tests.support.site import serving, settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser
ROW, HEAD = 35, 38
HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil.example/x.png) [x](javascript:alert(1)) :red[x] $x$ \x1b[31m `x` "
    + 99 * "x"
)


def choose_row(page: Page, number: int, table: int = 0) -> None:
    """Tick the row: the table is a canvas, so by where it is."""
    page.locator('[data-testid="stDataFrame"]').nth(table).click(position={"x": 16, "y": HEAD + ROW * number + 17})
    settle(page)


def test_a_filter_is_kept_by_the_address_and_by_a_link(visit: Visit) -> None:
    with visit() as page:
        expect(page.get_by_text("18 trials, 1 run, 3 agents, 1 task")).to_be_visible()
        page.get_by_text("Filters", exact=True).click()
        settle(page)
        page.get_by_label("Masked functions").click()
        page.get_by_role("option", name="2").click()
        expect(page.get_by_text("Only masked functions 2")).to_be_visible()
        page.keyboard.press("Escape")
        settle(page)
        page.get_by_text("Hide references and simulated models").click()
        expect(page.get_by_text("1 agent, 1 task")).to_be_visible()
        expect(page).to_have_url(re.compile(r"masks=2.*hide=true|hide=true.*masks=2"))
        address = page.url.partition("/?")[2]
    with visit(f"?{address}") as page:
        expect(page.get_by_text("Only masked functions 2")).to_be_visible()
        expect(page.get_by_text("1 agent, 1 task")).to_be_visible()
        page.get_by_role("button", name="Clear filters").click()
        expect(page.get_by_text("18 trials")).to_be_visible()
        expect(page).not_to_have_url(re.compile("masks"))


def test_a_row_shows_its_trials_and_a_trial_opens(visit: Visit) -> None:
    with visit(width=390) as page:
        choose_row(page, 0)
        expect(page.get_by_role("heading", name="Trials of noop")).to_be_visible()
        expect(page).to_have_url(re.compile(r"agent=[0-9a-f]{16}"))
        choose_row(page, 0)
        expect(page.get_by_role("heading", name="Trials of noop")).to_be_hidden()
        expect(page).not_to_have_url(re.compile("agent="))
        choose_row(page, 1)
        expect(page.get_by_role("heading", name="Trials of oracle")).to_be_visible()
        choose_row(page, 0, table=1)
        page.wait_for_url(re.compile(r"/trial\?id=r\d+-\w+-\d{5}$"))


def test_hostile_names_are_text_wherever_they_stand(own: Shell, visit: Visit) -> None:
    """Requests to other addresses and dialogs fail the visit; links and pictures made of a name are looked for."""
    with contextlib.closing(sqlite3.connect(own.home / "rexlab.db")) as store:
        store.execute("UPDATE agent SET label = harness || ?, model = ?", (HOSTILE, HOSTILE))
        store.execute("UPDATE variant SET task = task || ?", (HOSTILE,))
        store.execute("UPDATE run SET name = ?", (HOSTILE,))
        store.execute("UPDATE grade SET detail = ?", (HOSTILE,))
        ((agent,),) = store.execute("SELECT id FROM agent WHERE harness = 'oracle'")
        store.commit()
    task, model = f"tiny/moments{HOSTILE}", HOSTILE
    with serving(own) as site:
        for path in (
            f"?{urlencode({'agent': agent, 'task': task, 'model': model})}",
            "?figure=Difficulty",
            "compare",
        ):
            with visit(path, site=site) as page:
                expect(page.get_by_test_id("stMain")).to_contain_text("<script>alert(1)</script>")
                assert not page.locator('a[href*="javascript"], img[src*="evil"], .katex').count()


def test_the_way_back_from_a_trial_leads_to_the_same_filters_and_agent(visit: Visit) -> None:
    with visit("?masks=2") as page:
        choose_row(page, 1)
        expect(page.get_by_role("heading", name="Trials of oracle")).to_be_visible()
        choose_row(page, 0, table=1)
        page.wait_for_url(re.compile(r"/trial\?id="))
        settle(page)
        page.go_back()
        page.get_by_role("heading", name="Leaderboard").wait_for()
        settle(page)
        expect(page.get_by_text("Only masked functions 2")).to_be_visible()
        expect(page.get_by_role("heading", name="Trials of oracle")).to_be_visible()
