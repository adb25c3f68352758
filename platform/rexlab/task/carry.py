"""What new function bodies need from the module they were written in, and what of it may come along."""

import ast
import builtins
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from rexlab.task.calm import is_calm
from rexlab.task.module_names import Definition, ModuleNames, attributes_used, bound_names, header_names

_BUILTIN = frozenset(dir(builtins)) | {"__file__", "__path__"}


@dataclass
class Carried:
    """What comes along, and what does not although the bodies use it."""

    statements: list[tuple[ast.stmt, str]] = field(default_factory=list)
    """Statements at module level, in their order, with their text."""
    members: list[tuple[str, ast.stmt, str]] = field(default_factory=list)
    """Private members of classes: the class, the statement, its text."""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Wanted:
    name: str
    cls: str | None
    """The class of which it is a member, or None for a name at module level."""


class Gatherer:
    """Follows names from the new bodies through the submitted module, transitively.

    Args:
        reference: The module that stays; nothing it defines is ever replaced.
        submitted: The module the new bodies are from.
        pruned_reference: From a definition's line in the reference to whether its body is left out of comparisons.
        pruned_submitted: The same for the submission.
    """

    def __init__(
        self,
        reference: ModuleNames,
        submitted: ModuleNames,
        pruned_reference: Collection[int],
        pruned_submitted: Collection[int],
    ) -> None:
        self._reference = reference
        self._submitted = submitted
        self._pruned = {id(reference): pruned_reference, id(submitted): pruned_submitted}
        self._ref_classes, self._sub_classes = reference.classes(), submitted.classes()
        self._found = Carried()
        self._taken: set[_Wanted] = set()
        self._queue: list[_Wanted] = []
        self._names: dict[str, None] = {}
        self._members: dict[tuple[str, str], None] = {}

    def gather(self, bodies: Iterable[tuple[Definition, str | None]]) -> Carried:
        """Everything the given functions need; each with the qualname of the class it stands in, or None."""
        for node, cls in bodies:
            self._want(node, cls, set())
        while self._queue:
            wanted = self._queue.pop(0)
            if wanted in self._taken:
                continue
            self._taken.add(wanted)
            if wanted.cls is None:
                self._take_name(wanted.name)
            else:
                self._take_member(wanted.cls, wanted.name)
        self._collect()
        return self._found

    def _want(self, node: ast.stmt, cls: str | None, names: set[str]) -> None:
        """Queue what the inside of a statement needs, and these names."""
        if isinstance(node, Definition):
            names = names | self._submitted.needs(node)
        wanted = [_Wanted(name, None) for name in sorted(names)]
        if cls is not None:
            wanted += [_Wanted(name, cls) for name in sorted(attributes_used(node))]
        self._queue += wanted

    def _take_name(self, name: str) -> None:
        submitted, reference = self._submitted, self._reference
        definitions = submitted.definitions.get(name, [])
        if name in reference.bound:
            if definitions and not self._same(name):
                self._report(f"{name!r} differs from the reference's; the reference's is kept")
        elif not definitions:
            if name in submitted.bound:
                self._report(f"{name!r} is bound inside an if, a try or a function; it is not carried")
            elif name not in _BUILTIN and name not in reference.used and self._has_star():
                self._report(f"{name!r} may come from a star import; it is not carried")
        elif name in _BUILTIN or name in reference.used:
            self._report(f"{name!r} would change what the reference's own code calls by that name; it is not carried")
        elif not all(isinstance(d, ast.Import | ast.ImportFrom) or is_calm(d) for d in definitions):
            self._report(f"{name!r} is more than a function, class, import or literal; it is not carried")
        else:
            self._names[name] = None
            for definition in definitions:
                self._want(definition, None, header_names(definition))
                if isinstance(definition, ast.Assign):
                    # One statement that binds several names carries them all, or none.
                    self._queue += [_Wanted(other, None) for other in bound_names(definition)]

    def _take_member(self, cls: str, name: str) -> None:
        submitted, reference = self._sub_classes.get(cls), self._ref_classes.get(cls)
        if submitted is None or reference is None or name in _members(reference):
            return
        members = _members(submitted).get(name)
        if members is None:
            return
        if not name.startswith("_") or (name.startswith("__") and name.endswith("__")):
            self._report(f"{cls}.{name} is not private; it is not carried")
        elif base := self._inherited(reference, name):
            self._report(f"{cls}.{name} would override what {base} defines; it is not carried")
        elif not all(is_calm(member) for member in members):
            self._report(f"{cls}.{name} is more than a function or literal; it is not carried")
        else:
            self._members[cls, name] = None
            for member in members:
                self._want(member, cls, header_names(member))

    def _collect(self) -> None:
        """Put what was chosen in the order of the submission."""
        future = self._future_annotations()
        if future is not None:
            self._found.statements.append((future, "from __future__ import annotations"))
        for statement in self._submitted.tree.body:
            chosen = [name for name in bound_names(statement) if name in self._names]
            if not chosen or statement not in [d for n in chosen for d in self._submitted.definitions[n]]:
                continue
            if isinstance(statement, ast.Import | ast.ImportFrom):
                text = _import_of(statement, chosen)
            elif len(chosen) == len(bound_names(statement)):
                text = self._submitted.segment(statement)
            else:
                self._report(f"{chosen[0]!r} is bound together with what the reference defines; it is not carried")
                continue
            self._found.statements.append((statement, text))
        for cls, name in self._members:
            for member in _members(self._sub_classes[cls])[name]:
                self._found.members.append((cls, member, self._submitted.segment(member)))

    def _future_annotations(self) -> ast.ImportFrom | None:
        """The import that keeps annotations from being evaluated, when definitions written under it come along."""
        definitions = [d for name in self._names for d in self._submitted.definitions[name]]
        definitions += [m for cls, name in self._members for m in _members(self._sub_classes[cls])[name]]
        annotated = any(
            getattr(n, "annotation", None) or getattr(n, "returns", None) for d in definitions for n in ast.walk(d)
        )
        mine, theirs = (
            [s for s in module.tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
            for module in (self._reference, self._submitted)
        )
        known = {alias.name for s in mine for alias in s.names}
        wanted = [s for s in theirs if any(alias.name == "annotations" for alias in s.names)]
        return wanted[0] if annotated and wanted and "annotations" not in known else None

    def _same(self, name: str) -> bool:
        one, other = self._reference, self._submitted
        mine, theirs = one.definitions.get(name, []), other.definitions.get(name, [])
        if len(mine) != len(theirs):
            return not mine  # bound under an if or a try in the reference: nothing to compare with
        return all(self._alike(a, b, name) for a, b in zip(mine, theirs, strict=True))

    def _alike(self, mine: ast.stmt, theirs: ast.stmt, name: str) -> bool:
        if isinstance(mine, ast.Import | ast.ImportFrom) and isinstance(theirs, ast.Import | ast.ImportFrom):
            return _import_of(mine, [name]) == _import_of(theirs, [name])
        if isinstance(mine, ast.ClassDef) and isinstance(theirs, ast.ClassDef):
            # Members that only the submission has are judged one by one, when a body uses them.
            known = _members(mine)
            more = [m for m in theirs.body if any(n not in known for n in bound_names(m))]
            shared = [m for m in theirs.body if m not in more]
            same = len(shared) == len(mine.body) and mine.name == theirs.name
            return same and all(self._alike(a, b, "") for a, b in zip(mine.body, shared, strict=True))
        return self._dump(mine, self._reference) == self._dump(theirs, self._submitted)

    def _dump(self, node: ast.stmt, module: ModuleNames) -> str:
        """The statement as text, without the bodies that are masked."""
        pruned = self._pruned[id(module)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.lineno in pruned:
            return f"masked {node.name}"
        parts = [self._dump(m, module) for m in node.body] if isinstance(node, ast.ClassDef) else []
        return ast.dump(node) if not parts else f"class {node.name}: {parts}"  # type: ignore[attr-defined]

    def _inherited(self, cls: ast.ClassDef, name: str) -> str | None:
        """The base class, in the reference's module, that has a member of this name."""
        for base in cls.bases:
            known = self._ref_classes.get(base.id) if isinstance(base, ast.Name) else None
            if known is not None and known is not cls:
                if name in _members(known):
                    return known.name
                if further := self._inherited(known, name):
                    return further
        return None

    def _has_star(self) -> bool:
        return any(isinstance(s, ast.ImportFrom) and s.names[0].name == "*" for s in self._submitted.tree.body)

    def _report(self, problem: str) -> None:
        if problem not in self._found.problems:
            self._found.problems.append(problem)


def describe(statement: ast.stmt, text: str, cls: str | None = None) -> str:
    """A carried statement in few words."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return text
    names = ", ".join(bound_names(statement))
    kind = {ast.ClassDef: "class", ast.Assign: "constant", ast.AnnAssign: "constant"}.get(type(statement), "def")
    return f"{kind} {cls}.{names}" if cls else f"{kind} {names}"


def _members(cls: ast.ClassDef) -> dict[str, list[ast.stmt]]:
    found: dict[str, list[ast.stmt]] = {}
    for member in cls.body:
        for name in bound_names(member):
            found.setdefault(name, []).append(member)
    return found


def _import_of(statement: ast.Import | ast.ImportFrom, names: Collection[str]) -> str:
    """The import statement, reduced to these names."""
    return ast.unparse(
        type(statement)(**{**dict(ast.iter_fields(statement)), "names": list(_aliases(statement, names))})
    )


def _aliases(statement: ast.Import | ast.ImportFrom, names: Collection[str]) -> Iterator[ast.alias]:
    for alias in statement.names:
        bound = alias.asname or (alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name)
        if bound in names:
            yield alias
