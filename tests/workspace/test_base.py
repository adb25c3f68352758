"""A base is one fresh commit; copies of it are exact."""

import os
import socket
import subprocess
from pathlib import Path

import git
import pytest

from rexlab.errors import InfrastructureError, InputError
from rexlab.workspace import Base, capture, checkout, digest_tree, inspect_patch, load_base, make_base, plain_copy
from rexlab.workspace.gitrun import run_git


def test_the_same_tree_gives_the_same_commit_whoever_makes_it(base: Base, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-01T00:00:00")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    again = make_base(tmp_path / "tree", tmp_path / "again")
    assert (again.commit, again.digest) == (base.commit, base.digest)


def test_a_changed_byte_or_mode_gives_another_commit_and_digest(base: Base, tmp_path: Path) -> None:
    (tmp_path / "tree" / "README.md").chmod(0o755)
    mode = make_base(tmp_path / "tree", tmp_path / "mode")
    (tmp_path / "tree" / "README.md").write_bytes(b"# code\n")
    content = make_base(tmp_path / "tree", tmp_path / "content")
    assert len({base.commit, mode.commit, content.commit}) == 3
    assert len({base.digest, mode.digest, content.digest}) == 3


def test_a_base_is_found_again_in_its_folder(base: Base) -> None:
    assert load_base(base.path) == base


def test_a_base_may_lie_at_any_path(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_text("x\n")
    base = make_base(tree, tmp_path / 'od:d "pl\\ace\n' / "bäse")
    (tree / "file").write_text("y\n")
    data = capture(base, tree).data
    assert [file.path for file in inspect_patch(base, data)] == ["file"]


def test_a_folder_without_a_base_is_the_platforms_failure(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="no usable base"):
        load_base(tmp_path)


def test_a_base_is_never_written_over(base: Base, tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="exists already"):
        make_base(tmp_path / "tree", base.path)


def test_ignored_files_are_part_of_the_base_and_history_is_not(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / ".git").mkdir(parents=True)
    (tree / ".git" / "secret").write_text("the answer")
    (tree / ".gitignore").write_text("*\n")
    (tree / "ignored.txt").write_text("x")
    base = make_base(tree, tmp_path / "base")
    assert sorted(path.name for path in base.files.iterdir()) == [".gitignore", "ignored.txt"]


def test_git_attributes_of_a_task_do_not_change_bytes(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".gitattributes").write_text("* text eol=crlf ident\n*.u working-tree-encoding=UTF-16\n*.l filter=lfs\n")
    for name in ("a.txt", "b.u", "c.l"):
        (tree / name).write_bytes(b"$Id$\r\nmixed\n")
    base = make_base(tree, tmp_path / "base")
    checkout(base, tmp_path / "workspace")
    repository = git.Repo(tmp_path / "workspace")
    for name in ("a.txt", "b.u", "c.l"):
        assert (tmp_path / "workspace" / name).read_bytes() == b"$Id$\r\nmixed\n"
        assert repository.head.commit.tree[name].data_stream.read() == b"$Id$\r\nmixed\n"
    assert not repository.is_dirty(untracked_files=True)


def test_a_workspace_has_a_usable_git_with_one_commit_and_no_history(base: Base, workspace: Path) -> None:
    repository = git.Repo(workspace)
    assert [commit.hexsha for commit in repository.iter_commits("--all")] == [base.commit]
    assert repository.head.commit.parents == ()
    assert not repository.is_dirty(untracked_files=True)
    assert not (workspace / ".git" / "hooks").exists()
    (workspace / "new.py").write_text("x = 1\n")
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    subprocess.run(["git", "add", "."], cwd=workspace, check=True, env=env)
    subprocess.run(["git", "commit", "-qm", "mine"], cwd=workspace, check=True, env=env)
    subprocess.run(["git", "fsck", "--strict"], cwd=workspace, check=True, env=env, capture_output=True)
    assert len(list(repository.iter_commits())) == 2


def test_copies_have_the_same_digest_and_plain_ones_no_git(base: Base, workspace: Path, tmp_path: Path) -> None:
    plain_copy(base, tmp_path / "plain")
    assert not (tmp_path / "plain" / ".git").exists()
    assert base.digest == digest_tree(workspace) == digest_tree(tmp_path / "plain") == digest_tree(tmp_path / "tree")


def test_modes_do_not_depend_on_the_umask(base: Base, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        plain_copy(base, tmp_path / "plain")
    finally:
        os.umask(before)
    assert (tmp_path / "plain" / "run.py").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "plain" / "README.md").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "plain" / "lib").stat().st_mode & 0o777 == 0o755


def test_a_copy_goes_into_a_fresh_folder_only(base: Base, workspace: Path) -> None:
    with pytest.raises(InfrastructureError, match="fresh, empty folder"):
        checkout(base, workspace)


def test_an_empty_tree_makes_a_base(tmp_path: Path) -> None:
    (tmp_path / "tree" / "empty" / "folder").mkdir(parents=True)
    base = make_base(tmp_path / "tree", tmp_path / "base")
    checkout(base, tmp_path / "workspace")
    assert [path.name for path in (tmp_path / "workspace").iterdir()] == [".git"]


def test_links_inside_the_tree_are_kept_as_links(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "folder" / "file").write_text("x")
    (tree / "link").symlink_to("folder/file")
    base = make_base(tree, tmp_path / "base")
    checkout(base, tmp_path / "workspace")
    assert (tmp_path / "workspace" / "link").readlink() == Path("folder/file")
    assert digest_tree(tmp_path / "workspace") == base.digest


@pytest.mark.parametrize("target", ["/etc/passwd", "../outside", "folder/../../outside"])
def test_a_link_out_of_the_tree_is_refused(tmp_path: Path, target: str) -> None:
    tree = tmp_path / "tree"
    (tree / "folder").mkdir(parents=True)
    (tree / "link").symlink_to(target)
    with pytest.raises(InputError, match="link that leads out"):
        make_base(tree, tmp_path / "base")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tree"]


def test_a_special_file_is_refused(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tree / "socket"))
        with pytest.raises(InputError, match="neither a file"):
            make_base(tree, tmp_path / "base")


def test_an_interrupt_typed_at_the_terminal_does_not_reach_git(base: Base) -> None:
    stat = run_git(base.git_dir, "-c", "alias.whoami=!cat /proc/$$/stat", "whoami").decode()
    process_group = int(stat.rpartition(")")[2].split()[2])
    assert process_group != os.getpgrp()
