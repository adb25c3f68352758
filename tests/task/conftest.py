"""A task folder small enough to read, to be bent out of shape one key at a time."""

import sys
from pathlib import Path
from typing import Protocol

import pytest

MANIFEST = """\
schema = 1

[task]
name = "tiny"
kind = "masking"
title = "Addition"
summary = "Adds two numbers."
canary = "12cb1fe7-548a-4267-b130-0b46a900ab56"

[paper]
title = "On sums"
authors = ["A. Adder"]
year = 2024
url = "https://example.org/sums"
file = "paper.md"

[environment]
cpus = 1

[protect]
paths = ["run.py"]

[[function]]
path = "lib/sums.py"
qualname = "add"
description = "Return the sum of both arguments."

[[function]]
path = "lib/sums.py"
qualname = "Total.value"
description = "Return the sum of everything added so far."

[[experiment]]
name = "main"
command = "python3 run.py {seed}"
timeout_s = 20
seeds = [0, 1]
outputs = ["out.json"]

[[experiment.metric]]
name = "sum"
source = { file = "out.json", pointer = "/sum" }
check = { kind = "exact", target = 3 }
"""

EXTENSION = '[instructions]\nfile = "instructions.md"\nreference = "reference.patch"\n\n[[experiment]]'

SUMS = '''\
def add(a, b):
    """Adds."""
    return a + b


class Total:
    def __init__(self):
        self.parts = []

    @property
    def value(self):
        return sum(self.parts)
'''


class MakeTask(Protocol):
    """Makes the folder of a tiny task whose manifest has some texts replaced by others."""

    def __call__(self, *replaced: tuple[str, str], name: str = "tiny", suite: str = "suite") -> Path: ...


@pytest.fixture
def make_task(tmp_path: Path) -> MakeTask:
    def make(*replaced: tuple[str, str], name: str = "tiny", suite: str = "suite") -> Path:
        manifest = MANIFEST
        for old, new in replaced:
            assert manifest.count(old) == 1, f"{old!r} stands {manifest.count(old)} times in the manifest"
            manifest = manifest.replace(old, new)
        folder = tmp_path / suite / name
        (folder / "code" / "lib").mkdir(parents=True)
        (folder / "code" / "lib" / "sums.py").write_text(SUMS)
        (folder / "code" / "run.py").write_text("from lib.sums import add\n")
        (folder / "paper.md").write_text("# On sums\n")
        (folder / "task.toml").write_text(manifest)
        return folder

    return make


@pytest.fixture
def make_extension(make_task: MakeTask) -> Path:
    """The same task as an extension, with its instructions."""
    folder = make_task(('kind = "masking"', 'kind = "extension"'), ("[[experiment]]", EXTENSION))
    (folder / "instructions.md").write_text("Do it.\n### Hints\nThink.\n### More detailed hints\nAdd.\n")
    (folder / "reference.patch").write_text("diff --git a/x b/x\n")
    return folder


@pytest.fixture
def deep() -> int:
    """More levels of nesting than the interpreter's stack has frames."""
    return sys.getrecursionlimit() * 3
