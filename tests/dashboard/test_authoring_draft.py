"""Drafts of tasks: what they change, what they keep, and what happens when the task changes under them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.authoring.edit import FunctionEdit, edit_functions
from rexlab.dashboard.authoring_code import read_code, source_of
from rexlab.dashboard.authoring_draft import Draft
from rexlab.errors import InputError
from rexlab.task.load import Task, load_task

MEAN, VARIANCE, PUSH, INIT = (
    "moments/core.py:mean",
    "moments/core.py:variance",
    "moments/online.py:Welford.push",
    "moments/online.py:Welford.__init__",
)
SAID = "A description that is long enough to be one."


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return load_task(shutil.copytree(TASKS / "tiny/moments", tmp_path / "mine/moments"))


@pytest.fixture
def draft(task: Task) -> Draft:
    return Draft.of(task, read_code(task))


def write(task: Task, old: str, new: str) -> Task:
    place = task.folder / "task.toml"
    assert old in place.read_text()
    place.write_text(place.read_text().replace(old, new))
    return load_task(task.folder)


def test_the_code_lists_every_function_that_is_not_protected(task: Task):
    (task.code / "moments/broken.py").write_text("def f(:\n")
    (task.code / "build").mkdir()
    (task.code / "build/copy.py").write_text("def copied(): ...\n")
    code = read_code(task)
    assert [f.id for f in code.functions] == [MEAN, VARIANCE, INIT, PUSH]
    assert code.declared == (MEAN, VARIANCE, PUSH)
    assert [n for n in code.notes if "broken.py" in n and "does not parse" in n]
    assert "3 modules are protected: no patch can change what is in them" in code.notes
    mean = code.functions[0]
    assert mean.said.startswith("TODO: say what mean computes (Arithmetic mean.).")
    assert mean.lines == 3
    assert source_of(task, mean).splitlines()[-1] == "    return sum(numbers) / len(numbers)"


def test_a_function_that_the_manifest_has_is_listed_wherever_it_is(task: Task):
    (task.code / "experiments/more.py").write_text("def twice(x):\n    return 2 * x\n\n\ndef other(x):\n    return x\n")
    task = edit_functions(
        task,
        [
            *(FunctionEdit(f.path, f.qualname, f.description) for f in task.functions),
            FunctionEdit("experiments/more.py", "twice", SAID),
        ],
    )
    code = read_code(task)
    assert [f.name for f in code.functions if f.path == "experiments/more.py"] == ["twice"]
    assert not Draft.of(task, code).changes


def test_a_fresh_draft_changes_nothing(task: Task, draft: Draft):
    assert draft.changes == []
    assert [(f.path, f.qualname, f.description) for f in draft.chosen] == [
        (f.path, f.qualname, f.description.strip()) for f in task.functions
    ]
    before = (task.folder / "task.toml").read_bytes()
    draft.save()
    assert (task.folder / "task.toml").read_bytes() == before


def test_changes_are_said_in_words(draft: Draft):
    changed = draft.write("title", "Other").write("summary", "Else.").tick(VARIANCE, False).tick(INIT, True)
    changed = changed.describe(MEAN, SAID).depend(PUSH, ("stream",)).write("authors", ("A. Author",))
    changed = changed.write_experiment("stream", "Something else")
    assert changed.changes == [
        "the title",
        "the summary",
        "the authors",
        "the descriptions of experiments",
        "the description of mean",
        "variance unticked",
        "Welford.__init__ ticked",
        "the experiments of Welford.push",
    ]
    assert draft.changes == []


def test_what_is_taken_back_is_no_change(draft: Draft):
    there = draft.tick(VARIANCE, False).describe(MEAN, SAID).write("title", "x")
    title = draft.base.manifest.task.title
    back = there.tick(VARIANCE, True).describe(MEAN, draft.description(MEAN)).write("title", title)
    assert back.changes == []


def test_an_unticked_function_keeps_what_was_written_of_it(draft: Draft):
    there = draft.describe(VARIANCE, SAID).tick(VARIANCE, False)
    assert VARIANCE not in [f.id for f in there.chosen]
    assert there.tick(VARIANCE, True).description(VARIANCE) == SAID


def test_saving_writes_what_the_draft_says(task: Task, draft: Draft):
    wanted = draft.tick(MEAN, False).tick(INIT, True).describe(INIT, SAID).depend(INIT, ("stream",))
    saved = wanted.write("title", "Another title").save()
    assert saved.manifest.task.title == "Another title"
    assert [f.id for f in saved.functions] == [VARIANCE, PUSH, INIT]
    assert saved.function("Welford.__init__").description == SAID
    assert [e.name for e in saved.experiments if "Welford.__init__" in e.functions] == ["stream"]
    assert Draft.of(saved, read_code(saved)).changes == []


def test_what_is_missing_of_a_description_is_marked(draft: Draft):
    assert draft.lack(MEAN) == ""
    assert draft.lack(INIT) == "no description yet"
    assert draft.describe(INIT, "short").lack(INIT) == "description too short"
    with pytest.raises(InputError, match="say in at least 20 what it does"):
        draft.tick(INIT, True).describe(INIT, "short").save()


def test_a_change_elsewhere_in_the_manifest_is_no_conflict(task: Task, draft: Draft):
    mine = draft.tick(MEAN, False)
    now = write(task, "tolerance = 1e-6", "tolerance = 1e-5")
    assert not mine.differs_from(now)
    moved = mine.upon(now, read_code(now))
    assert moved.changes == ["mean unticked"]
    assert "tolerance = 1e-5" in (moved.save().folder / "task.toml").read_text()


def test_a_change_of_the_same_things_is_a_conflict_until_it_is_taken_up(task: Task, draft: Draft):
    mine = draft.tick(MEAN, False).describe(VARIANCE, SAID).write("year", 1999)
    now = write(task, 'title = "Moments of a sample"', 'title = "By another"')
    assert mine.differs_from(now)
    with pytest.raises(InputError, match="was changed after it was read here"):
        mine.save()
    saved = mine.upon(now, read_code(now)).save()
    assert (saved.manifest.task.title, saved.manifest.paper.year) == ("By another", 1999)
    assert [f.id for f in saved.functions] == [VARIANCE, PUSH]
    assert saved.function("variance").description == SAID


def test_a_function_that_has_gone_from_the_code_leaves_the_draft(task: Task, draft: Draft):
    mine = draft.tick(INIT, True).describe(INIT, SAID).tick(MEAN, False)
    online = task.code / "moments/online.py"
    online.write_text(online.read_text().replace("def __init__", "def begin"))
    moved = mine.upon(task, read_code(task))
    assert moved.changes == ["mean unticked"]


def test_a_draft_is_never_changed(draft: Draft):
    assert replace(draft) == draft
    draft.tick(MEAN, False)
    draft.describe(MEAN, SAID)
    draft.depend(MEAN, ())
    assert draft.changes == []
