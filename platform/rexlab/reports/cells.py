"""Cells in words: what every format writes, before it escapes what its language would take for markup."""

import math
from collections.abc import Callable, Mapping

from rexlab.reports.document import Cell, Estimate, Kind, Share

NOTHING = "-"
_DASH, _MINUS, _PLUS_MINUS = "\N{EN DASH}", "\N{MINUS SIGN}", "\N{PLUS-MINUS SIGN}"
_OPEN = "\N{HORIZONTAL ELLIPSIS}"
"""Stands for an edge of an interval that the data do not bound."""


def show(cell: Cell, kind: Kind, separator: str = ", ") -> str:
    """The cell as plain text on one line, never ``nan``: ``35.3 % [28-43]``, ``12/60``, ``4 min 05 s``.

    Args:
        cell: What the row holds; None is ``-``.
        kind: What its column's numbers are.
        separator: Between the names of a mapping, the most frequent first.
    """
    if cell is None:
        return NOTHING
    if isinstance(cell, Share):
        return f"{cell.successes:,}/{cell.trials:,}"
    if isinstance(cell, Mapping):
        ordered = sorted(cell.items(), key=lambda item: -item[1])
        return separator.join(f"{one_line(str(name))} {count:,}" for name, count in ordered) or NOTHING
    if isinstance(cell, Estimate):
        return _estimate(cell, kind)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return one_line(cell) if isinstance(cell, str) else _value(float(cell), kind)


def one_line(text: str) -> str:
    """Text from outside as one line without control characters."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """Text from outside without the control characters that could drive a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def duration(seconds: float | None) -> str:
    """``0.42 s``, ``12.3 s``, ``4 min 05 s``, ``2 h 10 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def percent(value: float | None) -> str:
    """``35.3 %``"""
    return NOTHING if value is None else f"{100 * value:.1f} %"


def _estimate(found: Estimate, kind: Kind) -> str:
    if found.value is None or math.isnan(found.value):
        return NOTHING
    low, high = _known(found.low), _known(found.high)
    if low is None and high is None:
        error = _known(found.error)
        return _value(found.value, kind) if error is None else _with_error(found.value, error, kind)
    signed = kind is Kind.POINTS or (low is not None and low < 0)
    edges = (_OPEN if edge is None else _edge(edge, kind) for edge in (low, high))
    return f"{_value(found.value, kind)} [{(' to ' if signed else _DASH).join(edges)}]"


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _with_error(value: float, error: float, kind: Kind) -> str:
    """The mean with its standard error, the unit once where both have the same."""
    match kind:
        case Kind.PERCENT:
            return f"{100 * value:.1f} {_PLUS_MINUS} {100 * error:.1f} %"
        case Kind.POINTS:
            return f"{_signed(100 * value, 1)} {_PLUS_MINUS} {100 * error:.1f} points"
        case _:
            return f"{_value(value, kind)} {_PLUS_MINUS} {_value(error, kind)}"


def _edge(value: float, kind: Kind) -> str:
    match kind:
        case Kind.PERCENT:
            return _number_or(100 * value, lambda v: f"{v:.0f}")
        case Kind.POINTS:
            return _number_or(100 * value, lambda v: _signed(v, 0))
        case _:
            return _value(value, kind)


def _value(value: float, kind: Kind) -> str:
    return _number_or(value, _WRITERS.get(kind, _number))


def _number_or(value: float, write: Callable[[float], str]) -> str:
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else f"{_MINUS}\N{INFINITY}"
    return write(value)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value in (0, 1) else percent(value)


def _points(value: float) -> str:
    return f"{_signed(100 * value, 1)} points"


def _signed(value: float, decimals: int) -> str:
    """With its sign, but for what is written as nought."""
    text = f"{abs(value):.{decimals}f}"
    return text if not float(text) else f"{_MINUS if value < 0 else '+'}{text}"


def _count(value: float) -> str:
    return _grouped(value, 0) if value.is_integer() else _number(value)


def _number(value: float) -> str:
    """Four significant digits, thousands apart: ``0.3333``, ``12.35``, ``12,346``; powers of ten where it is tiny."""
    size = abs(value)
    if size and not 1e-4 <= size < 1e15:
        return f"{value:.2e}".replace("-", _MINUS)
    if size >= 999.95:
        return _grouped(value, 0)
    return f"{value:.4g}".replace("-", _MINUS)


def _usd(value: float) -> str:
    """Cents; below one cent three significant digits."""
    size = abs(value)
    if size >= 0.01 or not size:
        return _grouped(value, 2)
    return _grouped(value, 2 - math.floor(math.log10(size))) if size >= 1e-6 else _number(value)


def _grouped(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", _MINUS)


def _p_value(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


_WRITERS: dict[Kind, Callable[[float], str]] = {
    Kind.COUNT: _count,
    Kind.PERCENT: _percent,
    Kind.POINTS: _points,
    Kind.NUMBER: _number,
    Kind.SECONDS: duration,
    Kind.USD: _usd,
    Kind.P_VALUE: _p_value,
}
