"""No text from an agent, a task or a file becomes more than text, on any page, in a real browser."""

import re
import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page
from tests.support.shell import Shell
from tests.support.site import Site, serving, settle
from tests.webui.conftest import Visit
from tests.webui.hostile import HOSTILE, MARK, PRINTABLE, Hostile, fill

pytestmark = pytest.mark.browser

TABS = ("Patch", "Metrics", "Prompt", "Timeline", "Trajectory", "Logs", "Files")
FORBIDDEN = """() => {
    const found = window.pwned === undefined ? [] : ['a script of the text ran']
    const addresses = ['href', 'src', 'xlink:href', 'action', 'data', 'srcset', 'poster', 'formaction']
    for (const element of document.querySelectorAll('*')) {
        const start = element.outerHTML.slice(0, 300)
        for (const {name, value} of element.attributes) {
            if (name.startsWith('on') && value.includes('pwned')) found.push(`handler: ${start}`)
            if (addresses.includes(name) && /evil[.]example|javascript:/i.test(value)) found.push(`address: ${start}`)
            if (name === 'style' && value.includes('evil.example')) found.push(`style: ${start}`)
        }
        if (element.tagName === 'SCRIPT' && element.textContent.includes('pwned')) found.push(`script: ${start}`)
        if (['IFRAME', 'OBJECT', 'EMBED'].includes(element.tagName)) found.push(`frame: ${start}`)
    }
    return found
}"""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def hostile(filled: Shell, tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(filled.folder, folder / "own")
    return fill(Shell(folder / "own"))


@pytest.fixture(scope="module")
def evil_site(hostile: Hostile) -> Iterator[Site]:
    with serving(hostile.shell) as started:
        yield started


def check(page: Page) -> str:
    """The text of the page, which holds nothing but text."""
    settle(page)
    assert page.evaluate(FORBIDDEN) == []
    text = page.locator("body").inner_text()
    assert not (found := CONTROL.search(text)), f"{found[0]!r} in {text[found.start() - 80 : found.end() + 80]!r}"
    return text


def open_everything(page: Page) -> None:
    """Every box that is closed."""
    for _ in range(12):
        closed = page.locator('[data-testid="stMain"] details:not([open]) > summary')
        if not closed.count():
            return
        closed.first.click()
        settle(page)


@pytest.mark.parametrize("tab", TABS)
def test_the_trial(visit: Visit, evil_site: Site, hostile: Hostile, tab: str) -> None:
    with visit(f"trial?id={hostile.trial}&tab={tab}", site=evil_site) as page:
        open_everything(page)
        text = check(page)
        assert PRINTABLE[:60] in text
        assert ":red[r]" in text


def test_a_search_in_the_trajectory(visit: Visit, evil_site: Site, hostile: Hostile) -> None:
    with visit(f"trial?id={hostile.trial}&tab=Trajectory", site=evil_site) as page:
        page.get_by_label("Search in all steps").fill("](javascript:")
        page.keyboard.press("Enter")
        settle(page)
        assert "30 of 30 steps hold “](javascript:”" in check(page)
        marked = page.locator('[data-testid="stExpander"] summary span[style*="background"]').first
        assert marked.inner_text() == "](javascript:"


@pytest.mark.parametrize("part", ["From the beginning", "Search"])
def test_a_log(visit: Visit, evil_site: Site, hostile: Hostile, part: str) -> None:
    with visit(f"trial?id={hostile.trial}&tab=Logs", site=evil_site) as page:
        page.get_by_role("radio", name=part, exact=True).click()
        settle(page)
        if part == "Search":
            page.get_by_label("Text to look for").fill("<script>")
            page.keyboard.press("Enter")
            assert "with “<script>”" in check(page)
        else:
            assert "more characters)" in check(page)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "runs",
        "runs?id={run}",
        "tasks",
        "tasks?id={task}",
        "author?id={task}",
        "compare?a={run}&b={run}",
        "compare",
        "new-run",
        "system",
    ],
)
def test_a_page(visit: Visit, evil_site: Site, hostile: Hostile, path: str) -> None:
    address = path.format(run=hostile.run, task=hostile.task)
    with visit(address, site=evil_site) as page:
        for entry in page.get_by_role("tab").all() or [None]:
            if entry:
                entry.click()
                settle(page)
            open_everything(page)
            check(page)


@pytest.mark.parametrize("path", ["runs?id={}", "trial?id={}", "tasks?id={}", "author?id={}", "compare?a={}&b={}"])
def test_an_address(visit: Visit, evil_site: Site, path: str) -> None:
    evil = quote(HOSTILE.replace("\x00", ""), safe="")
    with visit(path.replace("{}", evil), site=evil_site) as page:
        check(page)


@pytest.mark.parametrize(
    "markup",
    [
        f"<img src=x onerror={MARK}>",
        "<img src=http://evil.example/x.png>",
        f"<a href='javascript:{MARK}'>x</a>",
        "<svg><a xlink:href='http://evil.example'>x</a></svg>",
        f"<script>{MARK}</script>",
        "<iframe></iframe>",
        "<p style='background: url(http://evil.example)'>x</p>",
    ],
)
def test_the_check_finds_what_it_looks_for(browser: Browser, markup: str) -> None:
    page = browser.new_page()
    try:
        page.context.set_offline(True)
        page.set_content(markup)
        assert page.evaluate(FORBIDDEN)
    finally:
        page.close()
