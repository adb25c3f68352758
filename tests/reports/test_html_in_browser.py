"""The HTML report in a real browser: it draws, fits, stays offline, and shows names as text.

``REXLAB_SCREENSHOTS=FOLDER`` makes these tests leave pictures of the report there, and ``REXLAB_REPORT=FILE`` takes
them of a report that ``rexlab report --format html`` wrote, instead of the made-up study.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from tests.support.browser import chromium, opened
from tests.support.rich import AGENTS, rich_report

from rexlab.reports.document import Report
from rexlab.reports.html import render_html

pytestmark = pytest.mark.browser
HOSTILE = "react <img src=x onerror=document.title='owned'> </script><b>bold</b> $x$ %{x}"
"""Takes the place of an agent."""
MARKS = ".scatterlayer .point, .barlayer .point path, .heatmaplayer image, .scatterlayer .js-line"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def report() -> Report:
    return rich_report(rename={"codex other/coder-model": HOSTILE})


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("report") / "report.html"
    found.write_text(render_html(report))
    return found


def drawn(page: Page) -> None:
    """Wait until every figure is there."""
    page.wait_for_function("[...document.querySelectorAll('.plot')].every(plot => plot.querySelector('.main-svg'))")
    page.wait_for_timeout(300)  # a narrow page then makes room for legends


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_figure_is_drawn_nothing_overflows_and_nothing_complains(
    browser: Browser, file: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    with opened(browser, file, width=width, scheme=scheme) as visit:
        drawn(visit.page)
        plots = visit.page.locator(".plot").all()
        assert len(plots) == 9
        for plot in plots:
            marks = plot.locator(MARKS)
            assert marks.count() > 0, plot.get_attribute("data-figure")
            box = marks.first.bounding_box()
            assert box is not None
            assert box["width"] + box["height"] > 0
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width
        outside = visit.page.evaluate(
            """width => [...document.querySelectorAll("main *")].filter(e =>
                !e.closest(".scroll, noscript, script") && e.getBoundingClientRect().right > width + 1).length""",
            width,
        )
        assert outside == 0
        ink = visit.page.locator("#success .ytick text").first.evaluate("e => getComputedStyle(e).fill")
        assert ink == {"light": "rgb(28, 36, 48)", "dark": "rgb(230, 233, 238)"}[scheme]
        bars = visit.page.locator("[data-figure=outcomes-figure] .barlayer").bounding_box()
        assert bars is not None
        assert bars["height"] > 26 * len(AGENTS)  # also where the legend is stacked above them
    assert not visit.complaints


def test_a_hostile_name_is_text_in_tables_figures_and_hovers(browser: Browser, file: Path) -> None:
    with opened(browser, file) as visit:
        page = visit.page
        drawn(page)
        assert page.locator("#outcomes tbody th", has_text="<img src=x").first.inner_text() == HOSTILE
        assert page.locator("main img, main b").count() == 0
        labels = page.locator("[data-figure=difficulty-figure] .annotation-text").all_text_contents()
        assert any(label.startswith("react <img src=x") and label.endswith("$x$ %{x}") for label in labels), labels
        row = page.locator("[data-figure=outcomes-figure] .barlayer .trace").first.locator(".point")
        texts = []
        for i in range(row.count()):
            page.mouse.move(0, 0)  # the label of the bar before goes away, or it would be read once more
            page.wait_for_selector("[data-figure=outcomes-figure] .hovertext", state="detached")
            row.nth(i).hover(force=True)
            page.wait_for_selector("[data-figure=outcomes-figure] .hovertext")
            texts.append(page.locator("[data-figure=outcomes-figure] .hovertext").first.text_content() or "")
        assert any("</script><b>bold</b>" in text and "%{x}" in text for text in texts), texts
        assert page.title() == "rexlab report of r1"
    assert not visit.complaints


def test_the_page_may_not_load_or_run_anything_else(browser: Browser, file: Path) -> None:
    """The policy of the page holds: what it forbids is refused and said so."""
    with opened(browser, file) as visit:
        visit.page.evaluate("() => { document.body.append(Object.assign(new Image(), {src: 'https://example.org/'})) }")
        visit.page.evaluate(
            "() => document.body.append(Object.assign(document.createElement('script'), {text: 'window.ran = 1'}))"
        )
        visit.page.wait_for_timeout(200)
        assert visit.page.evaluate("window.ran") is None
    assert len([said for said in visit.complaints if "Content Security Policy" in said]) == 2


def test_without_javascript_tables_and_notes_remain(browser: Browser, file: Path, report: Report) -> None:
    with opened(browser, file, javascript=False) as visit:
        page = visit.page
        assert page.locator("noscript p").inner_text().startswith("The figures need JavaScript")
        assert page.locator(".plot").first.is_visible() is False
        rows = sum(len(section.rows) for section in report.sections)
        assert page.locator("tbody tr").count() == rows
    assert not visit.complaints


def test_the_keyboard_reaches_contents_command_and_tables(browser: Browser, file: Path) -> None:
    with opened(browser, file) as visit:
        page = visit.page
        drawn(page)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert {"command", "scroll", "scroll table"} <= reached
    assert not visit.complaints


@pytest.mark.skipif("REXLAB_SCREENSHOTS" not in os.environ, reason="pictures are taken when REXLAB_SCREENSHOTS asks")
def test_pictures(browser: Browser, file: Path) -> None:
    folder = Path(os.environ["REXLAB_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    shown = Path(os.environ.get("REXLAB_REPORT", file))
    views: list[tuple[str, int, int, Literal["light", "dark"]]] = [
        ("report", 1280, 1600, "light"),
        ("report-dark", 1280, 1600, "dark"),
        ("report-phone", 390, 844, "light"),
    ]
    for name, width, height, scheme in views:
        with opened(browser, shown, width=width, height=height, scheme=scheme) as visit:
            drawn(visit.page)
            visit.page.screenshot(path=folder / f"{name}.png")
        assert not visit.complaints
