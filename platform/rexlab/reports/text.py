"""What the formats for people share: sections without the columns that say nothing, and cells as text."""

from collections.abc import Mapping
from dataclasses import replace

from rexlab.reports.cells import show
from rexlab.reports.document import Cell, Column, Kind, Section, Share

WORDS = (Kind.TEXT, Kind.COUNTS, Kind.FLAG)
"""Kinds that are aligned to the left; all others are numbers."""
_WITHOUT_INFRA = ("passed_without_infra", "without_infra")


def trimmed(section: Section) -> Section:
    """The section for people: without columns that are empty in all rows, or say in all rows what goes without saying.

    The first column names its row and always stays. Machines get the whole section.
    """
    told = [_told(column, [row[i] for row in section.rows]) for i, column in enumerate(section.columns)]
    told[:1] = [True]
    titles = [column.title for column in section.columns]
    if _same_without_infra(section):
        told = [yes and column.name not in _WITHOUT_INFRA for yes, column in zip(told, section.columns, strict=True)]
        titles = ["rate [95 %]" if c.name == "strict" else c.title for c in section.columns]
    kept = [i for i, yes in enumerate(told) if yes]
    columns = [replace(section.columns[i], title=titles[i]) for i in kept]
    return replace(section, columns=columns, rows=[[row[i] for i in kept] for row in section.rows])


def cell_texts(section: Section, separator: str = ", ") -> list[list[str]]:
    """Every cell in words, (rows, columns)."""
    kinds = [column.kind for column in section.columns]
    return [[show(cell, kind, separator) for cell, kind in zip(row, kinds, strict=True)] for row in section.rows]


def _told(column: Column, cells: list[Cell]) -> bool:
    if column.name == "shown":
        return any(cell != "all" for cell in cells)
    return not cells or any(cell is not None and cell != "" and not _nothing(cell) for cell in cells)


def _nothing(cell: Cell) -> bool:
    return isinstance(cell, Mapping) and not cell


def _same_without_infra(section: Section) -> bool:
    places = {column.name: i for i, column in enumerate(section.columns)}
    if not {"passed", *_WITHOUT_INFRA} <= places.keys():
        return False
    pairs = [(row[places["passed"]], row[places[_WITHOUT_INFRA[0]]]) for row in section.rows]
    return all(isinstance(a, Share) and isinstance(b, Share) and a.trials == b.trials for a, b in pairs)
