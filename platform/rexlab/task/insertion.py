"""Where in the reference the carried helpers go, and the proof that nothing else has changed."""

import ast
from collections import Counter
from collections.abc import Collection, Sequence

from rexlab.task.carry import Carried
from rexlab.task.module_names import Definition, ModuleNames
from rexlab.task.source_text import SourceText
from rexlab.task.splice import reindent

Insertion = tuple[int, str]
"""An offset into the reference's UTF-8 text, and what goes there."""


def insertions(reference: ModuleNames, submitted: ModuleNames, carried: Carried, newline: str) -> list[Insertion]:
    """A place for each carried statement: after the same statement as in the submission, as far as there is one."""
    found = [
        (_module_place(reference, submitted, statement), _at_module_level(statement, text, newline))
        for statement, text in carried.statements
    ]
    classes = reference.classes()
    for cls, member, text in carried.members:
        last = classes[cls].body[-1]
        indent = _indent(reference.text, last)
        old = _indent(submitted.text, member)
        found.append((_after(reference, [last]), f"{newline}{indent}{reindent(text, old, indent)}{newline}"))
    end = len(reference.text.utf8)
    broken = reference.text.text.endswith(("\n", "\r")) or not found
    return [(place, text if place < end or broken else newline + text) for place, text in found]


def only_bodies_changed(before: ast.Module, after: ast.Module, masked_lines: Collection[int], carried: Carried) -> bool:
    """Whether two modules are the same but for the bodies of the defs on these lines, and what came along."""
    extra = Counter(ast.dump(_parsed(s, text)) for s, text in carried.statements)
    extra += Counter(ast.dump(member) for _, member, _ in carried.members)
    return _same(before, after, masked_lines, extra) and not +extra


def _parsed(statement: ast.stmt, text: str) -> ast.stmt:
    # An import may have been reduced to some of its names.
    return ast.parse(text).body[0] if isinstance(statement, ast.Import | ast.ImportFrom) else statement


def _same(one: object, other: object, masked_lines: Collection[int], extra: Counter[str]) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        rest = list(other)
        for item in one:
            # Carried statements stand between those of the reference, and are taken out as they come.
            while rest and _is_extra(rest[0], extra) and not _same(item, rest[0], masked_lines, Counter()):
                extra[ast.dump(rest.pop(0))] -= 1
            if not rest or not _same(item, rest.pop(0), masked_lines, extra):
                return False
        for item in rest:
            if not _is_extra(item, extra):
                return False
            extra[ast.dump(item)] -= 1
        return True
    if not isinstance(one, ast.AST) or not isinstance(other, ast.AST):
        return type(one) is type(other) and (one == other or repr(one) == repr(other))
    masked = isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.lineno in masked_lines
    return type(one) is type(other) and all(
        _same(getattr(one, name, None), getattr(other, name, None), masked_lines, extra)
        for name in one._fields
        if not (masked and name == "body")
    )


def _is_extra(item: object, extra: Counter[str]) -> bool:
    return isinstance(item, ast.stmt) and extra.total() > 0 and extra[ast.dump(item)] > 0


def _module_place(reference: ModuleNames, submitted: ModuleNames, statement: ast.stmt) -> int:
    body = reference.tree.body
    first_free = len(_preamble(body))
    index = -1
    if not _is_future(statement):
        known = {_key(s): position for position, s in enumerate(body)}
        before = submitted.tree.body[: submitted.tree.body.index(statement)]
        index = next((known[_key(s)] for s in reversed(before) if _key(s) in known), -1)
    index = max(index, first_free - 1)
    if index >= 0:
        return _after(reference, body[: index + 1])
    if not body:
        return len(reference.text.utf8)
    return reference.text.line_start(min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", []))]))


def _preamble(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The docstring and the future imports: nothing may come before them."""
    kept = 0
    for position, statement in enumerate(body):
        text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if _is_future(statement) or (position == 0 and text):
            kept = position + 1
    return list(body[:kept])


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _key(statement: ast.stmt) -> str:
    if isinstance(statement, Definition):
        return f"definition of {statement.name}"
    return ast.dump(statement)


def _after(reference: ModuleNames, statements: Sequence[ast.stmt]) -> int:
    """The start of the first line below the last of these statements on which no other one stands."""
    end = statements[-1].end_lineno or statements[-1].lineno
    for statement in reference.tree.body:
        if isinstance(statement, ast.ClassDef) and statement.lineno < statements[-1].lineno:
            continue
        if statement.lineno <= end < (statement.end_lineno or 0):
            end = statement.end_lineno or end
    return reference.text.line_start(end + 1)


def _at_module_level(statement: ast.stmt, text: str, newline: str) -> str:
    if isinstance(statement, Definition):
        return f"{newline}{newline}{text}{newline}"
    return f"{text}{newline}"


def _indent(text: SourceText, statement: ast.stmt) -> str:
    start = text.line_start(statement.lineno)
    return text.utf8[start : start + statement.col_offset].decode()
