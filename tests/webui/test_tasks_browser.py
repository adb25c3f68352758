"""The page Tasks in a real browser: a row opens a task, its paper is set in maths, a hostile paper does nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.support.shell import TASKS, Shell
from tests.support.site import Site, serving, settle
from tests.webui.conftest import Visit

pytestmark = pytest.mark.browser
ROW, HEAD = 35, 38
PATIENCE_MS = 30_000
"""What draws maths and figures is fetched when it is first needed."""
HOSTILE = """# A paper <script>window.hit = 1</script>

![seen](http://evil.example/x.png) [click](javascript:window.hit=2) [far](http://evil.example/)
<img src=x onerror="window.hit=3">
:material/home: :smile: :red[red] www.evil.example mail@evil.example http://evil.example/y <!-- note -->

<iframe src="http://evil.example/"></iframe>

[![inner](http://evil.example/a.png)][ref] and $a^2$, $\\href{http://evil.example}{h}$,
$\\includegraphics{http://evil.example/z.png}$

[ref]: http://evil.example/ref
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The UI on a bare store and the small task with a hostile paper and README."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(TASKS / "tiny", folder / "suites" / "tiny")
    for name in ("paper.md", "README.md"):
        (folder / "suites" / "tiny" / "moments" / name).write_text(HOSTILE)
    with serving(Shell(folder, {"REXLAB_TASKS_PATH": str(folder / "suites")})) as site:
        yield site


def fits(page: Page) -> bool:
    """Whether nothing makes the page wider than its window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_row_opens_the_task_and_its_parts_are_in_the_address(visit: Visit) -> None:
    with visit("tasks?find=lion&suite=classic") as page:
        page.locator('[data-testid="stDataFrame"]').click(position={"x": 16, "y": HEAD + ROW // 2})
        settle(page)
        expect(page.locator("h1")).to_contain_text("Lion, the optimiser that moves by the sign")
        expect(page.locator(".katex-display").first).to_be_visible(timeout=PATIENCE_MS)
        assert page.locator(".katex-error").count() == 0
        page.get_by_role("radio", name="Experiments").click()
        settle(page)
        assert "part=Experiments" in page.url
        expect(page.locator(".js-plotly-plot")).to_be_visible(timeout=PATIENCE_MS)
        page.get_by_role("radio", name="Code").click()
        settle(page)
        page.get_by_role("button", name="AdamW.step").click()
        settle(page)
        expect(page.get_by_role("heading", name="AdamW.step")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("part", ["Paper", "Code", "Experiments", "Results", "About"])
def test_it_fits_a_phone(visit: Visit, part: str) -> None:
    with visit(f"tasks?id=tiny/moments&part={part}", width=390, height=844, scheme="dark") as page:
        expect(page.locator("h1")).to_be_visible()
        assert fits(page)


@pytest.mark.parametrize("part", ["Paper", "About"])
def test_a_hostile_paper_is_text(visit: Visit, hostile: Site, part: str) -> None:
    """What it would load is counted by the visit, which allows no request to another address."""
    with visit(f"tasks?id=tiny/moments&part={part}", site=hostile) as page:
        main = page.locator('[data-testid="stMain"]')
        expect(main.get_by_text("<script>window.hit = 1</script>")).to_be_visible()
        text = main.inner_text().replace("\N{WORD JOINER}", "")
        for written in (
            ":material/home: :smile: :red[red] www.evil.example mail@evil.example",
            "http://evil.example/y",
        ):
            assert written in text
        expect(main.locator(".katex")).to_have_count(1, timeout=PATIENCE_MS)
        assert main.locator("img, iframe, a[href*=evil], a[href^=javascript], a[href^=mailto]").count() == 0
        assert page.evaluate("window.hit") is None


def test_every_bundled_paper_is_set_without_an_error(visit: Visit) -> None:
    papers = sorted(Path(__file__).parents[2].glob("tasks/*/*/paper.md"))
    assert len(papers) >= 24
    with visit("tasks") as page:
        for paper in papers:
            page.goto(f"{page.url.partition('/tasks')[0]}/tasks?id={paper.parent.parent.name}/{paper.parent.name}")
            settle(page)
            expect(page.locator("h1")).to_be_visible()
            assert page.locator(".katex-error").count() == 0, paper
            text = page.locator('[data-testid="stMain"]').inner_text()
            assert "$" not in text, paper
            assert bool(page.locator(".katex").count()) == ("$" in paper.read_text()), paper
