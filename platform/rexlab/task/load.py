"""Load a task folder and prove that what its manifest names is there."""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rexlab.errors import FunctionNotFoundError, ManifestError, MaskingError
from rexlab.task import functions as syntax
from rexlab.task.instructions import cut_to_level
from rexlab.task.manifest import ExperimentSection, FunctionSection, Manifest
from rexlab.task.tree import is_ignored
from rexlab.task.variant import HintLevel


@dataclass(frozen=True)
class Task:
    """A task folder that loaded without a complaint."""

    folder: Path
    suite: str
    manifest: Manifest

    @property
    def name(self) -> str:
        return self.manifest.task.name

    @property
    def id(self) -> str:
        """``suite/name``."""
        return f"{self.suite}/{self.name}"

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def functions(self) -> list[FunctionSection]:
        return self.manifest.function

    @property
    def experiments(self) -> list[ExperimentSection]:
        return self.manifest.experiment

    @cached_property
    def paper(self) -> str:
        return (self.folder / self.manifest.paper.file).read_text("utf-8")

    def instructions(self, level: HintLevel = "detailed_hints") -> str:
        """An extension task's instructions up to a hint level; empty for a masking task."""
        section = self.manifest.instructions
        return cut_to_level((self.folder / section.file).read_text("utf-8"), level) if section else ""

    @property
    def reference_patch(self) -> bytes:
        """An extension task's reference implementation, a git diff relative to ``code/``; empty for a masking task."""
        section = self.manifest.instructions
        return (self.folder / section.reference).read_bytes() if section else b""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what a trial depends on: manifest, paper, code, instructions (not calibration or README)."""
        total = sha256()
        for path in sorted(_files_that_count(self.folder, self.manifest)):
            relative = path.relative_to(self.folder).as_posix()
            content = path.read_bytes() if path.is_file() else b""
            executable = path.is_file() and path.stat().st_mode & 0o100
            mode = f"l{path.readlink()}" if path.is_symlink() else "x" if executable else "-"
            total.update(f"{relative}\0{mode}\0{sha256(content).hexdigest()}\n".encode())
        return total.hexdigest()

    def function(self, name: str) -> FunctionSection:
        """The maskable function called ``name``: a qualname where that is unique, else ``path:qualname``.

        Raises:
            FunctionNotFoundError: none or several are called so; the text lists what there is.
        """
        found = [f for f in self.functions if name in (f.qualname, f.id)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(f.id for f in (found or self.functions))
        problem = "several functions are called" if found else "no maskable function is called"
        raise FunctionNotFoundError(f"task {self.name}: {problem} {name!r}; name one of: {names}")


def _files_that_count(folder: Path, manifest: Manifest) -> Iterator[Path]:
    code = folder / "code"
    for path in code.rglob("*"):
        counts = path.is_file() or path.is_symlink()
        if counts and not any(is_ignored(p) for p in (path, *path.parents) if p.is_relative_to(code)):
            yield path
    yield from {folder / relative for relative in ("task.toml", *_named_files(manifest).values())}


def _named_files(manifest: Manifest) -> dict[str, str]:
    """The files outside of ``code/`` that the manifest names, by key."""
    named = {"paper.file": manifest.paper.file}
    if manifest.environment.dockerfile:
        named["environment.dockerfile"] = manifest.environment.dockerfile
    if manifest.instructions:
        named["instructions.file"] = manifest.instructions.file
        named["instructions.reference"] = manifest.instructions.reference
    return named


def load_task(folder: Path) -> Task:
    """Load ``folder/task.toml`` and check it against the folder.

    Raises:
        ManifestError: a key is wrong or unknown, or names a path that is missing or leaves the folder.
        FunctionNotFoundError: a [[function]] is not in the code.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100  (takes '..' out, and keeps a link's own name)
    file = folder / "task.toml"
    if not file.is_file():
        raise ManifestError(f"{folder} has no task.toml; a task is a folder with task.toml, paper.md and code/")
    manifest = _parse(file)
    task = Task(folder=folder, suite=folder.parent.name, manifest=manifest)
    if manifest.task.name != folder.name:
        raise ManifestError(
            f"{file}: [task] name is {manifest.task.name!r}, but the folder is called {folder.name!r}; make them agree"
        )
    _check_paths(task, file)
    known: dict[tuple[str, str], int] = {}
    for position, function in enumerate(manifest.function, 1):
        name = _find_function(task, file, position, function)
        first = known.setdefault((function.path, name), position)
        if first != position:
            raise ManifestError(
                f"{file}: function[{position}].qualname: {function.id} is the same function as function[{first}]; "
                "remove one of them"
            )
    return task


def _parse(file: Path) -> Manifest:
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise ManifestError(f"{file} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{file} is not valid TOML: {error}") from error
    if data.get("schema", 1) != 1:
        raise ManifestError(
            f"{file}: schema: this rexlab reads schema 1, not {data['schema']!r}; upgrade rexlab or correct the number"
        )
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        raise ManifestError(describe_validation_error(file, data, error)) from error


def describe_validation_error(file: Path, data: dict[str, Any], error: ValidationError) -> str:
    """One line per wrong key: file, key, what is wrong and what to do."""
    messages: dict[str, list[str]] = {}
    inputs: dict[str, str] = {}
    for item in error.errors():
        loc = item["loc"]
        if loc and loc[-1] in _SCALARS and item["type"] not in {"extra_forbidden", "missing"}:
            loc = loc[:-1]  # the member of a union that was tried
        key = _key(loc) or "the manifest"
        said = messages.setdefault(key, [])
        if (message := _message(item)) not in said:
            said.append(message)
        if item["type"] not in _NO_INPUT and not isinstance(item["input"], dict | list):
            inputs[key] = f" (got {_short(item['input'])})"
    return "\n".join(f"{file}: {key}: {', or '.join(said)}{inputs.get(key, '')}" for key, said in messages.items())


_SCALARS = ("float", "int", "str")
_NO_INPUT = {"extra_forbidden", "missing", "value_error"}


def _message(item: ErrorDetails) -> str:
    match item["type"]:
        case "extra_forbidden":
            return "unknown key; remove it or correct its spelling"
        case "missing":
            return "is missing; add it"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "must be a table of keys and values"
        case "union_tag_not_found":
            return f"has no {item['ctx']['discriminator']}; add it"
    return item["msg"].removeprefix("Value error, ")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def _key(loc: tuple[int | str, ...]) -> str:
    """``experiment[2].metric[1].check.target`` with positions from 1, without pydantic's union tags."""
    tags = {"exact", "absolute", "relative", "sigma", "interval", "greater", "less", "file", "stdout", "csv"}
    key = ""
    for position, part in enumerate(loc):
        before = loc[position - 1] if position else None
        if isinstance(part, int):
            key += f"[{part + 1}]"
        elif (part in tags and before in {"check", "source"}) or part.startswith(("literal", "list[")):
            continue
        else:
            key += f".{part}" if key else part
    return key


def _check_paths(task: Task, file: Path) -> None:
    root = task.folder.resolve()
    for path in task.folder.rglob("*"):
        if not path.is_symlink():
            continue
        try:
            path.stat()
        except FileNotFoundError:
            pass  # it leads to nothing; where that nothing would lie is what counts
        except OSError as error:
            raise ManifestError(
                f"{file}: {path.relative_to(task.folder)} is a symbolic link that leads to itself; remove it"
            ) from error
        if not path.resolve().is_relative_to(root):
            raise ManifestError(
                f"{file}: {path.relative_to(task.folder)} is a symbolic link that leaves the task folder; "
                "replace it by the file itself"
            )
    for key, relative in _named_files(task.manifest).items():
        if not (task.folder / relative).is_file():
            raise ManifestError(f"{file}: {key}: there is no file {relative}; create it or correct the path")
        if key in {"paper.file", "instructions.file"}:
            try:
                (task.folder / relative).read_text("utf-8")
            except UnicodeDecodeError as error:
                raise ManifestError(
                    f"{file}: {key}: {relative} is not UTF-8 (byte {error.start}); save it as UTF-8"
                ) from error
    if not task.code.is_dir():
        raise ManifestError(f"{file}: the task has no folder code/; put the codebase there")


def _find_function(task: Task, file: Path, position: int, function: FunctionSection) -> str:
    """The function's name in the code, one name however the manifest writes it."""
    path = task.code / function.path
    key = f"{file}: function[{position}]"
    if not path.is_file():
        raise ManifestError(f"{key}.path: there is no file code/{function.path}; correct the path")
    try:
        return syntax.scan(path.read_bytes(), function.path).find(function.qualname).name
    except FunctionNotFoundError as error:
        raise FunctionNotFoundError(f"{key}.qualname: {error}") from error
    except MaskingError as error:
        raise ManifestError(f"{key}.path: {error}; correct the file or the path") from error
