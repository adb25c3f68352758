"""Edits of a manifest: what is wanted is there, comments and order stay, and nothing is ever half-written."""

import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.shell import TASKS

from rexlab.authoring.edit import FunctionEdit, edit_functions
from rexlab.authoring.edit_texts import Texts
from rexlab.errors import FunctionNotFoundError, InputError, ManifestError
from rexlab.task.load import Task, load_task

INIT = FunctionEdit(
    "moments/online.py", "Welford.__init__", "Start with no number seen: count, mean and squares are 0."
)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return load_task(shutil.copytree(TASKS / "tiny/moments", tmp_path / "mine/moments"))


def edits(task: Task, *names: str) -> list[FunctionEdit]:
    """The task's functions of these names, or all of them, as they are."""
    sections = [task.function(n) for n in names] if names else task.functions
    return [FunctionEdit(s.path, s.qualname, s.description) for s in sections]


def texts(task: Task, **changed: Any) -> Texts:
    return replace(Texts.of(task.manifest), **changed)


def text_of(task: Task) -> str:
    return (task.folder / "task.toml").read_text()


def rewrite(task: Task, text: str) -> Task:
    (task.folder / "task.toml").write_text(text)
    return load_task(task.folder)


def test_no_change_leaves_every_byte(task: Task):
    before = text_of(task)
    edited = edit_functions(task, edits(task), Texts.of(task.manifest))
    assert text_of(task) == before
    assert edited.manifest == task.manifest


def test_an_added_function_follows_the_others_and_counts_for_every_experiment(task: Task):
    before = text_of(task)
    edited = edit_functions(task, [*edits(task), INIT])
    assert [f.qualname for f in edited.functions] == ["mean", "variance", "Welford.push", "Welford.__init__"]
    assert edited.functions[-1].description == INIT.description
    assert [e.functions for e in edited.experiments] == [
        ["mean", "variance", "Welford.__init__"],
        ["Welford.push", "Welford.__init__"],
        ["mean", "variance", "Welford.push", "Welford.__init__"],
    ]
    lines = text_of(task).splitlines()
    at = lines.index('qualname = "Welford.__init__"')
    assert lines[at - 3 : at] == ["", "[[function]]", 'path = "moments/online.py"']
    assert lines[at + 2] == "" and lines[at + 3] == "[[experiment]]"
    assert [line for line in before.splitlines() if not line.startswith("functions")] == [
        line for i, line in enumerate(lines) if not at - 3 <= i <= at + 1 and not line.startswith("functions")
    ]


def test_which_experiments_need_a_function_can_be_said(task: Task):
    new = FunctionEdit(INIT.path, INIT.qualname, INIT.description, experiments=("stream",))
    edited = edit_functions(task, [*edits(task), new])
    assert [INIT.qualname in e.functions for e in edited.experiments] == [False, True, False]
    push = next(e for e in edits(edited, "Welford.push"))
    narrower = FunctionEdit(push.path, push.qualname, push.description, experiments=("stream",))
    others = edits(edited, "mean", "variance", INIT.qualname)
    again = edit_functions(edited, [*others, narrower])
    assert [e.functions for e in again.experiments] == [
        ["mean", "variance"],
        ["Welford.push", INIT.qualname],
        ["mean", "variance"],
    ]


def test_a_removed_function_leaves_the_lists_of_the_experiments_too(task: Task):
    edited = edit_functions(task, edits(task, "variance", "Welford.push"))
    assert [f.qualname for f in edited.functions] == ["variance", "Welford.push"]
    assert [e.functions for e in edited.experiments] == [
        ["variance"],
        ["Welford.push"],
        ["variance", "Welford.push"],
    ]


def test_an_experiment_keeps_something_to_depend_on(task: Task):
    before = text_of(task)
    with pytest.raises(InputError, match=r"experiment stream needs one of moments/online.py:Welford.push;"):
        edit_functions(task, edits(task, "mean", "variance"))
    assert text_of(task) == before


def test_every_function_can_be_exchanged(task: Task):
    edited = edit_functions(task, [INIT])
    assert [f.id for f in edited.functions] == ["moments/online.py:Welford.__init__"]
    assert text_of(task).count("[[function]]") == 1


def test_an_experiment_that_names_nothing_goes_on_naming_nothing(task: Task):
    lines = [line for line in text_of(task).splitlines(keepends=True) if not line.startswith("functions")]
    task = rewrite(task, "".join(lines))
    edited = edit_functions(task, [*edits(task, "mean", "Welford.push"), INIT])
    assert [e.functions for e in edited.experiments] == [[], [], []]
    narrow = [FunctionEdit(e.path, e.qualname, e.description, ("batch",)) for e in edits(edited, "mean")]
    edited = edit_functions(edited, [*narrow, *edits(edited, "Welford.push", INIT.qualname)])
    named = ["moments/online.py:Welford.push", "moments/online.py:Welford.__init__"]
    assert [e.functions for e in edited.experiments] == [[], named, named]


def test_comments_stay_where_they_belong(task: Task):
    text = text_of(task)
    text = text.replace(
        '[[function]]\npath = "moments/core.py"\nqualname = "variance"',
        '# goes with variance\n[[function]]\npath = "moments/core.py"  # the file\nqualname = "variance"',
    ).replace("[[function]]", "# ---- what can be masked ----\n\n[[function]]", 1)
    text = text.replace('[[experiment]]\nname = "batch"', '# ---- experiments ----\n\n[[experiment]]\nname = "batch"')
    text = text.replace('functions = ["mean", "variance"]', 'functions = [\n  "mean",  # first\n  "variance",\n]')
    task = rewrite(task, text)
    edit_functions(task, [*edits(task, "variance", "Welford.push"), INIT])
    left = text_of(task)
    heading, variance, push, init, runs = (
        left.index(part)
        for part in (
            "# ---- what can be masked ----\n\n# goes with variance\n[[function]]",
            'path = "moments/core.py"  # the file\nqualname = "variance"',
            'qualname = "Welford.push"',
            'qualname = "Welford.__init__"',
            "# ---- experiments ----\n\n[[experiment]]\n",
        )
    )
    assert heading < variance < push < init < runs
    edit_functions(load_task(task.folder), [*edits(task, "Welford.push"), INIT])
    assert "goes with variance" not in text_of(task)
    assert "# ---- what can be masked ----" in text_of(task)


def test_brackets_inside_of_a_text_are_no_table(task: Task):
    trap = 'description = """\nMean.\n[[function]]\npath = "x"\n# no comment\n"""'
    text = text_of(task)
    line = next(line for line in text.splitlines() if line.startswith('description = "Arithmetic'))
    task = rewrite(task, text.replace(line, trap))
    edited = edit_functions(task, edits(task, "mean", "Welford.push"))
    assert [f.qualname for f in edited.functions] == ["mean", "Welford.push"]
    assert edited.functions[0].description == task.functions[0].description


def test_the_words_of_the_paper_and_of_the_experiments_are_written(task: Task):
    wanted = texts(
        task,
        summary="Another summary.",
        paper_title="On moments",
        authors=("A. Author", "B. Author"),
        year=1925,
        url="https://example.org/other",
        experiments={"batch": "Another measure", "stream": "", "batch-long": "Said for the first time"},
    )
    edited = edit_functions(task, edits(task), wanted)
    assert Texts.of(edited.manifest) == wanted
    assert edited.functions == task.functions
    assert [(e.name, e.metric, e.functions) for e in edited.experiments] == [
        (e.name, e.metric, e.functions) for e in task.experiments
    ]


@pytest.mark.parametrize(
    "said",
    [
        "One line that is just long enough.",
        'Several lines:\n  * with \'quotes\', "quotes" and """three"""\n  * and \\back\\slashes\\\\ ',
        'Ends with a quote: "so it is"\nand once more "',
        "Hostile: \x00 \x1b[31m <script>alert(1)</script> :red[x] $x$ " + "long " * 60,
        "Windows\r\nline ends are line ends\r\n",
        "Not ASCII: ∑ᵢ wᵢ·|nᵢ·θ|ᵖ, žluťoučký kůň",
    ],
)
def test_a_description_reads_back_as_it_was_written(task: Task, said: str):
    first, *others = edits(task)
    edited = edit_functions(
        task, [FunctionEdit(first.path, first.qualname, said), *others], texts(task, title=said.partition("\n")[0])
    )
    assert edited.functions[0].description.strip() == said.replace("\r\n", "\n").strip()
    assert edited.manifest.task.title == said.partition("\n")[0].strip()
    assert edited.manifest.experiment == task.manifest.experiment


def test_the_line_ends_of_the_file_stay(task: Task):
    place = task.folder / "task.toml"
    place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    task = load_task(task.folder)
    edit_functions(task, [*edits(task), INIT])
    assert place.read_bytes().count(b"\n") == place.read_bytes().count(b"\r\n")


def test_one_name_in_two_files_is_told_apart(task: Task):
    (task.code / "moments/other.py").write_text("def mean(x):\n    return x\n")
    other = FunctionEdit("moments/other.py", "mean", "Another function of the same name.", ("batch",))
    edited = edit_functions(task, [*edits(task), other])
    assert edited.experiments[0].functions == ["moments/core.py:mean", "variance", "moments/other.py:mean"]
    assert edited.experiments[2].functions == ["moments/core.py:mean", "variance", "Welford.push"]


def test_a_file_that_changed_meanwhile_is_left_alone(task: Task):
    changed = text_of(task).replace('title = "Moments of a sample"', 'title = "Changed by another"')
    (task.folder / "task.toml").write_text(changed)
    with pytest.raises(InputError, match=r"task.toml was changed after it was read here, so nothing was written"):
        edit_functions(task, edits(task), texts(task, title="Mine"))
    assert text_of(task) == changed


def test_a_comment_added_meanwhile_is_no_change(task: Task):
    (task.folder / "task.toml").write_text("# by hand\n" + text_of(task))
    edit_functions(task, edits(task), texts(task, title="Mine"))
    assert text_of(task).startswith("# by hand\n")
    assert tomllib.loads(text_of(task))["task"]["title"] == "Mine"


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (FunctionEdit("moments/core.py", "mean", "Too short."), "has 10 characters; say in at least 20"),
        (FunctionEdit("../secret.py", "mean", INIT.description), "must be a relative path inside the task folder"),
        (FunctionEdit("moments/none.py", "mean", INIT.description), "there is no file code/moments/none.py"),
        (FunctionEdit("moments/core.py", "median", INIT.description), "has no function 'median'"),
    ],
)
def test_what_cannot_be_a_function_is_refused(task: Task, edit: FunctionEdit, complaint: str):
    before = text_of(task)
    with pytest.raises((InputError, FunctionNotFoundError), match=complaint):
        edit_functions(task, [*edits(task, "variance", "Welford.push"), edit])
    assert text_of(task) == before


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda task: edit_functions(task, []), "needs at least one function to mask"),
        (lambda task: edit_functions(task, [*edits(task), *edits(task)]), "a function is named twice"),
        (lambda task: edit_functions(task, edits(task), texts(task, title=" ")), "the title is empty"),
        (lambda task: edit_functions(task, edits(task), texts(task, url="nowhere")), "must begin with https://"),
        (lambda task: edit_functions(task, edits(task), texts(task, authors=())), "has no author"),
    ],
)
def test_an_edit_that_leaves_no_task_is_refused(task: Task, change, complaint: str):
    before = text_of(task)
    with pytest.raises((InputError, ManifestError), match=complaint):
        change(task)
    assert text_of(task) == before


def test_an_extension_has_nothing_to_mask():
    task = load_task(Path(__file__).parents[2] / "tasks/extension/lion-cautious")
    path = next(p for p in sorted((task.code).rglob("*.py")) if "def " in p.read_text())
    name = next(line for line in path.read_text().splitlines() if line.startswith("def ")).split("(")[0][4:]
    edit = FunctionEdit(path.relative_to(task.code).as_posix(), name, INIT.description)
    with pytest.raises(InputError, match="is an extension: nothing in it is masked"):
        edit_functions(task, [edit])


def test_functions_in_one_line_are_not_taken_apart(task: Task):
    text = text_of(task)
    start, end = text.index("[[function]]"), text.index("[[experiment]]")
    listed = ", ".join(
        f'{{ path = "{f.path}", qualname = "{f.qualname}", description = "{f.description}" }}' for f in task.functions
    )
    task = rewrite(task, text[:start].replace("schema = 1", f"schema = 1\nfunction = [{listed}]") + text[end:])
    with pytest.raises(InputError, match=r"its functions are not \[\[function\]\] tables"):
        edit_functions(task, edits(task, "mean", "Welford.push"))
    edited = edit_functions(task, edits(task), texts(task, summary="Another summary."))
    assert edited.manifest.task.summary == "Another summary."


def test_a_full_disk_leaves_the_old_manifest(task: Task, monkeypatch: pytest.MonkeyPatch):
    before = text_of(task)

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="cannot be written: No space left on device; the old one is still there"):
        edit_functions(task, edits(task), texts(task, title="Mine"))
    assert text_of(task) == before
    assert sorted(p.name for p in task.folder.iterdir()) == ["code", "paper.md", "task.toml"]
