"""Edit a task's manifest: which functions can be masked, and what it says in words."""

import fcntl
import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.exceptions import TOMLKitError

from rexlab.authoring.describe import MIN_LENGTH
from rexlab.authoring.edit_texts import Texts
from rexlab.authoring.manifest_blocks import function_blocks, with_added, without
from rexlab.errors import InputError, ManifestError
from rexlab.task.functions import scan
from rexlab.task.load import Task, describe_validation_error, load_task
from rexlab.task.manifest import ExperimentSection, FunctionSection, Manifest

_LONGEST_LINE = 100
"""Characters of a description that still stands on one line of the manifest."""


@dataclass(frozen=True)
class FunctionEdit:
    """One function as the manifest shall have it."""

    path: str
    qualname: str
    description: str
    experiments: tuple[str, ...] | None = None
    """The experiments that depend on it; None leaves them as they are, and gives a new function all of them."""

    @property
    def id(self) -> str:
        """``path:qualname``."""
        return f"{self.path}:{self.qualname}"


def edit_functions(task: Task, wanted: Sequence[FunctionEdit], texts: Texts | None = None) -> Task:
    """Rewrite ``task.toml`` so that exactly the wanted functions can be masked; comments and order of the rest stay.

    The new text is checked before it replaces the old one in a single step.

    Args:
        task: The task as it was read; its manifest must not have changed since.
        wanted: All functions that can be masked afterwards. Those that the manifest has keep their place.
        texts: What the manifest says in words; None leaves it.

    Returns:
        The task, read again.

    Raises:
        InputError: the manifest changed since the task was read, an experiment would depend on nothing, a text is
            missing or too short, or the file cannot be written.
        FunctionNotFoundError: a wanted function is not in the code.
    """
    place = task.folder / "task.toml"
    with _alone_in(task.folder):
        text = _read_unchanged(task, place)
        edit = _Edit.of(task, wanted)
        try:
            edited = edit.apply(text, texts)
        except TOMLKitError as error:
            raise InputError(f"{place} is written in a way that cannot be edited here: {error}") from error
        if edited == text:
            return task
        _parse(place, edited)
        _replace(place, edited)
    return load_task(task.folder)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One editor at a time: between reading the old text and writing the new one nobody else does the same."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read_unchanged(task: Task, place: Path) -> str:
    try:
        text = place.read_bytes().decode("utf-8")
        same = _parse(place, text) == task.manifest
    except (OSError, UnicodeDecodeError, ManifestError):
        same = False
    if not same:
        raise InputError(f"{place} was changed after it was read here, so nothing was written; read it again first")
    return text


def _parse(place: Path, text: str) -> Manifest:
    try:
        data = tomllib.loads(text)
        return Manifest.model_validate(data)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{place} would not be valid TOML: {error}") from error
    except ValidationError as error:
        raise ManifestError(describe_validation_error(place, data, error)) from error


Name = tuple[str, str]
"""A function's path, and its one name in the code, however a manifest or an edit writes it."""


@dataclass(frozen=True)
class _Edit:
    task: Task
    had: dict[Name, FunctionSection]
    chosen: dict[Name, FunctionEdit]

    @classmethod
    def of(cls, task: Task, wanted: Sequence[FunctionEdit]) -> "_Edit":
        had = {_name(task, section): section for section in task.functions}
        chosen = {_name(task, _section(edit)): edit for edit in wanted}
        if len(chosen) < len(wanted):
            raise InputError(f"task {task.id}: a function is named twice; name each of them once")
        if had and not chosen:
            raise InputError(f"task {task.id}: a masking task needs at least one function to mask; choose one")
        if chosen and not had:
            raise InputError(f"task {task.id} is an extension: nothing in it is masked")
        return cls(task, had, chosen)

    @property
    def new(self) -> list[Name]:
        return [name for name in self.chosen if name not in self.had]

    @property
    def order(self) -> list[Name]:
        """The functions of the edited manifest, in its order."""
        return [*(name for name in self.had if name in self.chosen), *self.new]

    def apply(self, text: str, texts: Texts | None) -> str:
        """The manifest's new text."""
        document: Any = tomlkit.parse(text)
        if texts:
            texts.write(document, self.task.manifest)
        for name, table in zip(self.had, document.get("function", []), strict=True):
            edit = self.chosen.get(name)
            if edit and edit.description.strip() != table["description"].strip():
                table["description"] = _description(edit.description)
        for experiment, table in zip(self.task.experiments, document["experiment"], strict=True):
            self._write_names(experiment, table)
        text = tomlkit.dumps(document)
        gone = [position for position, name in enumerate(self.had) if name not in self.chosen]
        if not self.new and not gone:
            return text
        if len(function_blocks(text)) != len(self.had):
            raise InputError(
                f"task {self.task.id}: its functions are not [[function]] tables; write them as such first"
            )
        # added first: when every old table goes, the new ones still have a place to follow
        return without(with_added(text, [_table(name, self.chosen[name]) for name in self.new]), gone)

    def _write_names(self, experiment: ExperimentSection, table: Any) -> None:
        """Let the experiment name what it depends on; one that names nothing depends on everything."""
        listed = self._listed(experiment)
        wanted = [name for name in self.order if self._wants(name, experiment.name, name in listed)]
        if self.had and not wanted:
            raise InputError(
                f"task {self.task.id}: experiment {experiment.name} needs one of "
                f"{', '.join(self.had[name].id for name in listed)}; keep one, or let another function count for it"
            )
        if not experiment.functions:
            if len(wanted) < len(self.order):
                table["functions"] = [self._id(name) for name in wanted]
            return
        array = table["functions"]
        for position, name in reversed(list(enumerate(listed))):
            if name not in wanted:
                del array[position]
            elif self._ambiguous(array[position]):
                array[position] = self._id(name)
        for name in wanted:
            if name not in listed:
                array.append(self._id(name) if self._ambiguous(name[1]) else name[1])

    def _listed(self, experiment: ExperimentSection) -> list[Name]:
        """The functions that the experiment names, in its order; all of them when it names none."""
        if not experiment.functions:
            return list(self.had)
        return [n for word in experiment.functions for n, s in self.had.items() if word in (s.qualname, s.id)]

    def _wants(self, name: Name, experiment: str, listed: bool) -> bool:
        experiments = self.chosen[name].experiments
        return experiment in experiments if experiments is not None else listed or name not in self.had

    def _id(self, name: Name) -> str:
        return self.had[name].id if name in self.had else ":".join(name)

    def _ambiguous(self, word: str) -> bool:
        """Whether several functions of the edited manifest are called so, each without its file."""
        return sum(word == (self.had[n].qualname if n in self.had else n[1]) for n in self.order) > 1


def _section(edit: FunctionEdit) -> FunctionSection:
    text = edit.description.strip()
    try:
        return FunctionSection(path=edit.path, qualname=edit.qualname, description=text)
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("description",):
            raise InputError(
                f"{edit.id}: its description has {len(text)} characters; say in at least {MIN_LENGTH} what it does"
            ) from error
        raise InputError(f"{edit.id} cannot be a function of a task: {first['msg']}") from error


def _name(task: Task, section: FunctionSection) -> Name:
    file = task.code / section.path
    if not file.is_file():
        raise InputError(f"{section.id}: there is no file code/{section.path}; correct the path")
    return section.path, scan(file.read_bytes(), section.path).find(section.qualname).name


def _table(name: Name, edit: FunctionEdit) -> str:
    table = tomlkit.table()
    table["path"], table["qualname"] = name
    table["description"] = _description(edit.description)
    tables = tomlkit.aot()
    tables.append(table)
    return tomlkit.dumps({"function": tables})


def _description(text: str) -> Any:
    text = re.sub(r"\r\n?", "\n", text).strip()
    if "\n" not in text and len(text) <= _LONGEST_LINE:
        return tomlkit.string(text)
    inside = tomlkit.string(text, multiline=True).as_string()[3:-3]
    return tomlkit.value(f'"""\n{inside}\n"""')


def _replace(place: Path, text: str) -> None:
    beside = place.with_suffix(".toml.part")
    try:
        beside.write_bytes(text.encode())
        beside.replace(place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"{place} cannot be written: {error.strerror}; the old one is still there") from error
