"""Finding what masking removed elsewhere in the tree."""

import ast
import difflib
import gzip
import json
import os
import py_compile
import random
import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from rexlab.task.functions import scan
from rexlab.task.leaks import Leak, Leaks, RemovedBody, scan_leaks
from rexlab.task.masking import body_of, mask_source

STDLIB = Path(sysconfig.get_paths()["stdlib"])

SOURCE = '''\
import numpy as np


def select(archive, rng, count):
    """Choose parents at random."""
    keys = sorted(archive.elites)
    chosen = rng.integers(0, len(keys), size=count)
    parents = np.stack([archive.elites[keys[i]].genome for i in chosen])
    weights = np.exp(-parents.sum(axis=1)) + 1e-3
    return parents * weights[:, None]


def tiny(x):
    return x
'''
FUNCTION = "pkg/mod.py:select"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A codebase in which ``select`` is masked."""
    code = tmp_path / "code"
    (code / "pkg").mkdir(parents=True)
    masked = mask_source(SOURCE.encode(), "mod.py", {"select": "Chooses parents at random, weighted by their sum."})
    (code / "pkg" / "mod.py").write_bytes(masked)
    (code / "README.md").write_text("# Code\n\nRun `python -m pkg.mod`. Chooses parents at random.\n")
    return code


def leaks(code: Path, name: str = "select") -> Leaks:
    return scan_leaks(code, [RemovedBody("pkg/mod.py", name, body_of(SOURCE.encode(), name))])


def only(code: Path) -> Leak:
    found = leaks(code)
    assert len(found) == 1, found
    assert found[0].function == FUNCTION
    return found[0]


def test_a_masked_tree_is_clean(tree: Path) -> None:
    found = leaks(tree)
    assert found == []
    assert found.notes == []


@pytest.mark.parametrize(
    "name", ["pkg/other.py", "tests/test_mod.py", "build/lib/pkg/mod.py", "pkg/mod.py.orig", "pkg/mod.py~", "mod.bak"]
)
def test_a_copy_is_found_wherever_it_lies(tree: Path, name: str) -> None:
    place = tree / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("# an older version\n" + SOURCE)
    leak = only(tree)
    assert (leak.file, leak.kind, leak.similarity) == (name, "copy", 1.0)
    assert leak.line == 7


def test_a_copy_reformatted_and_with_other_comments_is_found(tree: Path) -> None:
    (tree / "copy.py").write_text(
        "class Chooser:\n"
        "    def pick(self, archive, rng, count):\n"
        "        keys = sorted(\n            archive.elites,\n        )\n"
        "        # how many\n        chosen = rng.integers(0, len(keys), size=count)  # at random\n\n"
        "        parents = np.stack(\n            [archive.elites[keys[i]].genome\n             for i in chosen])\n"
        "        weights = (np.exp(-parents.sum(axis=1)) \\\n            + 1e-3)\n"
        "        return parents * weights[:, None]\n"
    )
    leak = only(tree)
    assert leak.file == "copy.py"
    assert leak.similarity > 0.6
    assert leak.line == 3


def test_a_copy_with_other_variables_is_found(tree: Path) -> None:
    text = SOURCE
    for old, new in {
        "keys": "names",
        "chosen": "picks",
        "parents": "rows",
        "weights": "w",
        "archive": "store",
        "count": "n",
    }.items():
        text = text.replace(old, new)
    (tree / "copy.py").write_text(text)
    leak = only(tree)
    assert (leak.file, leak.kind) == ("copy.py", "near_copy")
    assert leak.similarity >= 0.8


def test_a_copy_with_statements_in_between_is_found(tree: Path) -> None:
    lines = SOURCE.splitlines(keepends=True)
    (tree / "copy.py").write_text(
        "".join([*lines[:6], "    print('one more')\n", *lines[6:8], "    assert chosen\n", *lines[8:]])
    )
    assert only(tree).kind == "near_copy"


def test_a_code_block_in_a_text_is_found(tree: Path) -> None:
    (tree / "README.md").write_text("# How it works\n\nIt's simple:\n\n```python\n" + SOURCE + "```\n\nIsn't it?\n")
    leak = only(tree)
    assert (leak.file, leak.line) == ("README.md", 11)


def test_a_copy_after_an_odd_number_of_triple_quotes_is_found(tree: Path) -> None:
    (tree / "notes.txt").write_text('Write """ before the docstring.\n\n' + SOURCE)
    assert only(tree).kind == "copy"


def test_a_copy_inside_a_string_is_found(tree: Path) -> None:
    (tree / "quoted.py").write_text(f"CODE = '''\n{SOURCE}'''\n")
    assert only(tree).kind == "copy"


def test_a_notebook_cell_is_found_in_source_and_output(tree: Path) -> None:
    cell = {"cell_type": "code", "source": SOURCE.splitlines(keepends=True), "outputs": []}
    (tree / "try.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    assert (only(tree).file, only(tree).kind) == ("try.ipynb", "notebook")
    shown = {"cell_type": "code", "source": [], "outputs": [{"text": [SOURCE]}]}
    (tree / "try.ipynb").write_text(json.dumps({"cells": [shown]}))
    assert only(tree).kind == "notebook"


def test_a_patch_and_a_page_of_documentation_are_found(tree: Path) -> None:
    lines = SOURCE.splitlines()
    (tree / "fix.patch").write_text("@@ -1,3 +1,9 @@\n" + "".join(f"+{line}\n" for line in lines))
    (tree / "page.html").write_text(
        "<pre>" + SOURCE.replace("np", "<span class='n'>np</span>").replace("-", "&#45;") + "</pre>"
    )
    (tree / "log.jsonl").write_text(json.dumps({"a": 1}) + "\n" + json.dumps({"code": SOURCE}) + "\n")
    assert {leak.file for leak in leaks(tree)} == {"fix.patch", "page.html", "log.jsonl"}


def test_a_compiled_module_is_found(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(SOURCE)
    (tree / "pkg" / "__pycache__").mkdir()
    py_compile.compile(str(tmp_path / "mod.py"), cfile=str(tree / "pkg" / "__pycache__" / "mod.cpython-311.pyc"))
    leak = only(tree)
    assert (leak.file, leak.kind) == ("pkg/__pycache__/mod.cpython-311.pyc", "compiled")


def test_a_compiled_module_under_another_name_is_found_and_another_module_is_not(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(SOURCE)
    (tmp_path / "unrelated.py").write_text("def other():\n    return 1\n")
    py_compile.compile(str(tmp_path / "mod.py"), cfile=str(tree / "cached.pyc"))
    py_compile.compile(str(tmp_path / "unrelated.py"), cfile=str(tree / "unrelated.pyc"))
    assert only(tree).file == "cached.pyc"


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_the_history_of_a_git_repository_is_found(tree: Path) -> None:
    masked = (tree / "pkg" / "mod.py").read_bytes()
    git(tree, "init", "-q")
    (tree / "pkg" / "mod.py").write_text(SOURCE)
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "whole")
    (tree / "pkg" / "mod.py").write_bytes(masked)
    git(tree, "commit", "-qam", "masked")
    leak = only(tree)
    assert leak.kind == "history"
    assert leak.file.startswith(".git!")
    git(tree, "gc", "-q", "--aggressive", "--prune=now")
    assert only(tree).kind == "history"


def test_a_git_repository_that_never_held_it_is_clean(tree: Path) -> None:
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "commit", "-qm", "masked")
    assert leaks(tree) == []


def test_archives_are_opened(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "mod.py").write_text(SOURCE)
    with zipfile.ZipFile(tree / "a.whl", "w") as archive:
        archive.write(tmp_path / "mod.py", "pkg/mod.py")
    with tarfile.open(tree / "b.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "mod.py", "pkg/mod.py")
    (tree / "c.py.gz").write_bytes(gzip.compress(SOURCE.encode()))
    with zipfile.ZipFile(tree / "d.zip", "w") as archive:
        archive.write(tree / "b.tar.gz", "b.tar.gz")
    assert {leak.file for leak in leaks(tree)} == {
        "a.whl!pkg/mod.py",
        "b.tar.gz!pkg/mod.py",
        "c.py.gz!c.py",
        "d.zip!b.tar.gz!pkg/mod.py",
    }


def test_what_cannot_be_searched_is_noted(tree: Path) -> None:
    (tree / "large.txt").write_text("x " * 2_600_000 + SOURCE)
    (tree / "broken.zip").write_bytes(b"PK\x03\x04 not really")
    (tree / "broken.tar.gz").write_bytes(b"\x1f\x8b not really")
    (tree / ".hg").mkdir()
    with zipfile.ZipFile(tree / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 6_000_000)
    found = leaks(tree)
    assert found == []
    noted = sorted(note.partition(":")[0] for note in found.notes)
    assert noted == [".hg", "bomb.zip!zeros", "broken.tar.gz", "broken.zip", "large.txt"]


def test_files_in_any_encoding_are_searched_and_binary_ones_skipped(tree: Path) -> None:
    (tree / "latin.py").write_bytes(b"# \xe9\xff\n" + SOURCE.encode())
    (tree / "utf16.txt").write_bytes(SOURCE.encode("utf-16"))
    (tree / "crlf.py").write_bytes(SOURCE.replace("\n", "\r\n").encode())
    (tree / "data.bin").write_bytes(os.urandom(1000) + b"\0" + SOURCE.encode())
    (tree / "link.py").symlink_to("latin.py")
    assert {leak.file for leak in leaks(tree)} == {"latin.py", "utf16.txt", "crlf.py"}


def test_a_body_that_is_too_short_is_noted_and_raises_no_alarm(tree: Path) -> None:
    (tree / "more.py").write_text("def tiny(x):\n    return x\n\n\ndef again(y):\n    return y\n")
    found = leaks(tree, "tiny")
    assert found == []
    assert found.notes == ["pkg/mod.py:tiny: 2 tokens; too short to be looked for"]


def test_the_most_similar_places_come_first(tree: Path) -> None:
    (tree / "a.py").write_text(SOURCE.replace("1e-3", "1e-4").replace("count", "number"))
    (tree / "b.py").write_text(SOURCE)
    assert [leak.file for leak in leaks(tree)] == ["b.py", "a.py"]


def plain(source: str) -> list[str]:
    """The bodies of a source's functions, without comments, docstrings and indentation."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            found.append("\n".join(ast.unparse(statement) for statement in body))
    return found


def test_functions_of_the_standard_library_raise_an_alarm_only_where_they_have_a_twin(tmp_path: Path) -> None:
    draw = random.Random(0)
    paths = [p for p in sorted(STDLIB.glob("*.py")) if p.stat().st_size < 30_000]
    removed: dict[str, RemovedBody] = {}
    for path in draw.sample(paths, 50):
        source = path.read_bytes()
        functions = [f for f in scan(source, path.name).functions if "<locals>" not in f.qualname]
        chosen = [f.name for f in draw.sample(functions, min(6, len(functions)))]
        (tmp_path / path.name).write_bytes(mask_source(source, path.name, dict.fromkeys(chosen, "Does what it does.")))
        for name in chosen:
            removed[f"{path.name}:{name}"] = RemovedBody(path.name, name, body_of(source, name))
    found = scan_leaks(tmp_path, list(removed.values()))
    for leak in found:
        body = removed[leak.function].body
        assert isinstance(body, bytes)
        mine = plain("async def f():\n" + body.decode())[0]
        alike = sorted(
            difflib.SequenceMatcher(None, mine, other).ratio() for other in plain((STDLIB / leak.file).read_text())
        )
        # The function itself is one of them when the leak is in its own file.
        own = leak.file == leak.function.partition(":")[0]
        assert alike[-1 - own] > 0.5, leak
    assert len(found) < len(removed) / 10
