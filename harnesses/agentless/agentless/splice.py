"""Puts the function of an answer into its module, through the syntax tree: the body changes, the signature does not."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import libcst as cst

from agentless.definitions import Definition, definitions, find

MAX_CODE = 200_000
_BLOCK = re.compile(
    r"^(?P<fence>`{3,})(?P<language>[^`\n]*)\n(?P<code>.*?)^(?P=fence)[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
_PYTHON = {"", "python", "python3", "py"}


class SpliceError(Exception):
    """The answer cannot be used; the text says why."""


def parse_module(path: Path) -> cst.Module:
    """Raises SpliceError when the file does not parse."""
    try:
        return cst.parse_module(path.read_bytes())
    except (cst.ParserSyntaxError, UnicodeDecodeError, RecursionError) as error:
        raise SpliceError(f"{path.name} does not parse: {str(error)[:300]}") from error


def stub(module: cst.Module, qualname: str) -> str:
    """The masked function as it stands in its module, decorators included, at column 0."""
    return module.code_for_node(_target(module, qualname).node.with_changes(leading_lines=[])).strip("\r\n") + "\n"


def splice(module: cst.Module, qualname: str, answer: str) -> cst.Module:
    """The module with the body that ``answer`` gives the function.

    Decorators and signature stay the module's. Imports of the answer that the module lacks go into the body; helper
    functions, classes and constants whose names it lacks go before the statement that the function stands in.

    Raises:
        SpliceError: the answer holds no such function, or one with other parameters.
    """
    target = _target(module, qualname)
    code = _parse(_code_of(answer))
    given = _given(code, target, qualname)
    _check(target.node, given.node)
    body = _with_imports(given.node.body, _imports(code, module))
    helpers = _helpers(code, given.top, module)
    changed = module.deep_replace(target.node, target.node.with_changes(body=body))
    assert isinstance(changed, cst.Module)
    statements = [*changed.body[: target.top], *helpers, *changed.body[target.top :]]
    return changed.with_changes(body=statements)


def _target(module: cst.Module, qualname: str) -> Definition:
    target = find(module, qualname)
    if not target:
        raise SpliceError(f"the file has no function {qualname}")
    return target


def _code_of(answer: str) -> str:
    """The first fenced block that holds a def, or the whole answer when nothing is fenced."""
    if "```" not in answer:
        blocks = [answer]
    else:
        blocks = [m["code"] for m in _BLOCK.finditer(answer) if m["language"].strip().lower() in _PYTHON]
        if not blocks:
            raise SpliceError("the answer has no closed block of Python")
    for block in blocks:
        if re.search(r"^\s*(async\s+)?def\s", block, re.MULTILINE):
            return block
    raise SpliceError("the answer holds no function")


def _parse(code: str) -> cst.Module:
    if len(code) > MAX_CODE:
        raise SpliceError(f"the answer's code has more than {MAX_CODE} characters")
    indented = code.lstrip("\r\n")[:1] in {" ", "\t"}
    try:
        module = cst.parse_module(f"if True:\n{code.rstrip()}\n" if indented else code)
    except (cst.ParserSyntaxError, RecursionError) as error:
        raise SpliceError(f"the answer is not Python: {str(error)[:300]}") from error
    if not indented:
        return module
    block = module.body[0]
    assert isinstance(block, cst.If)
    statements = [s for s in block.body.body if isinstance(s, cst.SimpleStatementLine | cst.BaseCompoundStatement)]
    return module.with_changes(body=statements)


def _given(code: cst.Module, target: Definition, qualname: str) -> Definition:
    """The answer's definition: of the whole qualified name, or of its last part where that is clear."""
    exact = find(code, qualname)
    if exact:
        return exact
    name = target.qualname.rpartition(".")[2]
    found = [d for d in definitions(code) if d.qualname.rpartition(".")[2] == name]
    if not found:
        raise SpliceError(f"the answer does not define {name}")
    shallow = [d for d in found if d.qualname.count(".") == min(f.qualname.count(".") for f in found)]
    same = [d for d in shallow if _parameters(d.node) == _parameters(target.node)] or shallow
    if len(same) > 1:
        raise SpliceError(f"the answer defines {name} {len(same)} times")
    return same[0]


def _check(target: cst.FunctionDef, given: cst.FunctionDef) -> None:
    if _parameters(target) != _parameters(given):
        wanted, got = ", ".join(_parameters(target)), ", ".join(_parameters(given))
        raise SpliceError(f"the answer's {given.name.value} has the parameters ({got}), not ({wanted})")
    if bool(target.asynchronous) != bool(given.asynchronous):
        raise SpliceError(f"one of the two {given.name.value} is async, the other is not")


def _parameters(node: cst.FunctionDef) -> list[str]:
    """Names and kinds of the parameters; annotations and defaults may differ, for the module's stay."""
    p = node.params
    names = [*(x.name.value for x in p.posonly_params), *(["/"] if p.posonly_params else [])]
    names += [x.name.value for x in p.params]
    if isinstance(p.star_arg, cst.Param):
        names.append(f"*{p.star_arg.name.value}")
    elif p.kwonly_params:
        names.append("*")
    names += [x.name.value for x in p.kwonly_params]
    if p.star_kwarg:
        names.append(f"**{p.star_kwarg.name.value}")
    return [unicodedata.normalize("NFKC", name) for name in names]


def _imports(code: cst.Module, module: cst.Module) -> list[cst.SimpleStatementLine]:
    """The answer's imports that the module does not have word for word, a statement each."""
    known = {_text(small) for small in _small(module)}
    lines: list[cst.SimpleStatementLine] = []
    for small in _small(code):
        if not isinstance(small, cst.Import | cst.ImportFrom) or _text(small) in known:
            continue
        if isinstance(small.names, cst.ImportStar):
            raise SpliceError("the answer imports *")
        if _text(small).startswith("from __future__ "):
            continue
        lines.append(cst.SimpleStatementLine(body=[small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]))
    return lines


def _small(module: cst.Module) -> list[cst.BaseSmallStatement]:
    return [small for line in module.body if isinstance(line, cst.SimpleStatementLine) for small in line.body]


def _text(node: cst.CSTNode) -> str:
    return " ".join(cst.Module(body=[]).code_for_node(node).strip(" ;").split())


def _with_imports(body: cst.BaseSuite, imports: Sequence[cst.SimpleStatementLine]) -> cst.BaseSuite:
    if not imports:
        return body
    if isinstance(body, cst.SimpleStatementSuite):
        body = cst.IndentedBlock(body=[cst.SimpleStatementLine(body=body.body)])
    assert isinstance(body, cst.IndentedBlock)
    first = body.body[0]
    documented = (
        isinstance(first, cst.SimpleStatementLine)
        and isinstance(first.body[0], cst.Expr)
        and isinstance(first.body[0].value, cst.SimpleString | cst.ConcatenatedString)
    )
    at = 1 if documented else 0
    return body.with_changes(body=[*body.body[:at], *imports, *body.body[at:]])


def _helpers(code: cst.Module, top: int, module: cst.Module) -> list[cst.BaseStatement]:
    known = {name for statement in module.body for name in _names(statement)}
    kept: list[cst.BaseStatement] = []
    for number, statement in enumerate(code.body):
        names = _names(statement)
        if number != top and names and not names & known and not _is_import(statement):
            kept.append(statement)
    return kept


def _is_import(statement: cst.BaseStatement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[0], cst.Import | cst.ImportFrom)


def _names(statement: cst.BaseStatement) -> set[str]:
    """The names that a statement of a module defines."""
    names: set[str] = set()
    match statement:
        case cst.FunctionDef() | cst.ClassDef():
            names.add(statement.name.value)
        case cst.SimpleStatementLine():
            for small in statement.body:
                match small:
                    case cst.Assign():
                        names |= {t.target.value for t in small.targets if isinstance(t.target, cst.Name)}
                    case cst.AnnAssign(target=cst.Name(value=name)):
                        names.add(name)
                    case cst.Import() | cst.ImportFrom():
                        aliases = () if isinstance(small.names, cst.ImportStar) else small.names
                        names |= {(a.evaluated_alias or a.evaluated_name).partition(".")[0] for a in aliases}
    return names
