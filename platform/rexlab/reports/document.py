"""What a report is made of: sections of typed cells, that every format renders in its own way."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a column's numbers are, which decides how they are written."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    """``Share``: 7 of 12."""
    PERCENT = "percent"
    """A rate, 0 to 1, or an ``Estimate`` of one."""
    POINTS = "points"
    """A difference of two rates, -1 to 1, or an ``Estimate`` of one."""
    NUMBER = "number"
    SECONDS = "seconds"
    USD = "usd"
    P_VALUE = "p_value"
    COUNTS = "counts"
    """A mapping from names to how often."""
    FLAG = "flag"
    """True or false."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    """Why value or interval is missing, or of another kind than usual."""
    error: float | None = None
    """Standard error, where one is shown: of a mean over runs, the SEM."""


@dataclass(frozen=True)
class Share:
    """Successes among trials."""

    successes: int
    trials: int


Cell = str | int | float | bool | Estimate | Share | Mapping[str, int] | None
"""None: there is nothing to say here; a note of the section says why."""


@dataclass(frozen=True)
class Column:
    """A column of a section."""

    name: str
    """For machines: lower case, underscores."""
    title: str
    """For people: as short as can be."""
    kind: Kind = Kind.TEXT


@dataclass(frozen=True)
class Series:
    """A curve of a section's figure."""

    label: str
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    """Lower edge of its 95 % band."""
    high: list[float] | None = None


@dataclass(frozen=True)
class Section:
    """A table with its notes; curves where a figure needs more than the table."""

    name: str
    """For machines."""
    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    notes: list[str] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)

    def records(self) -> Iterator[dict[str, Any]]:
        """The rows for machines, flat and all with the same names: a share as ``name`` and ``name_of``, an estimate as
        ``name``, ``name_low``, ``name_high``, ``name_error`` and ``name_reason``."""
        estimated = [any(isinstance(row[i], Estimate) for row in self.rows) for i in range(len(self.columns))]
        for row in self.rows:
            flat: dict[str, Any] = {}
            for column, cell, is_estimate in zip(self.columns, row, estimated, strict=True):
                flat.update(_flat(column, cell, is_estimate))
            yield flat


@dataclass(frozen=True)
class Report:
    """A whole report."""

    title: str
    facts: list[tuple[str, str]]
    """What it is of, and what makes it again: runs with digests, versions, the command."""
    sections: list[Section]
    notes: list[str] = field(default_factory=list)
    """On the whole: nothing finished, mixed suites."""

    def section(self, name: str) -> Section | None:
        """The section of that name, where the report has one."""
        return next((s for s in self.sections if s.name == name), None)


def _flat(column: Column, cell: Cell, is_estimate: bool) -> dict[str, Any]:
    name = column.name
    if column.kind is Kind.SHARE:
        share = cell if isinstance(cell, Share) else None
        return {name: share and share.successes, f"{name}_of": share and share.trials}
    if is_estimate:
        found = cell if isinstance(cell, Estimate) else Estimate(None)
        rest = {"low": found.low, "high": found.high, "error": found.error, "reason": found.reason}
        return {name: found.value} | {f"{name}_{part}": value for part, value in rest.items()}
    return {name: dict(cell) if isinstance(cell, Mapping) else cell}
