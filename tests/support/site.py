"""The web UI, served by ``rexlab ui``, and visits to it in a real browser."""

import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal
from urllib.error import URLError

from playwright.sync_api import Browser, Page

from tests.support.shell import Shell

QUIET_MS = 400
"""A page that has not changed for so long is taken for finished."""
BROKEN = '[data-testid="stException"]'

PROBE = re.compile(r"/[a-z-]+/_stcore/(health|host-config)$")
"""Streamlit's page asks below its own path first where its server is, and is told that it is not there."""


@dataclass(frozen=True)
class Site:
    """A server that answers."""

    url: str
    """Without a slash at its end."""
    process: "subprocess.Popen[str]"


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(shell: Shell, *arguments: str, host: str = "127.0.0.1") -> Iterator[Site]:
    """``rexlab ui`` on the shell's store, ended as Ctrl-C ends it; a server that printed a traceback is a failure."""
    port = free_port()
    log = shell.folder / f"ui-{port}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [shell.command, "ui", "--host", host, "--port", str(port), *arguments],
            cwd=shell.folder,
            env=shell.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    site = Site(f"http://{f'[{host}]' if ':' in host else host}:{port}", process)
    try:
        _await(site, log)
        yield site
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        printed = log.read_text()
        assert "Traceback" not in printed, printed
    finally:
        process.kill()
        process.wait()


def _await(site: Site, log: "object") -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"{site.url}/_stcore/health", timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            assert site.process.poll() is None, f"the server ended: {log}"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)


@contextmanager
def visiting(
    browser: Browser,
    site: Site,
    path: str = "",
    *,
    width: int = 1280,
    height: int = 800,
    scheme: Literal["light", "dark"] = "light",
    cookies: dict[str, str] | None = None,
) -> Iterator[Page]:
    """A page of the site in a window of that size. At the end nothing may have been wrong with it: no error on the
    console, none uncaught, no request to another address, no dialog, no error box of Streamlit's."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    if cookies:
        context.add_cookies([{"name": k, "value": v, "url": site.url} for k, v in cookies.items()])
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(30_000)

    def console(kind: str, text: str, url: str) -> None:
        if kind == "error" and not PROBE.search(url):
            complaints.append(f"console: {text} {url}")

    def requested(url: str) -> None:
        own = (site.url, site.url.replace("http", "ws", 1), "data:", "blob:")
        if not url.startswith(own):
            complaints.append(f"request: {url}")

    page.on("console", lambda message: console(message.type, message.text, message.location["url"]))
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("request", lambda request: requested(request.url))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss())[1])
    try:
        page.goto(f"{site.url}/{path}")
        settle(page)
        yield page
        settle(page)
        for box in page.locator(BROKEN).all():
            complaints.append(f"error box: {box.inner_text()}")
        assert not complaints, complaints
    finally:
        context.close()


def settle(page: Page) -> None:
    """Wait until Streamlit has drawn the page and it no longer changes."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)
    page.wait_for_function(
        """quiet => new Promise(done => {
            let timer = setTimeout(() => done(true), quiet)
            const watch = new MutationObserver(() => {
                clearTimeout(timer)
                timer = setTimeout(() => { watch.disconnect(); done(true) }, quiet)
            })
            watch.observe(document.body, {childList: true, subtree: true, characterData: true})
            setTimeout(() => { watch.disconnect(); done(true) }, 5000)
        })""",
        arg=QUIET_MS,
    )
