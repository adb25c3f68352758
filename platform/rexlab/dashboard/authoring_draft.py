"""A task as its author wants it, before it is saved: what is ticked, what is written, what that changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from rexlab.authoring.describe import MIN_LENGTH, TODO
from rexlab.authoring.edit import FunctionEdit, edit_functions
from rexlab.authoring.edit_texts import Texts
from rexlab.dashboard.authoring_code import Catalogue, CodeFunction
from rexlab.task.load import Task
from rexlab.task.manifest import FunctionSection

_WORDS = {
    "title": "the title",
    "summary": "the summary",
    "paper_title": "the paper's title",
    "authors": "the authors",
    "year": "the year",
    "url": "the paper's address",
    "experiments": "the descriptions of experiments",
}
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Draft:
    """What an author wants of a task; every change makes another draft."""

    base: Task
    """As it was read when the first change was made."""
    code: Catalogue
    texts: Texts
    ticked: frozenset[str]
    """Ids of the functions that can be masked."""
    descriptions: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Those that were written anew, by function; an unticked function keeps its own for when it is ticked again."""
    experiments: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The experiments that depend on a function, where that was said anew."""

    @classmethod
    def of(cls, task: Task, code: Catalogue) -> "Draft":
        """No change yet."""
        return cls(task, code, Texts.of(task.manifest), frozenset(code.declared))

    def tick(self, function: str, on: bool) -> "Draft":
        """With the function among those that can be masked, or not."""
        return replace(self, ticked=self.ticked | {function} if on else self.ticked - {function})

    def write(self, text: str, value: Any) -> "Draft":
        """With another of its texts, by the name that ``Texts`` gives it."""
        return replace(self, texts=replace(self.texts, **{text: value}))

    def write_experiment(self, name: str, value: str) -> "Draft":
        """With another description of an experiment."""
        return self.write("experiments", {**self.texts.experiments, name: value})

    def describe(self, function: str, text: str) -> "Draft":
        """With another description of the function."""
        return replace(self, descriptions={**self.descriptions, function: text})

    def depend(self, function: str, experiments: tuple[str, ...]) -> "Draft":
        """With these experiments as the ones that depend on the function."""
        ordered = tuple(e.name for e in self.base.experiments if e.name in experiments)
        return replace(self, experiments={**self.experiments, function: ordered})

    def description(self, function: str) -> str:
        """What is said of the function: written anew, or in the manifest, or in its docstring."""
        if function in self.descriptions:
            return self.descriptions[function]
        section = self._declared.get(function)
        return section.description.strip() if section else self._function(function).said

    def experiments_of(self, function: str) -> tuple[str, ...]:
        """The experiments that depend on the function; all of them where nothing is said."""
        if function in self.experiments:
            return self.experiments[function]
        return self._stated(function)

    def lack(self, function: str) -> str:
        """What the function's description still lacks, in words; empty when it may do."""
        text = self.description(function).strip()
        if text.startswith(TODO):
            return "no description yet"
        return "description too short" if len(text) < MIN_LENGTH else ""

    @property
    def chosen(self) -> list[FunctionEdit]:
        """The ticked functions: the manifest's in its order, then the new ones in that of the code."""
        order = [f for f in self.code.declared if f in self.ticked]
        order += [f.id for f in self.code.functions if f.id in self.ticked and f.id not in self._declared]
        return [self._edit(function) for function in order]

    @property
    def changes(self) -> list[str]:
        """What saving would change, in words."""
        saved = Texts.of(self.base.manifest)
        found = [words for text, words in _WORDS.items() if _differ(getattr(self.texts, text), getattr(saved, text))]
        for function in self.code.functions:
            name, was, now = function.name, function.id in self._declared, function.id in self.ticked
            if was != now:
                found.append(f"{name} {'ticked' if now else 'unticked'}")
            elif now and self.description(function.id).strip() != self._declared[function.id].description.strip():
                found.append(f"the description of {name}")
            if was and now and self.experiments_of(function.id) != self._stated(function.id):
                found.append(f"the experiments of {name}")
        return found

    def differs_from(self, task: Task) -> bool:
        """Whether somebody else changed what this draft is about since it was begun."""
        return _editable(task) != _editable(self.base)

    def upon(self, task: Task, code: Catalogue) -> "Draft":
        """The same changes on top of the task as it is now."""
        fresh, saved = Draft.of(task, code), Texts.of(self.base.manifest)
        mine = {name: getattr(self.texts, name) for name in _WORDS}
        changed = {name: value for name, value in mine.items() if _differ(value, getattr(saved, name))}
        known = {f.id for f in code.functions}
        turned_on = (self.ticked - set(self._declared)) & known
        turned_off = set(self._declared) - self.ticked
        return replace(
            fresh,
            texts=replace(fresh.texts, **changed),
            ticked=(fresh.ticked | turned_on) - turned_off,
            descriptions={f: text for f, text in self.descriptions.items() if f in known},
            experiments={f: names for f, names in self.experiments.items() if f in known},
        )

    def save(self) -> Task:
        """Write it into ``task.toml``; the task, read again.

        Raises:
            InputError: it cannot be saved so, or the file was changed meanwhile; nothing was written.
        """
        return edit_functions(self.base, self.chosen, self.texts)

    @cached_property
    def _declared(self) -> dict[str, FunctionSection]:
        return dict(zip(self.code.declared, self.base.functions, strict=True))

    def _function(self, function: str) -> CodeFunction:
        return next(f for f in self.code.functions if f.id == function)

    def _edit(self, function: str) -> FunctionEdit:
        found = self._function(function)
        said = self.experiments.get(function)
        return FunctionEdit(found.path, found.name, self.description(function), said)

    def _stated(self, function: str) -> tuple[str, ...]:
        section = self._declared.get(function)
        return tuple(
            e.name
            for e in self.base.experiments
            if not section or not e.functions or {section.qualname, section.id} & set(e.functions)
        )


def _editable(task: Task) -> tuple[object, ...]:
    manifest = task.manifest
    return Texts.of(manifest), manifest.function, [(e.name, e.functions) for e in manifest.experiment]


def _differ(one: object, other: object) -> bool:
    return (one.strip() if isinstance(one, str) else one) != other
