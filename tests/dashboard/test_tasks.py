"""The catalogue of tasks: all of them, what does not load too, edits seen, filters, and past results."""

import os
import shutil
from pathlib import Path

import pytest
from tests.support.shell import TASKS
from tests.support.trials import Made, columns

from rexlab.dashboard import tasks as module
from rexlab.dashboard.tasks import Catalogue, Past, choose, past_results
from rexlab.errors import NotFoundError
from rexlab.reports.document import Share
from rexlab.reports.view import View
from rexlab.task.load import Task, load_task


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A folder with the suites ``tiny`` (a task) and ``broken`` (three that do not load)."""
    shutil.copytree(TASKS / "tiny", tmp_path / "tiny")
    for name, manifest in {"empty": "", "torn": "[task", "nameless": "schema = 1\n[task]\nkind = 'masking'\n"}.items():
        (tmp_path / "broken" / name).mkdir(parents=True)
        (tmp_path / "broken" / name / "task.toml").write_text(manifest)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    """As an editor does it: another content and another time."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))


def test_every_folder_is_listed_and_what_does_not_load_says_why(suites: Path) -> None:
    found = Catalogue([suites, suites / "nowhere"]).entries()
    assert [e.id for e in found] == ["broken/empty", "broken/nameless", "broken/torn", "tiny/moments"]
    assert [e.task is None for e in found] == [True, True, True, False]
    assert "is not valid TOML" in found[2].problem
    assert "task.name: is missing" in found[1].problem
    assert (found[3].title, found[3].kind, found[3].tags) == ("Moments of a sample", "masking", ["test"])


def test_a_task_is_found_by_its_id(suites: Path) -> None:
    catalogue = Catalogue([suites])
    assert catalogue.find("tiny/moments").folder == suites / "tiny" / "moments"
    with pytest.raises(NotFoundError, match="no task 'tiny/other'"):
        catalogue.find("tiny/other")


def test_an_edit_shows_up_and_nothing_else_is_loaded_again(suites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def counted(folder: Path) -> Task:
        loaded.append(folder.name)
        return load_task(folder)

    monkeypatch.setattr(module, "load_task", counted)
    catalogue = Catalogue([suites])
    catalogue.entries()
    assert sorted(loaded) == ["empty", "moments", "nameless", "torn"]
    loaded.clear()
    catalogue.entries()
    assert loaded == []
    edit(suites / "tiny" / "moments" / "task.toml", "Moments of a sample", "Moments, again")
    assert catalogue.find("tiny/moments").title == "Moments, again"
    assert loaded == ["moments"]


@pytest.mark.parametrize("file", ["paper.md", "code/moments/core.py"])
def test_an_edit_of_text_or_code_is_seen(suites: Path, file: str) -> None:
    catalogue = Catalogue([suites])
    before = catalogue.find("tiny/moments").task
    old = "def mean" if file.endswith("py") else "moments"
    edit(suites / "tiny" / "moments" / file, old, f"{old}s")
    after = catalogue.find("tiny/moments")
    assert after.task is not before
    if file.endswith("py"):
        assert "no function 'mean'" in after.problem
    else:
        assert after.task is not None
        assert "momentss" in after.task.paper


def test_a_task_that_is_gone_is_no_longer_listed(suites: Path) -> None:
    catalogue = Catalogue([suites])
    catalogue.entries()
    shutil.rmtree(suites / "broken")
    assert [e.id for e in catalogue.entries()] == ["tiny/moments"]


def test_words_suites_kinds_and_tags_choose(suites: Path) -> None:
    found = Catalogue([suites]).entries()

    def left(**wanted: object) -> list[str]:
        return [e.id for e in choose(found, **wanted)]  # type: ignore[arg-type]

    assert left() == [e.id for e in found]
    assert left(text="SAMPLE moments") == left(text="2026") == left(text="rexlab authors") == ["tiny/moments"]
    assert left(text="sample nowhere") == []
    assert left(text="valid toml") == ["broken/torn"]
    assert left(suites=["broken"]) == ["broken/empty", "broken/nameless", "broken/torn"]
    assert left(kinds=["masking"]) == left(tags=["test", "other"]) == ["tiny/moments"]
    assert left(kinds=["extension"]) == left(tags=["other"]) == left(suites=["tiny"], text="torn") == []


def test_past_results_name_the_best_agent_that_was_not_handed_the_solution() -> None:
    made = [
        *[Made(agent="react a"), Made(agent="react a", outcome="no_patch")],
        *[Made(agent="react b"), Made(agent="react b", outcome="infra_error")],
        *[Made(agent="oracle"), Made(agent="oracle")],
        Made(agent="oracle", task="classic/other"),
    ]
    found = past_results(View(columns(made)))
    assert found["classic/deis"] == Past(6, 4, "react b", Share(1, 1))
    assert found["classic/other"] == Past(1, 1, "", None)


def test_of_two_equal_rates_that_of_more_trials_is_the_better_one() -> None:
    made = [Made(agent="a"), *[Made(agent="b")] * 2, Made(agent="c")]
    assert past_results(View(columns(made)))["classic/deis"].best_agent == "b"


def test_nothing_finished_is_nothing_past() -> None:
    assert past_results(View(columns([]))) == {}
