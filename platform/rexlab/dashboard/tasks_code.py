"""A task's code: its files, their text, and the functions in them that can be masked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from rexlab.dashboard.texts import readable
from rexlab.errors import NotFoundError
from rexlab.task.functions import scan
from rexlab.task.load import Task
from rexlab.task.manifest import FunctionSection
from rexlab.task.tree import is_ignored

MAX_FILES = 2_000
"""Of a larger tree the first are listed."""
MAX_BYTES = 400_000
"""Of a larger file the beginning is shown."""
_SNIFFED = 8_000
_LANGUAGES = {
    ".py": "python",
    ".toml": "toml",
    ".json": "json",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".sh": "bash",
    ".md": "markdown",
    ".ini": "ini",
    ".cfg": "ini",
    ".js": "javascript",
    ".c": "c",
    ".cpp": "cpp",
    ".rs": "rust",
    ".r": "r",
    ".jl": "julia",
}


@dataclass(frozen=True)
class CodeFile:
    """A file of the code."""

    path: str
    """Relative to ``code/``."""
    size: int
    """Bytes."""


@dataclass(frozen=True)
class CodeText:
    """A file's text, or why there is none."""

    text: str
    """Fit to be shown; empty for a binary file."""
    language: str | None
    """As highlighters call it."""
    size: int
    """Bytes of the whole file."""
    binary: bool = False
    cut: bool = False
    """Whether the text is the beginning alone."""


@dataclass(frozen=True)
class Maskable:
    """A function that can be masked, with its place."""

    section: FunctionSection
    first_line: int
    """Of its first decorator, or of its def; from 1."""
    last_line: int
    experiments: list[str]
    """Names of those that depend on it."""

    @property
    def range(self) -> str:
        """``12-30``"""
        if self.first_line == self.last_line:
            return f"{self.first_line}"
        return f"{self.first_line}\N{EN DASH}{self.last_line}"

    @property
    def lines(self) -> str:
        """``lines 12-30``"""
        return f"line{'s' * (self.first_line != self.last_line)} {self.range}"


def code_files(task: Task) -> tuple[list[CodeFile], bool]:
    """The files of the code by path, without caches and build products, and whether there are more."""
    found: list[CodeFile] = []
    for folder, folders, files in os.walk(task.code):
        place = Path(folder)
        folders[:] = sorted(name for name in folders if not is_ignored(place / name))
        for name in sorted(files):
            path = place / name
            if is_ignored(path) or not path.is_file():
                continue
            if len(found) == MAX_FILES:
                return found, True
            found.append(CodeFile(path.relative_to(task.code).as_posix(), path.stat().st_size))
    return sorted(found, key=lambda file: file.path), False


def read_code(task: Task, path: str) -> CodeText:
    """The text of a file of the code.

    Raises:
        NotFoundError: there is no such file, or it may not be read.
    """
    file = task.code / path
    if not file.resolve().is_relative_to(task.code.resolve()) or not file.is_file():
        raise NotFoundError(f"the code of {task.id} has no file {path!r}")
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES)
    except OSError as error:
        raise NotFoundError(f"{path!r} of {task.id} cannot be read: {error.strerror}") from error
    language = _LANGUAGES.get(file.suffix.lower())
    if b"\0" in data[:_SNIFFED]:
        return CodeText("", None, size, binary=True)
    return CodeText(readable(data, max_chars=MAX_BYTES), language, size, cut=size > len(data))


def maskable(task: Task) -> list[Maskable]:
    """The functions that can be masked, in the order of the manifest."""
    found = []
    for section in task.functions:
        function = scan((task.code / section.path).read_bytes(), section.path).find(section.qualname)
        found.append(Maskable(section, function.first_line, function.last_line, _experiments(task, section)))
    return found


def lines_of(task: Task, function: Maskable) -> str:
    """The function's lines, moved to the left together."""
    text = (task.code / function.section.path).read_bytes().decode("utf-8", "replace")
    return dedent("\n".join(text.splitlines()[function.first_line - 1 : function.last_line]))


def by_file(functions: list[Maskable]) -> Mapping[str, list[Maskable]]:
    """Maskable functions by their file, in the order of their lines."""
    found: dict[str, list[Maskable]] = {}
    for function in sorted(functions, key=lambda f: (f.section.path, f.first_line)):
        found.setdefault(function.section.path, []).append(function)
    return found


def _experiments(task: Task, section: FunctionSection) -> list[str]:
    return [e.name for e in task.experiments if not e.functions or {section.qualname, section.id} & set(e.functions)]
