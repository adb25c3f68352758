"""A mask looked at before it is used: diffs, leaks, and what was not searched."""

import shutil
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.authoring.preview import preview_mask, write_mask
from rexlab.errors import FunctionNotFoundError
from rexlab.task.load import Task, load_task


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return load_task(shutil.copytree(TASKS / "tiny/moments", tmp_path / "mine/moments"))


def test_each_file_with_a_masked_function_has_its_diff(task: Task):
    seen = preview_mask(task, [task.function("mean"), task.function("Welford.push")])
    assert [path for path, _ in seen.diffs] == ["moments/core.py", "moments/online.py"]
    core = seen.diffs[0][1]
    assert core.startswith("--- a/moments/core.py\n+++ b/moments/core.py\n")
    assert "-    return sum(numbers) / len(numbers)\n" in core
    assert '+    raise NotImplementedError("masked: mean")\n' in core
    assert "variance" not in "".join(line for line in core.splitlines() if line.startswith(("-", "+")))


def test_a_copy_of_a_masked_body_is_a_leak_and_a_short_body_a_note(task: Task):
    source = (task.code / "moments/online.py").read_text()
    (task.code / "moments/old.py").write_text(source)
    seen = preview_mask(task, [task.function("mean"), task.function("Welford.push")])
    (leak,) = seen.leaks
    assert (leak.function, leak.file, leak.kind) == ("moments/online.py:Welford.push", "moments/old.py", "copy")
    (note,) = seen.notes
    assert note.startswith("moments/core.py:mean: ") and "too short" in note


def test_nothing_chosen_changes_nothing(task: Task):
    seen = preview_mask(task, [])
    assert (seen.diffs, seen.leaks, seen.notes) == ([], [], [])


def test_what_is_kept_is_what_was_looked_at(task: Task, tmp_path: Path):
    place = tmp_path / "masked"
    seen = write_mask(task, [task.function("variance")], place)
    assert "masked: variance" in (place / "moments/core.py").read_text()
    assert [path for path, _ in seen.diffs] == ["moments/core.py"]
    assert "masked" not in (task.code / "moments/core.py").read_text()


def test_a_file_without_a_last_line_break_says_so(task: Task):
    file = task.code / "moments/core.py"
    file.write_text(file.read_text().rstrip())
    ((_, text),) = preview_mask(task, [task.function("variance")]).diffs
    assert text.count("\\ No newline at end of file") == 2
    assert not [line for line in text.splitlines() if line.startswith("-") and "+    raise" in line]


def test_a_function_that_is_not_there_is_said(task: Task):
    from rexlab.authoring.edit import FunctionEdit

    with pytest.raises(FunctionNotFoundError, match="has no function 'median'"):
        preview_mask(task, [FunctionEdit("moments/core.py", "median", "The middle one of the numbers.")])
