"""The mistakes a mutant can hold: each operator turns one expression or statement into a subtly wrong one."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)


@dataclass(frozen=True)
class Change:
    """One mistake: put this node in the place of the one it was made from."""

    operator: str
    node: ast.AST
    description: str


def expression_changes(node: ast.expr) -> Iterator[Change]:
    """Every mistake that the operators can make of this expression itself (not of its parts)."""
    match node:
        case ast.Compare():
            yield from _comparison(node)
        case ast.Constant():
            yield from _constant(node)
        case ast.BinOp():
            yield from _arithmetic(node)
        case ast.UnaryOp(op=ast.USub()):
            yield Change("sign flip", node.operand, f"{_show(node)} loses its minus")
        case ast.UnaryOp(op=ast.Not()):
            yield Change("negation dropped", node.operand, f"{_show(node)} loses its not")
        case ast.BoolOp():
            yield from _logic(node)
        case ast.Slice():
            yield from _slice(node)
        case ast.Subscript(slice=ast.Slice(lower=None, upper=None, step=ast.UnaryOp(ast.USub(), ast.Constant(1)))):
            yield Change("order reversed", node.value, f"{_show(node)} loses its [::-1]")
        case ast.Call():
            yield from _call(node)


def statement_changes(node: ast.stmt, local_names: list[str]) -> Iterator[Change]:
    """Every mistake that the operators can make of this statement as a whole.

    Args:
        node: The statement.
        local_names: Arguments and variables of the function around it.
    """
    match node:
        case ast.Break():
            yield Change("break and continue", ast.Continue(), "break becomes continue")
        case ast.Continue():
            yield Change("break and continue", ast.Break(), "continue becomes break")
        case ast.AugAssign():
            if swapped := _SWAPPED.get(type(node.op)):
                yield _becomes("operator swapped", node, _with(node, op=swapped()))
            yield Change("statement dropped", ast.Pass(), f"{_show(node)} is gone")
        case ast.Expr(value=ast.Call()) if not _only_talks(node.value):
            yield Change("statement dropped", ast.Pass(), f"{_show(node)} is gone")
        case ast.Return(value=ast.Name(name)):
            for other in local_names:
                if other != name:
                    returned = ast.Return(ast.Name(other, ast.Load()))
                    yield _becomes("another local returned", node, returned)


_COMPARISONS: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.Gt],
    ast.LtE: [ast.Lt, ast.GtE],
    ast.Gt: [ast.GtE, ast.Lt],
    ast.GtE: [ast.Gt, ast.LtE],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
}
_ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_PAIRS = [
    ("min", "max"),
    ("argmin", "argmax"),
    ("nanmin", "nanmax"),
    ("minimum", "maximum"),
    ("any", "all"),
    ("sum", "mean"),
    ("floor", "ceil"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("var", "std"),
]
_OTHER_NAME = {a: b for pair in _PAIRS for a, b in (pair, pair[::-1])}
_ABSOLUTE = ("abs", "fabs", "absolute")
_TALK = ("print", "warn", "debug", "info", "warning", "error", "log")
_SYMMETRIC = {*_TALK, *_OTHER_NAME, "isclose", "allclose", "gcd", "range", "isinstance", "issubclass", "zip", "hypot"}


def _comparison(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARISONS[type(operator)]:
            changed = _with(node, ops=[*node.ops[:index], other(), *node.ops[index + 1 :]])
            yield _becomes("comparison flipped", node, changed)


def _constant(node: ast.Constant) -> Iterator[Change]:
    if type(node.value) is int:
        for other in (node.value + 1, node.value - 1):
            yield _becomes("off by one", node, _number(other))
    elif type(node.value) is float and node.value:
        yield _becomes("constant scaled", node, _number(node.value * 2))


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    if _is_text(node.left) or _is_text(node.right):
        return
    if isinstance(node.op, _ORDERED):
        yield _becomes("operands swapped", node, _with(node, left=node.right, right=node.left))
    if other := _SWAPPED.get(type(node.op)):
        yield _becomes("operator swapped", node, _with(node, op=other()))
        yield _becomes("term dropped", node, node.left)
        if isinstance(node.op, ast.Add | ast.Mult):
            yield _becomes("term dropped", node, node.right)


def _logic(node: ast.BoolOp) -> Iterator[Change]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _becomes("and and or", node, _with(node, op=other))
    for index in range(len(node.values)):
        left = node.values[:index] + node.values[index + 1 :]
        changed = left[0] if len(left) == 1 else _with(node, values=left)
        yield _becomes("condition dropped", node, changed)


def _slice(node: ast.Slice) -> Iterator[Change]:
    if node.step is None:
        yield _becomes("off by one", node, _with(node, lower=_shift(node.lower, ast.Add())))
        yield _becomes("off by one", node, _with(node, upper=_shift(node.upper, ast.Sub())))


def _call(node: ast.Call) -> Iterator[Change]:
    name = _called(node)
    if name == "range" and not node.keywords:
        yield from _range(node)
    if other := _OTHER_NAME.get(name):
        func = _with(node.func, attr=other) if isinstance(node.func, ast.Attribute) else ast.Name(other, ast.Load())
        yield _becomes("another function called", node, _with(node, func=func))
    if name in _ABSOLUTE and len(node.args) == 1:
        yield _becomes("abs dropped", node, node.args[0])
    elif name == "abs" and isinstance(node.func, ast.Attribute) and not node.args:
        yield _becomes("abs dropped", node, node.func.value)
    yield from _keywords(node)
    if name in ("sorted", "sort") and not any(k.arg in ("reverse", None) for k in node.keywords):
        keyword = ast.keyword("reverse", ast.Constant(value=True))
        yield _becomes("order reversed", node, _with(node, keywords=[*node.keywords, keyword]))
    if name not in _SYMMETRIC:
        for index, (first, second) in enumerate(zip(node.args, node.args[1:], strict=False)):
            if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
                arguments = [*node.args[:index], second, first, *node.args[index + 2 :]]
                yield _becomes("arguments swapped", node, _with(node, args=arguments))


def _range(node: ast.Call) -> Iterator[Change]:
    stop = 0 if len(node.args) == 1 else 1
    for index, argument in enumerate(node.args[:2]):
        # A literal bound is an integer constant, which has its own operator.
        if not isinstance(argument, ast.Constant | ast.Starred):
            moved = _shift(argument, ast.Sub() if index == stop else ast.Add())
            yield _becomes("off by one", node, _with(node, args=[*node.args[:index], moved, *node.args[index + 1 :]]))


def _keywords(node: ast.Call) -> Iterator[Change]:
    for index, keyword in enumerate(node.keywords):
        changed: ast.expr | None = None
        match keyword:
            case ast.keyword(arg="axis" | "dim", value=ast.Constant(0)):
                changed, operator = _number(1), "wrong axis"
            case ast.keyword(arg="axis" | "dim", value=ast.Constant(1) | ast.UnaryOp(ast.USub(), ast.Constant(1))):
                changed, operator = _number(0), "wrong axis"
            case ast.keyword(arg="reverse" | "descending", value=ast.Constant(bool(flag))):
                changed, operator = ast.Constant(value=not flag), "order reversed"
        if changed is not None:
            replaced = ast.keyword(keyword.arg, changed)
            keywords = [*node.keywords[:index], replaced, *node.keywords[index + 1 :]]
            yield _becomes(operator, node, _with(node, keywords=keywords))


def _shift(bound: ast.expr | None, operator: ast.operator) -> ast.expr:
    """A bound moved inwards by one; a bound left out stands for the end it is at."""
    if bound is None:
        return _number(1) if isinstance(operator, ast.Add) else _number(-1)
    return ast.BinOp(bound, operator, ast.Constant(value=1))


def _number(value: float) -> ast.expr:
    number = ast.Constant(value=abs(value))
    return ast.UnaryOp(ast.USub(), number) if value < 0 else number


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
    return ""


def _only_talks(node: ast.expr) -> bool:
    """Whether leaving this call out changes only what is printed: nobody would call that a mistake."""
    return isinstance(node, ast.Call) and _called(node) in _TALK


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _with(node: Node, **fields: object) -> Node:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _becomes(operator: str, node: ast.AST, changed: ast.AST) -> Change:
    return Change(operator, changed, f"{_show(node)} becomes {_show(changed)}")


def _show(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 60 else f"{text[:57]}..."
