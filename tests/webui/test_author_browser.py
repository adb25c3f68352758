"""The page Author in a real browser: a mask is changed, described, saved and checked, from opening to proof."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.support.shell import TASKS, Shell
from tests.support.site import Site, serving, settle
from tests.webui.conftest import Visit

SAID = "Sum of the numbers, divided by how many there are; a float."


@pytest.fixture
def author(tmp_path: Path) -> Shell:
    """A user with a folder of tasks that holds ``mine/moments``."""
    folder = tmp_path / "author"
    shutil.copytree(TASKS / "tiny", folder / "own/mine")
    return Shell(folder, {"REXLAB_TASKS_PATH": str(folder / "own")})


@pytest.fixture
def served(author: Shell) -> Iterator[Site]:
    with serving(author) as site:
        yield site


def main(page: Page, part: str) -> None:
    """Open a part of the page."""
    page.get_by_test_id("stMain").get_by_role("radio", name=part).click()
    settle(page)


@pytest.mark.browser
def test_a_mask_is_authored_from_ticks_to_proof(visit: Visit, served: Site, author: Shell) -> None:
    with visit("author?id=mine/moments", site=served) as page:
        variance = page.get_by_role("checkbox", name="variance")
        expect(page.get_by_text('masked: variance"')).to_be_visible()
        page.get_by_text("variance", exact=False).first.click()
        expect(page.get_by_text("variance unticked")).to_be_visible()
        expect(page.get_by_text('masked: variance"')).to_have_count(0)
        expect(variance).not_to_be_checked()

        main(page, "Texts")
        page.get_by_label("Description of mean").fill(SAID)
        page.get_by_role("button", name="Save").click()  # leaves the field, and saves what was written in it
        expect(page.get_by_text("Everything is saved.")).to_be_visible()
        functions = author.json("task", "functions", "mine/moments")
        assert functions[0]["description"] == SAID
        assert [f["function"] for f in functions] == ["mean", "Welford.push"]

        main(page, "Evidence")
        page.get_by_role("button", name="Check", exact=True).click()
        expect(page.get_by_text("masking mean alone fails")).to_be_visible(timeout=120_000)
        expect(page.get_by_text("failed, exit code 1")).to_be_visible(timeout=120_000)  # calibration.json is missing
        expect(page.get_by_role("button", name="Check", exact=True)).to_be_enabled()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_part_fits_its_window(visit: Visit, width: int, scheme: str) -> None:
    with visit("author?id=tiny/moments", width=width, height=844, scheme=scheme) as page:
        for part in ("Functions and mask", "Texts", "Evidence"):
            main(page, part)
            wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
            assert wide <= 0, f"{part} is {wide} pixels wider than its window"
