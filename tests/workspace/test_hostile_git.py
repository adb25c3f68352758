"""Whatever an agent does to git in its workspace, the host neither runs nor believes it."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rexlab.workspace import ApplyPolicy, Base, Patch, apply, capture, checkout, digest_tree, inspect_patch, plain_copy


@pytest.fixture
def changed(workspace: Path) -> Path:
    (workspace / "lib" / "model.py").write_text("changed\n")
    return workspace


def captured_and_applied(base: Base, workspace: Path, tmp_path: Path) -> Patch:
    patch = capture(base, workspace)
    inspect_patch(base, patch.data)
    apply(base, patch.data, tmp_path / "out", ApplyPolicy())
    return patch


def assert_only_the_model_changed(patch: Patch) -> None:
    assert [(file.status, file.path) for file in patch.files] == [("M", "lib/model.py")]


def test_commands_in_the_agents_git_configuration_never_run(base: Base, changed: Path, tmp_path: Path) -> None:
    pwned = tmp_path / "pwned"
    hook = tmp_path / "workspace" / ".git" / "hooks"
    hook.mkdir()
    for name in ("post-checkout", "pre-commit", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hook / name).write_text(f"#!/bin/sh\ntouch {pwned}\n")
        (hook / name).chmod(0o755)
    (changed / ".git" / "config").write_text(
        f"""[core]
        repositoryformatversion = 0
        fsmonitor = touch {pwned}
        hooksPath = {hook}
        pager = touch {pwned}
        sshCommand = touch {pwned}
        editor = touch {pwned}
        worktree = /
        [alias]
        diff-index = !touch {pwned}
        apply = !touch {pwned}
        [diff]
        external = touch {pwned}
        [diff "evil"]
        textconv = touch {pwned}; cat
        command = touch {pwned}
        [filter "evil"]
        clean = touch {pwned}; cat
        smudge = touch {pwned}; cat
        required = true
        [include]
        path = /nonexistent
        """
    )
    (changed / ".gitattributes").write_text("* filter=evil diff=evil text eol=crlf ident\n")
    (changed / "id.txt").write_bytes(b"$Id$\r\n$Id: forged $\n")
    patch = captured_and_applied(base, changed, tmp_path)
    assert not pwned.exists()
    assert {file.path for file in patch.files} == {"lib/model.py", ".gitattributes", "id.txt"}
    assert (tmp_path / "out" / "id.txt").read_bytes() == b"$Id$\r\n$Id: forged $\n"


def test_settings_of_the_user_and_the_environment_do_not_reach_git(
    base: Base, changed: Path, tmp_path: Path, monkeypatch
) -> None:
    pwned = tmp_path / "pwned"
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[diff]\nexternal = touch {pwned}\nnoprefix = true\n[core]\nquotePath = false\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {pwned}")
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_WORK_TREE", "/")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.external")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"touch {pwned}")
    assert_only_the_model_changed(captured_and_applied(base, changed, tmp_path))
    assert not pwned.exists()


@pytest.mark.parametrize("kind", ["deleted", "file", "host link", "locked", "unborn", "corrupt", "fifo"])
def test_a_broken_git_folder_does_not_matter(base: Base, changed: Path, tmp_path: Path, kind: str) -> None:
    git = changed / ".git"
    host = tmp_path / "host"
    checkout(base, host)
    before = sorted((path, path.stat().st_mtime_ns) for path in host.rglob("*"))
    if kind == "locked":
        (git / "index.lock").touch()
    elif kind == "unborn":
        (git / "HEAD").write_text("ref: refs/heads/none\n")
    elif kind == "corrupt":
        for path in git.rglob("*"):
            if path.is_file():
                path.write_bytes(b"\0garbage")
    else:
        shutil.rmtree(git)
        if kind == "file":
            git.write_text(f"gitdir: {host}/.git\n")
        elif kind == "host link":
            git.symlink_to(host / ".git")
        elif kind == "fifo":
            os.mkfifo(git)
    patch = captured_and_applied(base, changed, tmp_path)
    assert_only_the_model_changed(patch)
    assert sorted((path, path.stat().st_mtime_ns) for path in host.rglob("*")) == before


def test_commits_branches_stashes_and_worktrees_of_the_agent_do_not_matter(
    base: Base, changed: Path, tmp_path: Path
) -> None:
    def git(*args: str) -> None:
        subprocess.run(["git", *args], cwd=changed, check=True, capture_output=True)

    git("commit", "-qam", "mine")
    git("checkout", "-qb", "other")
    (changed / "README.md").write_text("stashed\n")
    git("stash")
    git("worktree", "add", str(tmp_path / "elsewhere"), "main")
    git("update-index", "--assume-unchanged", "lib/model.py")
    assert_only_the_model_changed(captured_and_applied(base, changed, tmp_path))


def test_a_nested_repository_comes_as_plain_files_without_its_git(base: Base, changed: Path, tmp_path: Path) -> None:
    nested = changed / "vendor" / "thing"
    nested.mkdir(parents=True)
    (nested / "code.py").write_text("x = 1\n")
    subprocess.run(["git", "init", "-q"], cwd=nested, check=True)
    (changed / "vendor" / "sub").mkdir()
    (changed / "vendor" / "sub" / ".git").write_text("gitdir: /root/.git\n")
    (changed / "vendor" / ".GIT").mkdir()
    (changed / "vendor" / ".GIT" / "config").write_text("[core]\n")
    patch = captured_and_applied(base, changed, tmp_path)
    assert {file.path for file in patch.files} == {"lib/model.py", "vendor/thing/code.py"}
    assert [note.split()[0] for note in patch.notes] == ["vendor/.GIT", "vendor/sub/.git", "vendor/thing/.git"]


def test_a_replaced_git_folder_is_noted(base: Base, changed: Path, tmp_path: Path) -> None:
    shutil.rmtree(changed / ".git")
    (changed / ".git").symlink_to("/")
    assert captured_and_applied(base, changed, tmp_path).notes


def test_names_that_other_systems_take_for_git_are_left_out_and_noted(base: Base, changed: Path) -> None:
    for name in ("git~1", ".git.", ".git ", ".g\u200cit", ".Git::$INDEX_ALLOCATION", "a\\.git"):
        (changed / name).mkdir()
        (changed / name / "config").touch()
    patch = capture(base, changed)
    assert_only_the_model_changed(patch)


def test_a_base_is_never_written_by_capture_or_apply(base: Base, changed: Path, tmp_path: Path) -> None:
    before = [(path, path.stat().st_mtime_ns) for path in sorted(base.path.rglob("*"))]
    captured_and_applied(base, changed, tmp_path)
    assert [(path, path.stat().st_mtime_ns) for path in sorted(base.path.rglob("*"))] == before


def test_many_trials_share_a_base_at_the_same_time(base: Base, tmp_path: Path) -> None:
    def trial(number: int) -> bool:
        folder = tmp_path / f"w{number}"
        checkout(base, folder)
        (folder / "lib" / "model.py").write_text(f"version {number}\n")
        (folder / f"new{number}.py").write_text("x\n")
        applied = apply(base, capture(base, folder).data, tmp_path / f"g{number}", ApplyPolicy())
        return applied.digest == digest_tree(folder) == digest_tree(tmp_path / f"g{number}")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(trial, range(40)))
    plain_copy(base, tmp_path / "after")
    assert digest_tree(tmp_path / "after") == base.digest
