"""Subtly wrong versions of a function: what a grader must tell from the right one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from rexlab.errors import MaskingError
from rexlab.task.draws import Draws
from rexlab.task.functions import Function, scan
from rexlab.task.mutation_operators import Change, expression_changes, statement_changes
from rexlab.task.source_text import SourceText, decode, quiet


@dataclass(frozen=True)
class Mutant:
    """A module in which one function holds one mistake."""

    operator: str
    line: int
    """The line, in the module as it was, where the changed code begins."""
    description: str
    source: bytes
    """The whole module; outside the function's body it is byte for byte what it was."""


def mutants(source: bytes, qualname: str, filename: str = "<module>") -> list[Mutant]:
    """Every mistake the operators can make in a function, in source order; each parses and differs from the others.

    Docstrings, annotations, assertions, raises and the conditions that only guard a raise stay as they are:
    a mistake there hardly ever changes a result. A function in which no operator finds anything gets one
    mutant that returns None, if that is a change.

    Raises:
        FunctionNotFoundError: The name fits no function, or several.
        MaskingError: The source does not parse with the Python that runs this.
    """
    function = scan(source, filename).find(qualname)
    text = decode(source, filename)
    editor = _Editor(text, source, function, filename)
    node = editor.original
    changes = [*_changes(node, _local_names(node))]
    found = list(editor.mutants(changes))
    return found or list(editor.mutants(_returns_nothing(node)))


def mutate(source: bytes, qualname: str, seed: int, filename: str = "<module>") -> Mutant:
    """One of ``mutants``, drawn with a seed; mutating one function after another of a file composes.

    Raises:
        FunctionNotFoundError: The name fits no function, or several.
        MaskingError: The source does not parse, or the function has nothing to get wrong.
    """
    choices = mutants(source, qualname, filename)
    if not choices:
        raise MaskingError(f"{filename}: {qualname} has nothing in it that could be made wrong")
    return choices[Draws("mutant", seed, qualname).below(len(choices))]


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Edit = tuple[ast.AST, ast.AST | None, Change]
"""The node to replace, what it stands in, and what to put there."""


class _Editor:
    """Splices changes into the text of one function."""

    def __init__(self, text: SourceText, source: bytes, function: Function, filename: str) -> None:
        self._text = text
        self._source = source
        self._function = function
        try:
            with quiet():
                tree = ast.parse(text.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise MaskingError(f"{filename}: does not parse with the Python that runs rexlab: {error}") from error
        self.original = _definition(tree, function)
        # Only the function is parsed again for each mutant, as the body of an if where it is indented.
        self._start = text.line_start(function.def_line)
        self._end = text.line_start((self.original.end_lineno or function.last_line) + 1)
        self._before = b"if 1:\n" if function.indent else b""
        self._seen = {self._dump(text.utf8[self._start : self._end])}

    def mutants(self, changes: list[Edit] | Iterator[Edit]) -> Iterator[Mutant]:
        for node, parent, change in changes:
            start, end = self._span(node)
            replacement = _render(change.node, parent)
            head, tail = self._text.utf8[:start], self._text.utf8[end:]
            changed = head[self._start :] + replacement.encode() + self._text.utf8[end : self._end]
            dump = self._dump(changed)
            if dump is None or dump in self._seen:
                continue
            self._seen.add(dump)
            try:
                encoded = replacement.encode(self._text.encoding)
            except UnicodeEncodeError:  # an escape in the source that unparsing turned into the character itself
                continue
            at = self._text.byte_offset
            spliced = self._source[: at(start)] + encoded + self._source[at(len(self._text.utf8) - len(tail)) :]
            yield Mutant(change.operator, self._text.line_at(start), change.description, spliced)

    def _span(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, ast.expr | ast.stmt)
        end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
        return (
            self._text.line_start(node.lineno) + node.col_offset,
            self._text.line_start(end_line) + end_column,
        )

    def _dump(self, function: bytes) -> str | None:
        try:
            with quiet():
                return ast.dump(ast.parse(self._before + function))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _definition(tree: ast.Module, function: Function) -> FunctionNode:
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode) and node.lineno == function.def_line:
            return node
    raise AssertionError(f"{function.name} is in one syntax tree and not in the other")


_LOOSE = ast.BinOp | ast.UnaryOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.Lambda | ast.NamedExpr | ast.Await
_TIGHT = (*_LOOSE.__args__, ast.Attribute, ast.Subscript, ast.Call, ast.Starred, ast.comprehension)


def _render(node: ast.AST, parent: ast.AST | None) -> str:
    text = ast.unparse(node)
    return f"({text})" if isinstance(node, _LOOSE) and isinstance(parent, _TIGHT) else text


def _changes(function: FunctionNode, local_names: list[str]) -> Iterator[Edit]:
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    for statement in body:
        yield from _below(statement, None, local_names)


def _below(node: ast.AST, parent: ast.AST | None, local_names: list[str]) -> Iterator[Edit]:
    """The changes of a node and of all below it that mutation may touch, in source order."""
    if isinstance(node, ast.Raise | ast.Assert | ast.JoinedStr | ast.Global | ast.Nonlocal):
        # Also, Python before 3.12 does not know where the parts of an f-string stand.
        return
    if isinstance(node, ast.expr):
        yield from ((node, parent, change) for change in expression_changes(node))
    elif isinstance(node, ast.stmt):
        yield from ((node, parent, change) for change in statement_changes(node, local_names))
    if isinstance(node, FunctionNode):
        inner = sorted({*local_names, *_local_names(node)})
        yield from _changes(node, inner)
        return
    for child in _children(node):
        yield from _below(child, node, local_names)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    skipped: tuple[str, ...] = ("annotation", "decorator_list", "returns", "type_params")
    if isinstance(node, ast.If) and all(isinstance(s, ast.Raise) for s in node.body):
        skipped += ("test",)
    if isinstance(node, ast.MatchValue):
        skipped += ("value",)
    for name, value in ast.iter_fields(node):
        if name in skipped:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child


def _local_names(function: FunctionNode) -> list[str]:
    """The names that could be returned by mistake: arguments but for self and cls, and variables."""
    arguments = function.args
    names = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]} - {"self", "cls"}
    stack: list[ast.AST] = [*function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp):
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id != "_":
            names.add(node.id)
        stack.extend(ast.iter_child_nodes(node))
    return sorted(names)


def _returns_nothing(function: FunctionNode) -> Iterator[Edit]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            change = Change("result dropped", ast.Return(ast.Constant(value=None)), "nothing is returned")
            yield node, None, change
