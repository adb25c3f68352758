"""Finds function definitions in a module by Python's qualified name."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst


@dataclass(frozen=True)
class Definition:
    """One ``def`` of a module."""

    qualname: str
    node: cst.FunctionDef
    top: int
    """Which of the module's statements it stands in."""


def definitions(module: cst.Module) -> list[Definition]:
    """All of them, in the order of the source."""
    return [
        Definition(name, node, number)
        for number, statement in enumerate(module.body)
        for name, node in _walk(statement, "")
    ]


def find(module: cst.Module, qualname: str) -> Definition | None:
    """The definition called ``Class.method``, ``outer.<locals>.inner``, or with ``#2`` the second one of a name."""
    name, _, number = unicodedata.normalize("NFKC", qualname).partition("#")
    same = [found for found in definitions(module) if found.qualname == name]
    position = int(number or 1) - 1
    return same[position] if position < len(same) else None


def _walk(node: cst.CSTNode, prefix: str) -> Iterator[tuple[str, cst.FunctionDef]]:
    match node:
        case cst.FunctionDef():
            name = prefix + unicodedata.normalize("NFKC", node.name.value)
            yield name, node
            prefix = f"{name}.<locals>."
        case cst.ClassDef():
            prefix = f"{prefix}{unicodedata.normalize('NFKC', node.name.value)}."
    for child in node.children:
        yield from _walk(child, prefix)
