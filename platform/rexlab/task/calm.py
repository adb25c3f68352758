"""What may be carried along with a function: code that does nothing when its module is imported."""

import ast


def is_calm(statement: ast.stmt) -> bool:
    """Whether importing this statement can do no more than bind its names.

    Functions and classes (with calm decorators, defaults, annotations and bases) and assignments of literals are.
    What a decorator from a library does is taken on trust, as is what an import does.
    """
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return all(_is_calm_decorator(d) for d in statement.decorator_list) and all(
                is_calm_value(part) for part in header_parts(statement)
            )
        case ast.ClassDef():
            return (
                all(_is_calm_decorator(d) for d in statement.decorator_list)
                and all(is_calm_value(part) for part in header_parts(statement))
                and all(_is_calm_member(member) for member in statement.body)
            )
        case ast.Assign():
            return all(isinstance(t, ast.Name) for t in statement.targets) and is_literal(statement.value)
        case ast.AnnAssign():
            value = statement.value is None or is_literal(statement.value)
            return value and isinstance(statement.target, ast.Name) and is_calm_value(statement.annotation)
    return False


def header_parts(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    """The expressions that are evaluated when a def or class statement is executed, less its decorators."""
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(keyword.value for keyword in node.keywords)]
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    annotations = [a.annotation for a in every if a is not None and a.annotation is not None]
    defaults = [d for d in [*arguments.defaults, *arguments.kw_defaults] if d is not None]
    return [*defaults, *annotations, *([node.returns] if node.returns is not None else [])]


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is made of literals only, arithmetic on numbers included."""
    match node:
        case ast.Constant():
            return True
        case ast.Tuple(elts) | ast.List(elts) | ast.Set(elts):
            return all(is_literal(e) for e in elts)
        case ast.Dict(keys, values):
            return all(k is not None and is_literal(k) for k in keys) and all(is_literal(v) for v in values)
        case ast.UnaryOp(ast.USub() | ast.UAdd(), operand):
            return is_literal(operand)
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Div(), right):
            return is_literal(left) and is_literal(right)
        case ast.BinOp(ast.Constant(int() | float()), ast.Mult(), ast.Constant(int() | float())):
            return True
        case ast.BinOp(ast.Constant(int() | float() as base), ast.Pow(), exponent):
            # A tower of powers in one line would stop the import for hours.
            return abs(base) <= 1e3 and isinstance(exponent, ast.Constant | ast.UnaryOp) and _small(exponent)
    return False


def is_calm_value(node: ast.expr) -> bool:
    """Whether evaluating an expression calls nothing: names, attributes, literals, subscripts, operators."""
    allowed = (
        ast.Name | ast.Attribute | ast.Constant | ast.Subscript | ast.Tuple | ast.List | ast.Set | ast.Dict
        | ast.UnaryOp | ast.BinOp | ast.BoolOp | ast.Slice | ast.Starred | ast.expr_context | ast.operator
        | ast.unaryop | ast.boolop | ast.Compare | ast.cmpop
    )  # fmt: skip
    return all(isinstance(part, allowed) for part in ast.walk(node))


def _small(exponent: ast.expr) -> bool:
    number = exponent.operand if isinstance(exponent, ast.UnaryOp) else exponent
    return isinstance(number, ast.Constant) and isinstance(number.value, int | float) and number.value <= 64


def _is_calm_decorator(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        values = [*node.args, *(k.value for k in node.keywords)]
        return _is_calm_decorator(node.func) and all(is_calm_value(v) for v in values)
    return is_calm_value(node)


def _is_calm_member(member: ast.stmt) -> bool:
    if isinstance(member, ast.Pass) or (isinstance(member, ast.Expr) and isinstance(member.value, ast.Constant)):
        return True
    match member:
        case ast.AnnAssign(target=ast.Name(), value=ast.Call(func=ast.Name(name) | ast.Attribute(attr=name)) as call):
            # A dataclass's ``x: list = field(default_factory=list)``.
            arguments = [*call.args, *(k.value for k in call.keywords)]
            return name in ("field", "Field") and all(is_calm_value(a) for a in arguments)
    return is_calm(member)
