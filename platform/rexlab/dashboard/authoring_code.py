"""The functions in a task's code that an author can choose from."""

import os
from dataclasses import dataclass
from pathlib import Path

from rexlab.authoring.describe import describe
from rexlab.errors import MaskingError
from rexlab.task.functions import Function, ModuleFunctions, scan
from rexlab.task.load import Task
from rexlab.task.tree import is_ignored
from rexlab.workspace.paths import patterns

_LARGEST = 2_000_000
"""Bytes of a module that is still read."""


@dataclass(frozen=True)
class CodeFunction:
    """A function that could be masked."""

    path: str
    name: str
    """Its qualified name, with ``#n`` where the file defines it more than once."""
    first_line: int
    last_line: int
    said: str
    """A description from its docstring and signature; begins with TODO where there is no docstring."""

    @property
    def id(self) -> str:
        """``path:name``."""
        return f"{self.path}:{self.name}"

    @property
    def lines(self) -> int:
        return self.last_line - self.first_line + 1


@dataclass(frozen=True)
class Catalogue:
    """All functions of a task's code, by file, in the order of the source."""

    functions: tuple[CodeFunction, ...]
    declared: tuple[str, ...]
    """Ids of those that the manifest has, in its order."""
    notes: tuple[str, ...]
    """What is not listed, in words."""


def read_code(task: Task) -> Catalogue:
    """List the functions of every module that an agent may change, and those that the manifest has."""
    kept = {section.path for section in task.functions}
    declared = [_id(s.path, _scan(task, s.path).find(s.qualname)) for s in task.functions]
    protected = patterns(tuple(task.manifest.protect.paths))
    functions: list[CodeFunction] = []
    notes: list[str] = []
    closed = 0
    for path in sorted(kept | _modules(task.code)):
        offered = not protected.match(os.fsencode(path))
        closed += not offered
        if not offered and path not in kept:
            continue
        if (size := (task.code / path).stat().st_size) > _LARGEST:
            notes.append(f"{path} is not listed: {size:,} bytes, more than {_LARGEST:,}")
            continue
        try:
            found = _scan(task, path).functions
        except MaskingError as error:
            notes.append(f"not listed: {error}")
            continue
        functions += [
            CodeFunction(path, f.name, f.def_line, f.last_line, describe(f))
            for f in found
            if _id(path, f) in declared or (offered and not f.masked)
        ]
    if closed:
        notes.append(
            f"{closed} {'module is' if closed == 1 else 'modules are'} protected: no patch can change what is in them"
        )
    return Catalogue(tuple(functions), tuple(declared), tuple(notes))


def source_of(task: Task, function: CodeFunction) -> str:
    """The function's text, from its first line to its last."""
    lines = (task.code / function.path).read_bytes().decode("utf-8", "replace").splitlines()
    return "\n".join(lines[function.first_line - 1 : function.last_line])


def _modules(code: Path) -> set[str]:
    """Every Python file that is copied for an agent, relative to the code."""
    found = set()
    for folder, names, files in os.walk(code):
        names[:] = [name for name in names if not is_ignored(Path(folder, name))]
        places = [Path(folder, file) for file in files if file.endswith(".py")]
        found |= {p.relative_to(code).as_posix() for p in places if not p.is_symlink() and not is_ignored(p)}
    return found


def _scan(task: Task, path: str) -> ModuleFunctions:
    return scan((task.code / path).read_bytes(), path)


def _id(path: str, function: Function) -> str:
    return f"{path}:{function.name}"
