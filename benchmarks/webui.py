"""What the web UI costs over many trials: seconds until a page's first content and its answer, and until a changed
filter is drawn, and the server's memory with ten sessions open, beside what is wanted.

    python benchmarks/webui.py [--trials 100000] [--sessions 10] [--repeat 3] [--keep FOLDER]

The trials are synthetic: drawn by chance, never run. The server is `rexlab ui`, the browser Debian's chromium, both on
this machine and sharing its processors. A page is opened in a new tab of a browser that has been here before: the
scripts are in its cache, compiled, as on anyone's later visits. Its first content is its heading, its answer the
element that the page is for. The best of --repeat is judged and shown beside the worst, for machines are noisy.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, sync_playwright
from report import additions, rexlab
from synthetic import RUN, make_store

FIRST_S, FILTER_S, MEMORY_MB = 1.5, 0.7, 500
TABLE = '[data-testid="stDataFrame"]'
TRIAL = f"{RUN}-00002"
PAGES = {
    "leaderboard": ("", TABLE),
    "leaderboard of a task": ("?task=synthetic/task03", TABLE),
    "runs": ("runs", '[data-testid="stProgress"]'),
    "one run": (f"runs?id={RUN}", '[data-testid="stMetric"]'),
    "trial": (f"trial?id={TRIAL}", '[data-testid="stMetric"], [data-testid="stMarkdown"]'),
    "compare": ("compare", '[data-testid="stSelectbox"]'),
    "new run": ("new-run", '[data-testid="stMultiSelect"]'),
    "tasks": ("tasks", TABLE),
    "one task": ("tasks?id=classic/deis", '[data-testid="stMarkdown"]'),
    "author": ("author", '[data-testid="stSelectbox"]'),
    "system": ("system", '[data-testid="stMetric"]'),
}
"""Address and the element that the page is for."""
FIRST = '[data-testid="stMain"] [data-testid="stHeading"]'
DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep the store in this folder, and use the one that is there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rexlab-bench-") as name:
        home = (arguments.keep or Path(name)) / f"home-{arguments.trials}"
        make_store(home / "rexlab.db", arguments.trials)
        print(
            f"{arguments.trials:,} synthetic trials; load of this machine {os.getloadavg()[0]:.1f}, "
            f"ten million additions in a loop {additions():.2f} s",
            flush=True,
        )
        with serving(home) as (url, server), sync_playwright() as driver:
            # a profile on disk: only there are scripts kept compiled
            browser = driver.chromium.launch_persistent_context(
                f"{name}/profile",
                executable_path="/usr/bin/chromium",
                args=["--no-sandbox", "--disable-gpu", "--headless=new"],
                viewport={"width": 1280, "height": 800},
            )
            missed = pages(browser, url, arguments.repeat) + filters(browser, url, arguments.repeat)
            missed += memory(browser, url, server, arguments.sessions)
            browser.close()
    sys.exit(f"{missed} missed" if missed else 0)


def pages(browser: BrowserContext, url: str, repeat: int) -> int:
    """Print what every page takes; how many take too long."""
    missed = 0
    print(f"{'page':24} {'first content':>17} {'its answer':>17}   wanted", flush=True)
    for name, (path, answer) in PAGES.items():
        times = [opening(browser, f"{url}/{path}", answer) for _ in range(2 + repeat)][2:]
        first, answered = zip(*times, strict=True)
        missed += not line(name, [first, answered], FIRST_S, min(first))
    return missed


def opening(context: BrowserContext, address: str, answer: str) -> tuple[float, float]:
    """Seconds until a new tab shows the page's first content, and its answer."""
    page = context.new_page()
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(FIRST)
    first = time.perf_counter() - began
    page.wait_for_selector(answer)
    answered = time.perf_counter() - began
    page.wait_for_selector(DONE)
    page.close()
    return first, answered


def filters(browser: BrowserContext, url: str, repeat: int) -> int:
    """Print what a changed filter takes on the leaderboard; 1 when that is too long."""
    page = browser.new_page()
    page.goto(url)
    page.wait_for_selector(TABLE)
    page.wait_for_selector(DONE)
    page.wait_for_timeout(1000)
    switch = page.locator('[data-testid="stMain"] [data-testid="stCheckbox"] label').first
    times = []
    for _ in range(2 * (1 + repeat)):
        began = time.perf_counter()
        switch.click()
        page.wait_for_selector(DONE.replace("notRunning", "running"), timeout=5000)
        page.wait_for_selector(DONE)
        times.append(time.perf_counter() - began)
    page.close()
    return int(not line("filter of the leaderboard", [times[2:]], FILTER_S, min(times[2:])))


def line(name: str, times: list[list[float]] | list[tuple[float, ...]], limit: float, judged: float) -> bool:
    """Print a line; whether it keeps its limit."""
    kept = judged <= limit
    written = " ".join(f"{f'{min(t):.2f}-{max(t):.2f} s':>17}" for t in times)
    print(f"{name:24} {written}   <= {limit:g} s: {'met' if kept else 'MISSED'}", flush=True)
    return kept


def memory(browser: BrowserContext, url: str, server: psutil.Process, sessions: int) -> int:
    """Print the server's memory with so many sessions open; 1 when it is too much."""
    places = list(PAGES.values())
    for number in range(sessions):
        page = browser.new_page()
        path, answer = places[number % len(places)]
        page.goto(f"{url}/{path}")
        page.wait_for_selector(answer)
        page.wait_for_selector(DONE)
    used = server.memory_info().rss / 1e6
    kept = used <= MEMORY_MB
    said = "met" if kept else "MISSED"
    print(f"server's resident memory, {sessions} sessions: {used:.0f} MB   <= {MEMORY_MB} MB: {said}")
    return not kept


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The UI on this store: its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "REXLAB_HOME": str(home)}
    process = subprocess.Popen([rexlab(), "ui", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.1)
        time.sleep(5)  # it imports the pages while nobody waits
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
