"""The page Runs in a real browser: links and addresses, a chosen cell, a trial that opens, a report, a live run."""

import re
import time

import pytest
from playwright.sync_api import Browser, expect
from tests.support.shell import Shell
from tests.support.site import serving, settle, visiting
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser


def run_id(shell: Shell) -> str:
    return str(shell.json("runs", "list")[0]["id"])


def test_a_run_opens_from_the_list_and_a_trial_from_the_run(visit: Visit, filled: Shell) -> None:
    with visit("runs") as page:
        page.get_by_role("link", name="first").click()
        expect(page).to_have_url(re.compile(rf"/runs\?id={run_id(filled)}$"))
        settle(page)
        matrix = page.locator('[data-testid="stDataFrame"]:visible').first
        box = matrix.bounding_box()
        assert box is not None
        matrix.click(position={"x": box["width"] - 20, "y": 38 + 17})  # the last agent's cell
        expect(page.get_by_text("6 trials. Choose a row")).to_be_visible()
        settle(page)
        trials = page.locator('[data-testid="stDataFrame"]:visible').nth(1)
        trials.click(position={"x": 15, "y": 38 + 17})
        expect(page).to_have_url(re.compile(rf"/trial\?id={run_id(filled)}-\d{{5}}$"))
        page.go_back()
        expect(page).to_have_url(re.compile(rf"/runs\?id={run_id(filled)}$"))
        expect(page.get_by_role("heading", name="first")).to_be_visible()
        page.get_by_role("link", name="All runs").click()
        expect(page).to_have_url(re.compile(r"/runs$"))


def test_a_report_is_downloaded(visit: Visit, filled: Shell) -> None:
    with visit(f"runs?id={run_id(filled)}", width=390, scheme="dark") as page:
        bar = page.get_by_test_id("stHeader").bounding_box()
        way_back = page.get_by_role("link", name="All runs").bounding_box()
        assert bar is not None and way_back is not None
        assert way_back["y"] >= bar["y"] + bar["height"], "the bar of the menu covers the way back"
        page.get_by_role("tab", name="Report").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        assert "agent" in download.value.path().read_text().splitlines()[0].split(",")
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_run_at_work_moves_by_itself_and_keeps_the_filter(browser: Browser, own: Shell) -> None:
    with serving(own) as site, visiting(browser, site, "runs?status=running&status=unfinished&status=finished") as page:
        page.get_by_label("Search").fill("second")
        page.get_by_label("Search").press("Enter")
        expect(page.get_by_text("No run fits the filter")).to_be_visible()
        page.get_by_label("Search").fill("st")
        page.get_by_label("Search").press("Enter")
        expect(page.get_by_role("link", name="first")).to_be_visible()
        process = own.start("run", "tiny", "--harness", "oracle", "--masks", "1,2", "--trials", "12", "--name", "stay")
        try:
            page.reload()
            expect(page.get_by_label("Search")).to_have_value("st")
            while not page.get_by_role("link", name="stay").is_visible():
                assert process.poll() is None
                time.sleep(0.3)
                page.reload()
                settle(page)
            expect(page.get_by_text(re.compile(r"at work$"))).to_be_visible(timeout=60_000)
            line = page.locator('[class*="st-key-run-"]').first
            before = line.inner_text()
            expect(line).not_to_have_text(before, timeout=30_000)
            expect(line.get_by_text("72 of 72 trials, 100 %")).to_be_visible(timeout=120_000)
            expect(page.get_by_text(re.compile(r"at work$"))).not_to_be_visible(timeout=30_000)
            expect(page.get_by_label("Search")).to_have_value("st")
        finally:
            process.kill()
            process.communicate()
