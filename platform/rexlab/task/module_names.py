"""The names a module binds and uses, found on its syntax tree and its symbol table."""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rexlab.errors import MaskingError
from rexlab.task.calm import header_parts
from rexlab.task.source_text import SourceText, quiet

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class ModuleNames:
    """A module that compiles with the Python that runs rexlab."""

    text: SourceText
    tree: ast.Module
    table: symtable.SymbolTable

    @classmethod
    def read(cls, text: SourceText, filename: str) -> "ModuleNames":
        """Parse a module.

        Raises:
            MaskingError: It does not compile.
        """
        try:
            with quiet():
                return cls(text, ast.parse(text.text), symtable.symtable(text.text, filename, "exec"))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise MaskingError(f"{filename}: does not compile: {error}") from error

    @cached_property
    def definitions(self) -> dict[str, list[ast.stmt]]:
        """The statements at module level, outside any if or try, that bind a name; imports and star imports apart."""
        found: dict[str, list[ast.stmt]] = {}
        for statement in self.tree.body:
            if isinstance(statement, Definition | ast.Assign | ast.AnnAssign | ast.Import | ast.ImportFrom):
                for name in bound_names(statement):
                    found.setdefault(name, []).append(statement)
        return found

    @cached_property
    def bound(self) -> set[str]:
        """Every name that is bound at module level, under an if or in a function's ``global`` as well."""
        found = {name for statement in self.tree.body for name in bound_names(statement)}
        return found | {s.get_name() for t in _tables(self.table) for s in t.get_symbols() if _binds_global(s)}

    @cached_property
    def used(self) -> set[str]:
        """Every name looked up at module level or from a function as a global."""
        own = {s.get_name() for s in self.table.get_symbols() if s.is_referenced()}
        return own | {name for table in self.table.get_children() for name in _globals(table)}

    def needs(self, node: Definition) -> set[str]:
        """The global names that the inside of a function or class looks up."""
        for table in _tables(self.table):
            if table.get_name() == node.name and table.get_lineno() == node.lineno and table.get_type() != "module":
                return _globals(table)
        return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}

    def segment(self, node: ast.stmt) -> str:
        """A statement's text, from its first decorator on, without the white space before it."""
        first = min([node, *getattr(node, "decorator_list", [])], key=lambda part: part.lineno)
        start = self.text.line_start(first.lineno)
        if first is node:
            start += node.col_offset
        else:  # the decorator's expression begins after its @
            start = self.text.utf8.rindex(b"@", start, start + first.col_offset + 1)
        end = self.text.line_start(node.end_lineno or node.lineno) + (node.end_col_offset or 0)
        return self.text.utf8[start:end].decode()

    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes at module level and in other classes, by qualname; those defined twice are left out."""
        found = list(_classes(self.tree.body, ""))
        names = [name for name, _ in found]
        return {name: node for name, node in found if names.count(name) == 1}


def bound_names(node: ast.AST) -> list[str]:
    """The names a statement binds in its own scope, those in its blocks included; not what functions in it bind."""
    if isinstance(node, Definition):
        return [node.name]
    if isinstance(node, ast.Import):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if alias.name != "*"]
    if isinstance(node, ast.Name):
        return [node.id] if isinstance(node.ctx, ast.Store | ast.Del) else []
    if isinstance(node, ast.Lambda):
        return []
    own = [node.name] if isinstance(node, ast.ExceptHandler) and node.name else []
    return own + [name for child in ast.iter_child_nodes(node) for name in bound_names(child)]


def header_names(node: ast.stmt) -> set[str]:
    """The names looked up when a statement is executed at module level: decorators, defaults, annotations, bases."""
    if isinstance(node, Definition):
        parts = [*header_parts(node), *node.decorator_list]
    elif isinstance(node, ast.AnnAssign):
        parts = [node.annotation]
    else:
        parts = []
    return {name.id for part in parts for name in ast.walk(part) if isinstance(name, ast.Name)}


def attributes_used(node: ast.AST) -> set[str]:
    """Every attribute name in a piece of code."""
    return {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield prefix + node.name, node
            yield from _classes(node.body, f"{prefix}{node.name}.")


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _globals(table: symtable.SymbolTable) -> set[str]:
    return {s.get_name() for t in _tables(table) for s in t.get_symbols() if s.is_global()}


def _binds_global(symbol: symtable.Symbol) -> bool:
    return symbol.is_declared_global() and symbol.is_assigned()
