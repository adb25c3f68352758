"""Mask functions of a module: only their bodies change, everything else stays byte for byte."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from rexlab.errors import FunctionNotFoundError, MaskingError
from rexlab.task.functions import MASK_PREFIX, Function, ModuleFunctions, scan
from rexlab.task.source_text import quiet
from rexlab.task.stub import stub
from rexlab.task.tree import IGNORED, copy_tree

__all__ = ["IGNORED", "Maskable", "body_of", "mask_source", "mask_tree"]


def mask_source(source: bytes, filename: str, descriptions: Mapping[str, str]) -> bytes:
    """Replace the bodies of the named functions by their description and a raise.

    Of a function and one nested in it, the outer wins. The order of the names does not matter, and
    masking what is masked already changes nothing (as long as the names still mean the same: masking a
    function takes away what was nested in it, and ``#n`` counts the definitions that are left).

    Args:
        source: The module.
        filename: What to call it in error messages.
        descriptions: From a function's qualname (``f#2`` for the second definition of ``f``) to its description.

    Raises:
        FunctionNotFoundError: A name fits no function, or several.
        MaskingError: The source does not parse, or the result would not.
    """
    module = scan(source, filename)
    chosen = _choose(module, descriptions)
    pieces: list[bytes] = []
    docstrings: dict[Function, str | None] = {}
    at = 0
    for function, description in chosen.items():
        body, docstring = stub(function, description, module.encoding)
        if source[function.body_end - 1 : function.body_end] not in (
            b"\n",
            b"\r",
        ):  # the end of a file without a final line break
            body = body[: -len(function.newline)]
        pieces += [source[at : function.body_start], body]
        docstrings[function] = docstring
        at = function.body_end
    result = b"".join([*pieces, source[at:]])
    _verify(source, result, module, docstrings)
    return result


def body_of(source: bytes, qualname: str, filename: str = "<module>") -> bytes:
    """The bytes of a function's body: its lines after the def's line, or what follows the colon of a one-line def.

    Raises:
        FunctionNotFoundError: The name fits no function, or several.
        MaskingError: The source does not parse.
    """
    function = scan(source, filename).find(qualname)
    return source[function.body_start : function.body_end]


def _choose(module: ModuleFunctions, descriptions: Mapping[str, str]) -> dict[Function, str]:
    """The functions to mask with their descriptions, in source order, less those inside another one to mask."""
    found: dict[Function, str] = {}
    missing: dict[str, FunctionNotFoundError] = {}
    for name, description in descriptions.items():
        try:
            function = module.find(name)
        except FunctionNotFoundError as error:
            missing[name] = error
            continue
        if found.setdefault(function, description) != description:
            raise MaskingError(f"{module.filename}: {function.name} is named twice, with two descriptions")
    for name, reason in missing.items():
        # Masking the outer function took the nested one along; masking both a second time is no mistake.
        if not any(f.masked and name.startswith(f"{f.qualname}.<locals>.") for f in found):
            raise reason
    return {function: found[function] for function in _outside(module.functions, found) if function in found}


def _outside(functions: Iterable[Function], masked: Collection[Function]) -> Iterator[Function]:
    """The functions, in source order, that do not stand inside the body of a masked one."""
    hidden_until = 0
    for function in functions:
        if function.start >= hidden_until:
            yield function
            if function in masked:
                hidden_until = function.body_end


@dataclass(frozen=True)
class _Shape:
    """What a def looks like to the check of the result."""

    depth: int
    name: str
    masked: bool
    docstring: str | None


def _verify(source: bytes, result: bytes, module: ModuleFunctions, masked: Mapping[Function, str | None]) -> None:
    """Parse the result: the same defs in the same order, the masked ones with exactly the body meant for them.

    Raises:
        MaskingError: The result is anything else.
    """
    got = list(_shapes(source, result, module.filename))
    kept = list(_outside(module.functions, masked))
    if [(s.depth, s.name) for s in got] != [(f.depth, f.qualname.rpartition(".")[2]) for f in kept]:
        raise MaskingError(f"{module.filename}: masking would change which functions the file defines")
    for shape, function in zip(got, kept, strict=True):
        if function in masked and not (shape.masked and shape.docstring == masked[function]):
            raise MaskingError(f"{module.filename}: the masked body of {function.name} would not read as intended")


def _shapes(source: bytes, result: bytes, filename: str) -> Iterator[_Shape]:
    try:
        with quiet():
            tree = ast.parse(result)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if _parses(source):
            raise MaskingError(f"{filename}: masking would leave a file that does not parse: {error}") from error
        # Written for another Python than this one: the slower parser knows more versions of the language.
        for f in scan(result, filename).functions:
            yield _Shape(f.depth, f.qualname.rpartition(".")[2], f.masked, f.docstring)
        return
    yield from _tree_shapes(tree, 0)


def _parses(source: bytes) -> bool:
    try:
        with quiet():
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tree_shapes(node: ast.AST, depth: int) -> Iterator[_Shape]:
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        below = getattr(node, field, None)
        for child in below if isinstance(below, list) else ():
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                yield _shape(child, depth)
            inner = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            yield from _tree_shapes(child, depth + inner)


def _shape(node: ast.FunctionDef | ast.AsyncFunctionDef, depth: int) -> _Shape:
    docstring = ast.get_docstring(node)
    statements = node.body if docstring is None else node.body[1:]
    masked = False
    match statements:
        case [ast.Raise(exc=ast.Call(func=ast.Name("NotImplementedError"), args=[ast.Constant(str(text))]))]:
            masked = text.startswith(MASK_PREFIX)
    return _Shape(depth, node.name, masked, docstring)


class Maskable(Protocol):
    """What masking needs to know of a task's function; ``task.manifest.FunctionSection`` is one."""

    @property
    def path(self) -> str:
        """The module's file, relative to the code's folder."""

    @property
    def qualname(self) -> str:
        """Its qualified name, with ``#n`` where the file defines it more than once."""

    @property
    def description(self) -> str:
        """What the function does; becomes the docstring of the masked body."""


def mask_tree(code: Path, out: Path, functions: Sequence[Maskable]) -> None:
    """Copy a codebase with these functions masked; history, caches and build products stay behind.

    Args:
        code: The codebase.
        out: Where the masked copy goes; must not exist, or be an empty folder. Appears whole or not at all.
        functions: What to mask; none at all gives a plain copy.

    Raises:
        FunctionNotFoundError: A file or function is not there, or a name fits several functions.
        MaskingError: A file cannot be masked, or the folder cannot be copied (see ``tree.copy_tree``).
    """
    by_file: dict[str, dict[str, str]] = {}
    for function in functions:
        wanted = by_file.setdefault(str(PurePosixPath(function.path)), {})
        if wanted.setdefault(function.qualname, function.description) != function.description:
            raise MaskingError(f"{function.path}: {function.qualname} is named twice, with two descriptions")
    masked = {path: mask_source(_read(code, path), path, wanted) for path, wanted in by_file.items()}
    copy_tree(code, out, masked)


def _read(code: Path, path: str) -> bytes:
    try:
        return (code / path).read_bytes()
    except OSError as error:
        raise FunctionNotFoundError(
            f"{code / path}: the file of a maskable function cannot be read: {error}"
        ) from error
