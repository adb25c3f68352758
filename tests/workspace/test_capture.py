"""What the agent changed comes out as a git diff, whatever the files are called."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rexlab.errors import PatchRejectedError
from rexlab.workspace import ARTIFACTS, ApplyPolicy, Base, apply, capture, digest_tree, inspect_patch, make_base

Edit = Callable[[dict[str, bytes]], None]


def rebuilt(base: Base, data: bytes, folder: Path) -> str:
    return apply(base, data, folder, ApplyPolicy()).digest


def test_an_untouched_workspace_gives_an_empty_patch(base: Base, workspace: Path) -> None:
    patch = capture(base, workspace)
    assert patch.is_empty
    assert patch.files == patch.notes == ()


def test_new_changed_deleted_renamed_files_and_modes_are_listed(base: Base, workspace: Path, edit: Edit) -> None:
    edit({"new.py": b"x = 1\n", "lib/metrics.py": b"def score():\n    return 2\n"})
    (workspace / "README.md").unlink()
    (workspace / "lib" / "model.py").rename(workspace / "lib" / "moved.py")
    (workspace / "experiments" / "main.py").chmod(0o755)
    patch = capture(base, workspace)
    assert {(file.status, file.path, file.source) for file in patch.files} == {
        ("A", "new.py", None),
        ("M", "lib/metrics.py", None),
        ("D", "README.md", None),
        ("R", "lib/moved.py", "lib/model.py"),
        ("M", "experiments/main.py", None),
    }
    sizes = {file.path: file.size for file in patch.files}
    assert (sizes["new.py"], sizes["README.md"]) == (6, 0)
    assert inspect_patch(base, patch.data) == patch.files


def test_a_patch_is_a_diff_that_plain_git_applies(base: Base, workspace: Path, edit: Edit, tmp_path: Path) -> None:
    edit({"data/blob.bin": os.urandom(3000), "lib/model.py": b"rewritten\n", "new/deep/file": b"no newline at end"})
    patch = capture(base, workspace)
    shutil.copytree(tmp_path / "tree", tmp_path / "by-git")
    subprocess.run(["git", "apply", "--binary", "-"], cwd=tmp_path / "by-git", input=patch.data, check=True)
    assert digest_tree(tmp_path / "by-git") == digest_tree(workspace)


@pytest.mark.parametrize(
    "name",
    [
        b"line\nbreak",
        b'quo"te\\back',
        b"tab\there",
        b"-rf",
        b"\xff\xfe not utf-8",
        "smörgås 你好".encode(),
        b" leading and trailing ",
        b"a b/.. c",
        b"...",
        b"{a => b}",
        b"x -> y",
        b"\x01\x7f",
        b"/".join([b"d" * 200] * 15) + b"/f",
    ],
)
def test_any_file_name_survives(base: Base, workspace: Path, tmp_path: Path, name: bytes) -> None:
    path = workspace / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    path.chmod(0o755)
    patch = capture(base, workspace)
    assert [os.fsencode(file.path) for file in patch.files] == [name]
    assert rebuilt(base, patch.data, tmp_path / "out") == digest_tree(workspace)


def test_empty_files_and_mode_changes_of_odd_names_survive(base: Base, workspace: Path, tmp_path: Path) -> None:
    for name in (" x", ".. y", "b c", '"q"'):
        (workspace / name).touch()
    patch = capture(base, workspace)
    assert len(patch.files) == 4
    assert rebuilt(base, patch.data, tmp_path / "out") == digest_tree(workspace)


def test_a_file_may_become_a_folder_and_a_folder_a_file(
    base: Base, workspace: Path, edit: Edit, tmp_path: Path
) -> None:
    (workspace / "README.md").unlink()
    shutil.rmtree(workspace / "lib")
    edit({"README.md/inside.txt": b"x\n", "lib": b"now a file\n"})
    patch = capture(base, workspace)
    assert rebuilt(base, patch.data, tmp_path / "out") == digest_tree(workspace)


def test_line_ends_and_missing_last_newlines_survive(base: Base, workspace: Path, edit: Edit, tmp_path: Path) -> None:
    edit({"data/table.csv": b"a,b\r\n1,3\r\n4,5\n6,7\r", "unix.txt": b"a\nb", "white.txt": b" \t \n\n\n  x  \n\x0c\n"})
    patch = capture(base, workspace)
    assert rebuilt(base, patch.data, tmp_path / "out") == digest_tree(workspace)


def test_ignored_files_are_captured_and_artifacts_are_not(base: Base, workspace: Path, edit: Edit) -> None:
    edit(
        {
            ".gitignore": b"*\n",
            "hidden.py": b"x\n",
            "lib/__pycache__/model.cpython-311.pyc": b"x",
            ".venv/lib/python/site.py": b"x",
            "results/out.json": b"{}",
        }
    )
    patch = capture(base, workspace, excludes=(*ARTIFACTS, "/results/"))
    assert {file.path for file in patch.files} == {".gitignore", "hidden.py"}


def test_an_excluded_path_that_the_base_has_is_taken_as_unchanged(base: Base, workspace: Path, edit: Edit) -> None:
    edit({"data/table.csv": b"changed"})
    (workspace / "data" / "blob.bin").unlink()
    assert capture(base, workspace, excludes=("data/",)).is_empty


def test_empty_folders_do_not_count(base: Base, workspace: Path) -> None:
    (workspace / "a" / "b").mkdir(parents=True)
    assert capture(base, workspace).is_empty


def test_special_files_are_noted_and_left_out(base: Base, workspace: Path) -> None:
    os.mkfifo(workspace / "pipe")
    (workspace / "README.md").unlink()
    os.mkfifo(workspace / "README.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(workspace / "s"))
    patch = capture(base, workspace)
    assert [(file.status, file.path) for file in patch.files] == [("D", "README.md")]
    assert [note.split()[0] for note in patch.notes] == ["README.md", "pipe", "s"]


def test_a_link_is_captured_as_a_link_noted_and_not_followed(base: Base, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("host secret")
    (workspace / "link").symlink_to(tmp_path / "secret")
    shutil.rmtree(workspace / "data")
    (workspace / "data").symlink_to(tmp_path)
    patch = capture(base, workspace)
    assert b"host secret" not in patch.data
    assert {(file.status, file.path) for file in patch.files} == {
        ("A", "link"),
        ("A", "data"),
        ("D", "data/table.csv"),
        ("D", "data/blob.bin"),
    }
    assert all("symbolic link" in note for note in patch.notes)
    assert len(patch.notes) == 2


def test_a_hard_link_to_a_file_outside_is_noted_and_its_content_left_out(
    base: Base, workspace: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("host secret")
    os.link(tmp_path / "secret", workspace / "link")
    patch = capture(base, workspace)
    assert patch.is_empty
    assert patch.notes == ("link is a hard link to a file outside the workspace and was left out",)


def test_hard_links_inside_the_workspace_are_captured_and_noted(base: Base, workspace: Path, edit: Edit) -> None:
    edit({"one": b"x\n"})
    os.link(workspace / "one", workspace / "two")
    patch = capture(base, workspace)
    assert {file.path for file in patch.files} == {"one", "two"}
    assert len(patch.notes) == 2


def test_notes_do_not_grow_without_end(base: Base, workspace: Path) -> None:
    for number in range(300):
        (workspace / f"link{number}").symlink_to("x")
    assert len(capture(base, workspace).notes) == 201


def test_a_sparse_terabyte_is_refused_unread(base: Base, workspace: Path) -> None:
    with (workspace / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PatchRejectedError, match="1,099,511,627,776 bytes, the limit is 1,000"):
        capture(base, workspace, max_bytes=1000)


def test_a_base_file_grown_to_a_terabyte_is_refused_unread(base: Base, workspace: Path) -> None:
    os.truncate(workspace / "README.md", 1 << 40)
    with pytest.raises(PatchRejectedError, match="limit"):
        capture(base, workspace)


def test_files_changed_without_a_change_of_size_count_too(base: Base, workspace: Path, edit: Edit) -> None:
    edit({"data/blob.bin": b"x" * 2048})
    with pytest.raises(PatchRejectedError, match="2,048 bytes"):
        capture(base, workspace, max_bytes=2047)
    assert len(capture(base, workspace, max_bytes=2048).files) == 1


def test_too_many_new_files_are_refused(base: Base, workspace: Path, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.survey.MAX_NEW_FILES", 50)
    for number in range(51):
        (workspace / str(number)).touch()
    with pytest.raises(PatchRejectedError, match="more than 50 new files"):
        capture(base, workspace)


def test_too_many_entries_in_excluded_places_are_refused_too(base: Base, workspace: Path, monkeypatch) -> None:
    monkeypatch.setattr("rexlab.workspace.survey.MAX_SEEN", 50)
    for number in range(51):
        (workspace / f"{number}.pyc").touch()
    with pytest.raises(PatchRejectedError, match="more than 50 files"):
        capture(base, workspace)


def test_folders_nested_too_deep_are_refused(base: Base, workspace: Path) -> None:
    folder = workspace
    for _ in range(102):
        folder = folder / "d"
    folder.mkdir(parents=True)
    with pytest.raises(PatchRejectedError, match="nested more than 100 deep"):
        capture(base, workspace)


def test_a_workspace_that_is_gone_or_a_link_is_refused(base: Base, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(workspace)
    for path in (tmp_path / "missing", tmp_path / "link"):
        with pytest.raises(PatchRejectedError, match="no folder any more"):
            capture(base, path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_taken_as_unchanged_and_noted(base: Base, workspace: Path) -> None:
    (workspace / "README.md").chmod(0)
    (workspace / "lib").chmod(0)
    try:
        patch = capture(base, workspace)
    finally:
        (workspace / "lib").chmod(0o755)
    assert patch.is_empty
    assert len(patch.notes) == 2


def test_a_link_of_the_base_may_be_replaced_by_a_file(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_text("x")
    (tree / "link").symlink_to("file")
    base = make_base(tree, tmp_path / "base")
    (tree / "link").unlink()
    (tree / "link").write_text("plain now")
    patch = capture(base, tree)
    assert [(file.status, file.path) for file in patch.files] == [("T", "link")]
    assert rebuilt(base, patch.data, tmp_path / "out") == digest_tree(tree)
