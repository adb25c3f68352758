"""The page Author: what it offers, what it saves, and what it refuses, without a browser."""

import shutil
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.shell import TASKS, Shell
from tests.webui.conftest import OpenApp

MEAN, VARIANCE = "moments/core.py:mean", "moments/core.py:variance"
HOSTILE = "<script>alert(1)</script> ![x](http://evil.example/x.png) :red[x] $x$ \x1b[31m"


@pytest.fixture
def author(tmp_path: Path) -> Shell:
    """A user with a folder of tasks that holds ``mine/moments``, and a store without a run."""
    folder = tmp_path / "author"
    shutil.copytree(TASKS / "tiny", folder / "own/mine")
    return Shell(folder, {"REXLAB_TASKS_PATH": str(folder / "own")})


def manifest(shell: Shell, task: str = "mine/moments") -> dict[str, Any]:
    return tomllib.loads((shell.folder / "own" / task / "task.toml").read_text())


def tick(test: AppTest, function: str) -> Any:
    return test.checkbox(key=f"tick mine/moments {function}")


def part(test: AppTest, name: str) -> AppTest:
    test.session_state["author-part"] = name
    return test.run()


def said(test: AppTest) -> str:
    """Everything that the page says outside of widgets and code, without the backslashes of ``plain``."""
    kinds = (test.markdown, test.caption, test.info, test.warning, test.error, test.success, test.subheader)
    return "\n".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def diffs(test: AppTest) -> str:
    return "\n".join(block.value for block in test.code if block.language == "diff")


def finish(shell: Shell) -> None:
    """Wait for the jobs of the store."""
    deadline = time.monotonic() + 120
    while not all((job.parent / "exit").exists() for job in (shell.home / "jobs").glob("*/job.json")):
        assert time.monotonic() < deadline, "a job does not end"
        time.sleep(0.2)


def make(test: AppTest, **texts: str) -> None:
    """Fill in the form for a new task, by the beginnings of its labels, and send it."""
    for label, text in texts.items():
        next(t for t in test.text_input if t.label.startswith(label)).input(text)
    next(b for b in test.button if b.label == "Make the task").click().run()


def test_without_a_task_it_says_what_to_do(app: OpenApp, author: Shell):
    test = app("author", shell=author)
    assert not test.exception
    assert "Choose a task above" in said(test)
    options = test.selectbox[0].options
    assert options[0] == "mine/moments"
    assert "classic/lion (cannot be edited here)" in options


def test_choosing_a_task_opens_it(app: OpenApp, author: Shell):
    test = app("author", shell=author)
    test.selectbox[0].select("mine/moments").run()
    assert not test.exception
    assert test.query_params["id"] in ("mine/moments", ["mine/moments"])
    assert [s.value for s in test.subheader] == ["Moments of a sample"]


def test_an_unknown_task_is_said(app: OpenApp, author: Shell):
    for name in ("mine/none", "../own/mine/moments", HOSTILE):
        test = app("author", shell=author, id=name)
        assert not test.exception
        assert len(test.warning) == 1
        assert "There is no task" in test.warning[0].value


def test_a_tick_changes_the_mask_at_once_and_the_manifest_when_it_is_saved(app: OpenApp, author: Shell):
    test = app("author", shell=author, id="mine/moments")
    assert tick(test, MEAN).value and tick(test, VARIANCE).value
    assert "masked: variance" in diffs(test)
    assert "Everything is saved" in said(test)
    tick(test, VARIANCE).uncheck().run()
    assert "masked: variance" not in diffs(test) and "masked: mean" in diffs(test)
    assert "**Not saved:** variance unticked" in said(test)
    assert "variance" in [f["qualname"] for f in manifest(author)["function"]]
    test.button(key="author-save-now").click().run()
    assert not test.exception and not test.error
    assert "Everything is saved" in said(test)
    assert [f["function"] for f in author.json("task", "functions", "mine/moments")] == ["mean", "Welford.push"]


def test_texts_are_kept_over_parts_and_saved(app: OpenApp, author: Shell):
    test = part(app("author", shell=author, id="mine/moments"), "Texts")
    test.text_input(key="title mine/moments").input("Another title").run()
    test.text_area(key=f"description mine/moments {MEAN}").input("Sum of the numbers divided by their count.").run()
    test.multiselect(key=f"experiments mine/moments {MEAN}").unselect("batch-long").run()
    part(test, "Evidence")
    part(test, "Texts")
    assert test.text_input(key="title mine/moments").value == "Another title"
    assert "the title, the description of mean, the experiments of mean" in said(test)
    test.button(key="author-save-now").click().run()
    saved = manifest(author)
    assert saved["task"]["title"] == "Another title"
    assert saved["function"][0]["description"] == "Sum of the numbers divided by their count."
    assert saved["experiment"][2]["functions"] == ["variance", "Welford.push"]


def test_the_words_of_the_paper_and_of_the_experiments_are_saved(app: OpenApp, author: Shell):
    test = part(app("author", shell=author, id="mine/moments"), "Texts")
    test.text_input(key="authors mine/moments").input("A. Author,B. Author, ").run()
    test.number_input(key="year mine/moments").set_value(1925).run()
    test.text_input(key="url mine/moments").input("nowhere").run()
    test.text_input(key="experiment stream mine/moments").input("A running update").run()
    test.button(key="author-save-now").click().run()
    assert "the paper's address is 'nowhere'" in said(test)
    test.text_input(key="url mine/moments").input("https://example.org/other").run()
    test.button(key="author-save-now").click().run()
    assert "Everything is saved" in said(test)
    paper = manifest(author)["paper"]
    assert (paper["authors"], paper["year"], paper["url"]) == (
        ["A. Author", "B. Author"],
        1925,
        "https://example.org/other",
    )
    assert [e.get("description") for e in manifest(author)["experiment"]][1] == "A running update"


def test_a_description_comes_from_the_docstring(app: OpenApp, author: Shell):
    core = author.folder / "own/mine/moments/code/moments/core.py"
    core.write_text(
        core.read_text().replace('"""Arithmetic mean."""', '"""Arithmetic mean of the numbers, as a float."""')
    )
    test = part(app("author", shell=author, id="mine/moments"), "Texts")
    test.button(key=f"docstring mine/moments {MEAN}").click().run()
    area = test.text_area(key=f"description mine/moments {MEAN}")
    assert area.value == "Arithmetic mean of the numbers, as a float."
    test.button(key="author-discard").click().run()
    assert test.text_area(key=f"description mine/moments {MEAN}").value.startswith("Arithmetic mean of a list")


def test_what_cannot_be_saved_is_one_sentence(app: OpenApp, author: Shell):
    before = manifest(author)
    test = app("author", shell=author, id="mine/moments")
    tick(test, "moments/online.py:Welford.push").uncheck().run()
    test.button(key="author-save-now").click().run()
    (error,) = test.error
    assert "experiment stream needs one of" in error.value.replace("\\", "")
    assert "**Not saved:**" in said(test)
    assert manifest(author) == before


def test_nothing_ticked_says_so(app: OpenApp, author: Shell):
    test = app("author", shell=author, id="mine/moments")
    for function in (MEAN, VARIANCE, "moments/online.py:Welford.push"):
        tick(test, function).uncheck().run()
    assert "Tick at least one function" in said(test)
    test.button(key="author-save-now").click().run()
    assert "needs at least one function to mask" in test.error[0].value


def test_a_leak_is_shown_in_words(app: OpenApp, author: Shell):
    code = author.folder / "own/mine/moments/code/moments"
    (code / "old.py").write_text((code / "online.py").read_text())
    test = app("author", shell=author, id="mine/moments")
    assert "1 place gives a masked body away" in test.error[0].value
    (row,) = test.dataframe[0].value.to_dict("records")
    assert row["Found"] == "a copy of the body" and row["File"] == "moments/old.py"


def test_a_change_by_another_is_said_and_can_be_taken_up(app: OpenApp, author: Shell):
    test = app("author", shell=author, id="mine/moments")
    tick(test, VARIANCE).uncheck().run()
    place = author.folder / "own/mine/moments/task.toml"
    place.write_text(place.read_text().replace('title = "Moments of a sample"', 'title = "By another"'))
    test.run()
    assert "was changed by somebody else" in test.warning[0].value
    assert not [b for b in test.button if b.key == "author-save-now"]
    test.button(key="author-rebase").click().run()
    test.button(key="author-save-now").click().run()
    assert manifest(author)["task"]["title"] == "By another"
    assert [f["qualname"] for f in manifest(author)["function"]] == ["mean", "Welford.push"]


def test_a_broken_manifest_is_said(app: OpenApp, author: Shell):
    (author.folder / "own/mine/moments/task.toml").write_text("schema = \n")
    test = app("author", shell=author, id="mine/moments")
    assert not test.exception
    assert "is not valid TOML" in test.error[0].value
    assert test.selectbox[0].value == "mine/moments"


def test_a_task_that_ships_is_copied_to_be_edited(app: OpenApp, author: Shell):
    test = app("author", shell=author, id="classic/lion")
    assert "It ships with rexlab" in said(test)
    assert not [b for b in test.button if b.key == "author-save-now"]
    names = [t for t in test.text_input if t.label == "Name"]
    names[-1].input("moments")
    next(b for b in test.button if b.label == "Make the copy").click().run()
    assert "exists already" in test.error[0].value
    [t for t in test.text_input if t.label == "Name"][-1].input("lion-two")
    next(b for b in test.button if b.label == "Make the copy").click().run()
    assert not test.exception
    assert manifest(author, "mine/lion-two")["task"]["name"] == "lion-two"
    assert test.selectbox[0].value == "mine/lion-two"
    assert "Everything is saved" in said(test)


def test_a_new_task_is_made_by_a_job_whose_failure_is_shown(app: OpenApp, author: Shell):
    (author.folder / "empty").mkdir()
    (author.folder / "paper.md").write_text("# On moments\n\nTheir text.\n")
    test = app("author", shell=author)
    make(test, Name="fresh", Repository="nowhere", Paper="paper.md")
    assert "is no folder on this server" in said(test)
    make(test, Name="fresh", Repository=str(author.folder / "empty"), Paper=str(author.folder / "paper.md"))
    assert not test.exception
    finish(author)
    test.run()
    assert "mine/fresh was not made" in said(test)
    assert any("no script could be run" in block.value for block in test.code)
    assert not (author.folder / "own/mine/fresh").exists()

    (author.folder / "empty/run.py").write_text(
        "from moments.core import variance\n"
        'if __name__ == "__main__":\n    print("variance:", variance([1.0, 2.0, 4.0]))\n'
    )
    shutil.copytree(author.folder / "own/mine/moments/code/moments", author.folder / "empty/moments")
    make(test, Name="fresh", Repository="empty", Paper="paper.md")
    finish(author)
    test.run()
    assert [s.value for s in test.subheader] == ["On moments"], said(test)
    assert test.selectbox[0].value == "mine/fresh"


def test_a_job_runs_to_its_end_and_its_log_is_shown(app: OpenApp, author: Shell):
    test = part(app("author", shell=author, id="mine/moments"), "Evidence")
    assert "calibration.json is missing" in said(test)
    test.number_input(key="author-runs").set_value(2).run()
    test.button(key="author-calibrate").click().run()
    assert not test.exception
    assert test.button(key="author-check").disabled
    finish(author)
    test.run()
    assert "calibration.json is missing" not in said(test)
    assert any("wrote" in block.value and "calibration.json" in block.value for block in test.code)
    assert not test.button(key="author-check").disabled


def test_read_only_shows_and_does_nothing(app: OpenApp, author: Shell):
    author.variables["REXLAB_UI_READ_ONLY"] = "1"
    before = manifest(author)
    test = app("author", shell=author, id="mine/moments")
    assert "This server is read-only" in said(test)
    tick(test, VARIANCE).uncheck().run()
    assert "masked: variance" not in diffs(test)
    assert not [b for b in test.button if not b.disabled]
    part(test, "Texts")
    assert all(field.disabled for field in (*test.text_area, *test.multiselect))
    part(test, "Evidence")
    assert not [b for b in test.button if not b.disabled]
    assert manifest(author) == before
    assert not (author.home / "jobs").exists()


def test_hostile_texts_are_text(app: OpenApp, author: Shell):
    place = author.folder / "own/mine/moments/task.toml"
    escaped = HOSTILE.replace("\x1b", "\\u001b")
    text = place.read_text().replace('title = "Moments of a sample"', f'title = "{escaped}"')
    place.write_text(text.replace('description = "Arithmetic', f'description = "{escaped} Arithmetic'))
    test = app("author", shell=author, id="mine/moments")
    assert not test.exception
    (heading,) = test.subheader
    assert "\\<script\\>" in heading.value and "\\!\\[x\\]" in heading.value and "\x1b" not in heading.value
    part(test, "Texts")
    for element in (*test.markdown, *test.caption):
        assert not element.allow_html
        assert "<script>" not in element.value
