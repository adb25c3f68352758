"""Signing in and out as a person does."""

import pytest
from playwright.sync_api import Browser
from tests.support.shell import Shell
from tests.support.site import serving, settle

TOKEN = "a shared secret"


@pytest.mark.browser
def test_a_link_leads_through_the_form_to_its_page_and_out_again(browser: Browser, bare: Shell) -> None:
    bare.variables["REXLAB_UI_TOKEN"] = TOKEN
    with serving(bare) as site, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.url}/trial?id=nothing")
        assert page.get_by_role("button").all_inner_texts() == ["Sign in"]
        page.get_by_label("Token").fill("a guess")
        page.get_by_label("Token").press("Enter")
        page.get_by_role("alert").get_by_text("not the token").wait_for()
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_label("Token").press("Enter")
        page.get_by_text("There is no trial nothing").wait_for()
        settle(page)
        page.reload()
        page.get_by_text("There is no trial nothing").wait_for()
        page.get_by_role("link", name="Sign out").click()
        page.get_by_label("Token").wait_for()
        assert len(context.pages) == 1
        page.goto(f"{site.url}/runs")
        page.get_by_label("Token").wait_for()
