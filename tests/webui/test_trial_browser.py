"""The page Trial in a real browser: its parts, its links, its downloads, and a trial that ends while it is watched."""

import time
from pathlib import Path

import pytest
from tests.support.shell import Shell
from tests.support.site import serving, settle
from tests.webui.conftest import Visit

from rexlab.store.database import open_engine, writing
from rexlab.store.models import Outcome, State, TrialRow
from rexlab.store.queries import artifacts_of

WINDOWS = [(1280, 800, "light"), (390, 844, "dark")]


def of(shell: Shell, agent: str) -> str:
    return next(t["id"] for t in shell.json("trials", "list", "latest") if t["agent"].startswith(agent))


@pytest.mark.browser
@pytest.mark.parametrize(("width", "height", "scheme"), WINDOWS)
def test_every_part_of_a_trial(visit: Visit, filled: Shell, width: int, height: int, scheme: str) -> None:
    with visit(f"trial?id={of(filled, 'mutant')}", width=width, height=height, scheme=scheme) as page:
        for part, shown in (
            ("Metrics", "values pass"),
            ("Prompt", "As the agent found it"),
            ("Timeline", "Events"),
            ("Files", "Each is checked"),
            ("Patch", "The whole patch"),
        ):
            page.get_by_test_id("stMain").get_by_role("radio", name=part, exact=True).click()
            page.get_by_text(shown).first.wait_for()
            settle(page)
            assert (f"tab={part}" in page.url) == (part != "Patch")
            wide = page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
            assert wide <= 0, f"{part} is {wide} pixels wider than a window of {width}"


@pytest.mark.browser
def test_a_file_can_be_downloaded_and_a_damaged_one_is_told(visit: Visit, own: Shell, tmp_path: Path) -> None:
    trial_id = of(own, "oracle")
    rows = {a.kind: a for a in artifacts_of(open_engine(f"sqlite:///{own.home / 'rexlab.db'}"), trial_id)}
    patch = own.home / "artifacts" / rows["patch"].path
    (own.home / "artifacts" / rows["prompt"].path).write_bytes(b"cut off")
    with serving(own) as site, visit(f"trial?id={trial_id}&tab=Files", site=site) as page:
        page.get_by_text("is not what was saved").wait_for()
        buttons = page.get_by_test_id("stDownloadButton")
        assert buttons.count() == len(rows) - 1
        with page.expect_download() as started:
            buttons.nth([kind for kind in rows if kind != "prompt"].index("patch")).get_by_role("button").click()
        started.value.save_as(tmp_path / "saved")
        assert (tmp_path / "saved").read_bytes() == patch.read_bytes()
        assert started.value.suggested_filename == f"{trial_id}-{patch.name}"


@pytest.mark.browser
def test_a_watched_trial_becomes_complete_by_itself(visit: Visit, own: Shell) -> None:
    trial_id = of(own, "noop")
    engine = open_engine(f"sqlite:///{own.home / 'rexlab.db'}")

    def change(**values: object) -> None:
        with writing(engine) as session:
            row = session.get(TrialRow, trial_id)
            for name, value in values.items():
                setattr(row, name, value)
            session.add(row)

    change(state=State.RUNNING, outcome=None, started_at=time.time(), solved_at=None, finished_at=None)
    with serving(own) as site, visit(f"trial?id={trial_id}&tab=Timeline", site=site) as page:
        page.get_by_text("the agent is at work").wait_for()
        change(state=State.FINISHED, outcome=Outcome.NO_PATCH, finished_at=time.time())
        page.get_by_text("the agent is at work").wait_for(state="detached")
        page.get_by_text("no patch").first.wait_for()
        assert "tab=Timeline" in page.url


@pytest.mark.browser
def test_the_newest_trials_lead_to_one_and_that_to_the_next(visit: Visit, filled: Shell) -> None:
    first = filled.json("trials", "list", "latest")[0]["id"]
    with visit("trial") as page:
        page.get_by_label("Trial id").fill(first)
        page.get_by_role("button", name="Open").click()
        page.get_by_role("heading", name=f"Trial {first}").wait_for()
        assert f"id={first}" in page.url
        page.get_by_role("button", name="Next").click()
        page.get_by_role("heading", name=f"Trial {first[:-1]}2").wait_for()
        assert f"id={first[:-1]}2" in page.url
