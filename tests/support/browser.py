"""A page in a real browser, without a network: Debian's chromium, driven by Playwright.

with opened(page_file, width=1280) as visit:
    visit.page.locator("h1")
assert not visit.complaints
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.support.require import lacking

CHROMIUM = Path("/usr/bin/chromium")
_STARTER = Path(__file__).with_name("chromium.py")
REMEDY = "apt-get install chromium"
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@dataclass
class Visit:
    """A page that is open, and everything that went wrong with it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, uncaught errors, and requests for anything but the file itself."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; ends the test where there is none."""
    if not CHROMIUM.exists():
        lacking("browser", f"{CHROMIUM} is missing", REMEDY)
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=str(_STARTER), args=_FLAGS)
        except Error as error:
            lacking("browser", f"{CHROMIUM} does not start: {error.message.splitlines()[0]}", REMEDY)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser,
    file: Path,
    *,
    width: int = 1280,
    height: int = 800,
    scheme: Literal["light", "dark"] = "light",
    javascript: bool = True,
) -> Iterator[Visit]:
    """The file, open in a window of that size, with the network off."""
    address = file.resolve().as_uri()
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        java_script_enabled=javascript,
        offline=True,
    )
    visit = Visit(context.new_page())
    visit.page.on("console", lambda message: visit.complaints.append(f"{message.type}: {message.text}"))
    visit.page.on("pageerror", lambda error: visit.complaints.append(f"uncaught: {error}"))
    visit.page.on(
        "request",
        lambda request: (
            None
            if request.url.partition("#")[0] == address or request.url.startswith(("data:", "blob:"))
            else visit.complaints.append(f"request: {request.url}")
        ),
    )
    try:
        visit.page.goto(address)
        yield visit
    finally:
        context.close()
