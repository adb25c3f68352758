"""A picture of every page. Asked for, they go where the README shows them:

make screenshots STORE=folder-of-a-store   # writes docs/images/webui-*.png; without STORE, of the tests' small store

The tasks are the bundled ones and those of the folder `tasks` beside the store; Author shows one of these.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.support.shell import Shell
from tests.support.site import Site, serving, settle
from tests.webui.conftest import Visit

from rexlab.store.database import open_engine
from rexlab.store.models import Outcome
from rexlab.store.pages import TrialFilter, page_of_trials
from rexlab.store.queries import list_runs

SOME = ("leaderboard", "trial", "new-run")
"""Taken where nobody asked for pictures; other tests visit every page."""
FOLDER, STORE = os.environ.get("REXLAB_SCREENSHOTS"), os.environ.get("REXLAB_SCREENSHOTS_STORE")


@pytest.fixture(scope="module")
def shown(filled: Shell) -> Shell:
    """The store of the pictures."""
    if not STORE:
        return filled
    return Shell(Path(STORE).parent, {"REXLAB_HOME": STORE, "REXLAB_TASKS_PATH": "", "REXLAB_SANDBOX": "auto"})


@pytest.fixture(scope="module")
def pictured(shown: Shell) -> Iterator[Site]:
    with serving(shown) as site:
        yield site


def places(shell: Shell) -> dict[str, str]:
    """The address of every picture: of a trial that passed and, where there is one, that has a trajectory."""
    engine = open_engine(f"sqlite:///{shell.environment['REXLAB_HOME']}/rexlab.db")
    run = list_runs(engine)[0].run.id
    passed = page_of_trials(engine, TrialFilter(runs=(run,), outcomes=(Outcome.PASSED,)), offset=0, limit=500)
    wrong = page_of_trials(engine, TrialFilter(runs=(run,), outcomes=(Outcome.WRONG_RESULT,)), offset=0, limit=500)
    asked = next((r for r in passed if r.trial.calls), passed[0])
    mistaken = next((r for r in wrong if r.trial.calls), (wrong or passed)[0])
    task = asked.variant.task
    own = sorted((shell.folder / "tasks").glob("*/*/task.toml"))
    engine.dispose()
    return {
        "leaderboard": "",
        "runs": "runs",
        "run": f"runs?id={run}",
        "trial": f"trial?id={mistaken.trial.id}&tab=Patch",
        "metrics": f"trial?id={mistaken.trial.id}&tab=Metrics",
        "trajectory": f"trial?id={asked.trial.id}&tab=Trajectory",
        "tasks": "tasks",
        "task": f"tasks?id={task}",
        "experiments": f"tasks?id={task}&part=Experiments",
        "author": f"author?id={own[0].parent.parent.name}/{own[0].parent.name}" if own else f"author?id={task}",
        "compare": "compare",
        "new-run": f"new-run?tasks={task}",
        "system": "system",
    }


@pytest.mark.browser
def test_every_page_can_be_pictured(visit: Visit, shown: Shell, pictured: Site, tmp_path: Path) -> None:
    folder = Path(FOLDER) if FOLDER else tmp_path
    for name, path in places(shown).items():
        if not FOLDER and name not in SOME:
            continue
        with visit(path, site=pictured, height=900) as page:
            if name == "new-run":
                _choose_agents(page)
            picture = folder / f"webui-{name}.png"
            _take(page, picture)
            assert picture.stat().st_size > 15_000, f"{name} is all but empty"


def _choose_agents(page: Page) -> None:
    """So that the page tells how many trials that would be."""
    for harness in ("oracle", "noop"):
        page.get_by_role("combobox", name="Harnesses").first.click()
        page.keyboard.type(harness)
        page.get_by_role("option").first.click()
        page.keyboard.press("Escape")
        settle(page)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")


def _take(page: Page, picture: Path) -> None:
    settle(page)
    page.wait_for_timeout(500)  # tables and charts draw themselves after their elements are there
    page.screenshot(path=picture)
