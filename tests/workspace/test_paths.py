"""Names: what is dangerous, how it is quoted, what patterns match."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.workspace.paths import is_dot_git, path_problem, patterns, quote, show, unquote


@pytest.mark.parametrize("name", [b".git", b".GiT", b"git~1", b"GIT~1", b".git. .", b".git:x", b"x\\.git"])
def test_every_spelling_of_git_is_recognised(name: bytes) -> None:
    assert is_dot_git(name)


@pytest.mark.parametrize("name", [b".gitignore", b"git", b".github", b".git-x", b"agit~1", b"\xff.git"])
def test_other_names_are_not_taken_for_git(name: bytes) -> None:
    assert not is_dot_git(name)


@pytest.mark.parametrize("path", [b"", b"/", b"a//b", b"./a", b"a/", b"a/../b", b"..", b"a\0b", b"d/" * 101 + b"f"])
def test_paths_no_patch_may_name_have_a_problem(path: bytes) -> None:
    assert path_problem(path)


@pytest.mark.parametrize("path", [b"a", b"a/b", b"...", b"..a/b", b"-x", b"~", b" ", b"\xff"])
def test_plain_paths_have_none(path: bytes) -> None:
    assert path_problem(path) is None


@given(st.binary(max_size=50))
def test_unquoting_undoes_quoting(path: bytes) -> None:
    assert unquote(quote(path)) == path


def test_quoting_is_understood_by_git(tmp_path) -> None:
    name = bytes(set(range(1, 256)) - {0x2F})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    blob = subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=tmp_path, input=b"", capture_output=True)
    line = b"100644 " + blob.stdout.strip() + b"\t" + quote(name) + b"\n"
    subprocess.run(["git", "update-index", "--index-info"], cwd=tmp_path, input=line, check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=tmp_path, capture_output=True, check=True).stdout
    assert listed == name + b"\0"


def test_messages_show_odd_names_on_one_short_line() -> None:
    assert show(b"plain/path.py") == "plain/path.py"
    assert show(b"new\nline\xff") == r"'new\nline\udcff'"
    assert len(show(b"a" * 5000)) < 200


def test_patterns_match_as_in_a_gitignore() -> None:
    found = patterns(("*.pyc", "build/", "/top.txt", "data/**", "!data/keep.txt"))
    assert found.match(b"a/b.pyc")
    assert found.match(b"x/build", folder=True)
    assert found.match(b"x/build/file")
    assert not found.match(b"x/build")
    assert found.match(b"top.txt")
    assert not found.match(b"a/top.txt")
    assert found.match(b"data/other\nname")
    assert not found.match(b"data/keep.txt")
    assert not patterns(()).match(b"anything")
