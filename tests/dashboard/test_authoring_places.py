"""Where tasks can be edited, copies of them, and new ones from a repository."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from tests.support.shell import TASKS

from rexlab.dashboard.authoring_places import (
    Place,
    copy_task,
    keep_upload,
    list_places,
    new_folder,
    new_task_command,
    own_folder,
    stamp,
)
from rexlab.errors import InputError
from rexlab.settings import Settings, bundled, load_settings
from rexlab.task.load import load_task


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A user in an empty folder, with a folder of tasks that holds ``mine/moments``."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shutil.copytree(TASKS / "tiny", tmp_path / "own" / "mine")
    return load_settings(home=tmp_path / "home", tasks_path=str(tmp_path / "own"))


def find_place(settings: Settings, task_id: str) -> Place:
    (found,) = [place for place in list_places(settings) if place.id == task_id]
    return found


def test_tasks_of_ones_own_come_first_and_those_that_ship_are_only_to_be_copied(settings: Settings):
    first, *others = list_places(settings)
    assert (first.id, first.obstacle) == ("mine/moments", "")
    assert {p.obstacle for p in others} == {"It ships with rexlab."}
    assert "classic/lion" in {p.id for p in others}
    assert find_place(settings, "classic/lion").folder == bundled("tasks") / "classic/lion"


def test_in_a_checkout_what_ships_is_ones_own(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(bundled("tasks").parent)
    assert find_place(settings, "classic/lion").obstacle == ""


def test_a_folder_that_cannot_be_written_is_only_to_be_copied(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "moments" not in str(path) and real(path, mode))
    assert find_place(settings, "mine/moments").obstacle == "This server may not write its folder."


def test_a_copy_is_a_task_of_its_own(settings: Settings):
    task = load_task(find_place(settings, "mine/moments").folder)
    (task.folder / "calibration.json").write_text("{}")
    for path in (task.folder / "code/moments/core.py", task.folder / "task.toml", task.folder / "code"):
        path.chmod(path.stat().st_mode & ~0o222)
    try:
        copied = copy_task(settings, task, "other", "moments-2")
    finally:
        (task.folder / "code").chmod(0o755)
    assert copied.id == "other/moments-2"
    assert copied.folder == own_folder(settings) / "other/moments-2"
    assert copied.manifest.task.canary != task.manifest.task.canary
    assert copied.manifest.task.title == task.manifest.task.title
    assert copied.functions == task.functions
    assert not (copied.folder / "calibration.json").exists()
    writable = stat.S_IWUSR
    assert all(path.stat().st_mode & writable for path in copied.folder.rglob("*"))
    assert [p.name for p in copied.folder.parent.iterdir()] == ["moments-2"]
    assert find_place(settings, "other/moments-2").obstacle == ""


def test_a_task_that_ships_can_be_copied(settings: Settings):
    lion = load_task(find_place(settings, "classic/lion").folder)
    copied = copy_task(settings, lion, "mine", "lion")
    assert [f.id for f in copied.functions] == [f.id for f in lion.functions]
    assert (copied.folder / "paper.md").read_bytes() == (lion.folder / "paper.md").read_bytes()


@pytest.mark.parametrize(
    ("suite", "name", "complaint"),
    [
        ("mine", "moments", "mine/moments exists already; take another name"),
        ("mine", "../escape", "'../escape' cannot name a task"),
        ("a/b", "new", "'a/b' cannot name a suite"),
        ("mine", "", "'' cannot name a task"),
        ("mine", "Big", "'Big' cannot name a task: lower-case letters"),
        ("mine", "new\n", "cannot name a task"),
        ("classic", "new", "would hide the one in .*classic; take another name"),
    ],
)
def test_a_new_task_needs_a_name_that_is_free(settings: Settings, suite: str, name: str, complaint: str):
    with pytest.raises(InputError, match=complaint):
        new_folder(settings, suite, name)


def test_without_a_folder_of_tasks_new_ones_go_below_the_current_folder(settings: Settings):
    plain = load_settings(home=settings.home)
    assert new_folder(plain, "mine", "new") == Path.cwd() / "tasks/mine/new"


def test_a_folder_that_cannot_be_written_is_said(settings: Settings, tmp_path: Path):
    (tmp_path / "own/file").write_text("")
    task = load_task(find_place(settings, "mine/moments").folder)
    with pytest.raises(InputError, match=r"cannot be written: .*; set REXLAB_TASKS_PATH"):
        copy_task(settings, task, "file", "new")


def test_the_command_of_a_new_task_names_what_was_given(tmp_path: Path):
    (tmp_path / "paper.md").write_text("# A paper\n\nIts text.\n")
    (tmp_path / "code").mkdir()
    paper = f"--paper={tmp_path / 'paper.md'}"
    command = new_task_command(tmp_path / "t", f" {tmp_path / 'code'} ", str(tmp_path / "paper.md"))
    assert command == ["task", "new", str(tmp_path / "t"), f"--from={tmp_path / 'code'}", paper]
    for url in ("https://example.org/a.git", "git@example.org:a/b.git"):
        assert new_task_command(tmp_path / "t", url, str(tmp_path / "paper.md"))[3] == f"--from={url}"


@pytest.mark.parametrize(
    ("source", "paper", "complaint"),
    [
        ("", "paper.md", "say where the paper's repository is"),
        ("code", "", "give the paper"),
        ("none", "paper.md", "none is no folder on this server, and no git URL"),
        ("--upload-pack=x", "paper.md", "is no folder on this server"),
        ("~nobody-is-called-so/x", "paper.md", "is no folder on this server"),
        ("code", "none.md", "cannot be read: No such file"),
        ("code", "paper.docx", "a paper is a file that ends in"),
        ("code", "empty.md", "holds no text"),
    ],
)
def test_a_new_task_needs_a_repository_and_a_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, paper: str, complaint: str
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "paper.md").write_text("# A paper\n")
    (tmp_path / "empty.md").write_text(" \n")
    with pytest.raises(InputError, match=complaint) as refused:
        new_task_command(tmp_path / "t", source, paper)
    assert "\n" not in str(refused.value)


def test_an_upload_is_kept_under_a_harmless_name(settings: Settings):
    kept = keep_upload(settings, "../../My paper (final).PDF", b"%PDF-1.5 ...")
    assert kept.parent == settings.home / "uploads"
    assert kept.name.startswith("My-paper-final-") and kept.suffix == ".pdf"
    assert kept.read_bytes() == b"%PDF-1.5 ..."
    assert keep_upload(settings, "../../My paper (final).PDF", b"%PDF-1.5 ...") == kept
    assert [p.name for p in kept.parent.iterdir()] == [kept.name]
    assert keep_upload(settings, "???.tex", b"x").name.startswith("-")


@pytest.mark.parametrize(("name", "size", "complaint"), [("a.exe", 1, "ends in pdf"), ("a.pdf", 50_000_001, "50 MB")])
def test_an_upload_of_another_kind_or_too_large_is_refused(settings: Settings, name: str, size: int, complaint: str):
    with pytest.raises(InputError, match=complaint):
        keep_upload(settings, name, b"x" * size)
    assert not (settings.home / "uploads").exists()


def test_the_stamp_tells_when_a_file_changed(settings: Settings):
    folder = find_place(settings, "mine/moments").folder
    before = stamp(folder)
    assert stamp(folder) == before
    core = folder / "code/moments/core.py"
    core.write_text(core.read_text() + "# more\n")
    changed = stamp(folder)
    assert changed != before
    (folder / "code/moments/new.py").write_text("")
    assert stamp(folder) not in (before, changed)
    (folder / "code/moments/__pycache__").mkdir()
    again = stamp(folder)
    (folder / "code/moments/__pycache__/core.pyc").write_bytes(b"x")
    assert stamp(folder) == again
