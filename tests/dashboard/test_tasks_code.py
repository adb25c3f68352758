"""A task's code: which files there are, their text, and the functions that can be masked in them."""

import shutil
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.dashboard import tasks_code as module
from rexlab.dashboard.tasks_code import MAX_BYTES, by_file, code_files, lines_of, maskable, read_code
from rexlab.errors import NotFoundError
from rexlab.task.load import Task, load_task


@pytest.fixture
def task(tmp_path: Path) -> Task:
    shutil.copytree(TASKS / "tiny" / "moments", tmp_path / "moments")
    return load_task(tmp_path / "moments")


def test_files_are_listed_by_path_without_caches(task: Task) -> None:
    (task.code / "__pycache__").mkdir()
    (task.code / "__pycache__" / "core.pyc").write_bytes(b"x")
    (task.code / "a.bin").write_bytes(b"\0" * 10)
    files, more = code_files(task)
    assert not more
    paths = [file.path for file in files]
    assert paths == sorted(paths)
    assert {"a.bin", "moments/core.py", "experiments/batch.py"} <= set(paths)
    assert not any("pycache" in path for path in paths)
    assert next(f.size for f in files if f.path == "a.bin") == 10


def test_of_a_huge_tree_the_first_files_are_listed(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    files, more = code_files(task)
    assert (len(files), more) == (2, True)


def test_text_is_read_with_its_language(task: Task) -> None:
    found = read_code(task, "moments/core.py")
    assert found.language == "python"
    assert "def variance" in found.text
    assert (found.binary, found.cut, found.size) == (False, False, (task.code / "moments/core.py").stat().st_size)


def test_binary_files_are_said_and_not_shown(task: Task) -> None:
    (task.code / "a.py").write_bytes(b"\x7fELF\0\1")
    found = read_code(task, "a.py")
    assert (found.text, found.binary, found.size) == ("", True, 6)


def test_a_large_file_is_cut_and_control_characters_are_replaced(task: Task) -> None:
    (task.code / "a.txt").write_bytes(b"\x1b[31mred\xff\n" + b"line\n" * MAX_BYTES)
    found = read_code(task, "a.txt")
    assert found.cut
    assert len(found.text) <= MAX_BYTES + 100
    assert found.text.startswith("red\N{REPLACEMENT CHARACTER}\nline\n")


@pytest.mark.parametrize("path", ["nowhere.py", "../task.toml", "/etc/passwd", "moments", ""])
def test_what_is_no_file_of_the_code_is_refused(task: Task, path: str) -> None:
    with pytest.raises(NotFoundError, match="has no file"):
        read_code(task, path)


def test_a_link_out_of_the_code_is_refused(task: Task) -> None:
    (task.code / "out").symlink_to(task.folder / "task.toml")
    with pytest.raises(NotFoundError, match="has no file"):
        read_code(task, "out")


def test_maskable_functions_have_their_lines_and_experiments(task: Task) -> None:
    found = {f.section.qualname: f for f in maskable(task)}
    assert list(found) == ["mean", "variance", "Welford.push"]
    lines = (task.code / "moments/core.py").read_text().splitlines()
    for name in ("mean", "variance"):
        assert lines[found[name].first_line - 1].startswith(f"def {name}")
    assert found["mean"].experiments == ["batch", "batch-long"]
    assert found["Welford.push"].experiments == ["stream", "batch-long"]
    assert found["mean"].lines == f"lines {found['mean'].first_line}\N{EN DASH}{found['mean'].last_line}"


def test_an_experiment_that_names_no_function_depends_on_all(task: Task) -> None:
    manifest = task.folder / "task.toml"
    manifest.write_text(manifest.read_text().replace('functions = ["Welford.push"]\n', ""))
    assert all("stream" in f.experiments for f in maskable(load_task(task.folder)))


def test_a_function_is_shown_without_the_indentation_of_its_class(task: Task) -> None:
    push = next(f for f in maskable(task) if f.section.qualname == "Welford.push")
    text = lines_of(task, push)
    assert text.startswith("def push(")
    assert text.split("\n")[-1].startswith("    ")


def test_functions_are_listed_by_file_in_the_order_of_their_lines(task: Task) -> None:
    found = by_file(maskable(task))
    assert list(found) == ["moments/core.py", "moments/online.py"]
    places = [f.first_line for f in found["moments/core.py"]]
    assert places == sorted(places)
    assert len(places) == 2
