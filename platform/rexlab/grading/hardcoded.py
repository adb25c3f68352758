"""Expected numbers that a patch writes down instead of computing them. A hint for a reader, never an outcome.

A number counts when it has at least four significant digits, equals to the precision written what a metric expects or
gave, and stands in nothing that the agent was given. What an agent may note honestly, numbers that it measured itself,
is let be where no code reads it: in comments and documents only the numbers of hidden experiments count.
"""

import ast
import re
import struct
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import floor, isfinite, log10
from pathlib import PurePosixPath

from rexlab.grading.records import MetricValue
from rexlab.task.load import Task

TELLING_DIGITS = 4
"""Significant digits that a number must have: too many settings look like a shorter one."""
_CUT_DIGITS = 5
"""From so many digits on, a number that was cut off instead of rounded counts too."""
_NEAR_DIGITS = 6
_NEAR = 1e-5
"""A constant of so many digits also counts when it is this near, relatively: a little noise does not hide it. In files
of data, which may hold very many numbers, it would too often be chance."""
_MAX_PARSED = 1_000_000
"""Bytes of Python that are parsed; what is longer is read as text."""
_MAX_WORD = 400
"""Characters of a number; what is longer is none that a metric could be."""
# Possessive throughout: an agent chose the text, and nothing in it may make the search go back.
_NUMBER = re.compile(
    r"(?<![\w.])(?:0x[01]\.?[0-9a-f]*+p[+-]?\d++|(?:\d[\d_]*+(?:\.[\d_]*+)?+|\.\d[\d_]*+)(?:e[+-]?\d++)?+)"
    r"(?!\w|\.\d)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ChangedText:
    """A file that a patch changes."""

    path: str
    before: bytes
    """As in the masked code; empty for a new file."""
    after: bytes


@dataclass(frozen=True)
class Expected:
    """A number that nobody should have to write down."""

    value: float
    """Its absolute value."""
    owner: str
    """``experiment, metric``."""
    hidden: bool


@dataclass(frozen=True)
class Found:
    """One of them in a patch."""

    path: str
    line: int
    """In the file as the patch leaves it, from 1; 0 in a file without lines."""
    text: str
    owner: str
    hidden: bool


@dataclass(frozen=True)
class _Number:
    line: int
    text: str
    value: float
    digits: int
    read: bool
    """Code can read it: it stands in no comment and no document."""
    parsed: bool = False
    """It is Python's own constant, or stands in one."""


def expected_numbers(task: Task, measured: Iterable[MetricValue] = ()) -> list[Expected]:
    """What the task's checks expect, hidden experiments too, and what was measured in this grading."""
    found: dict[tuple[float, bool], Expected] = {}

    def add(value: float, owner: str, hidden: bool) -> None:
        if isfinite(value) and _digits(repr(abs(value))) >= TELLING_DIGITS:
            found.setdefault((abs(value), hidden), Expected(abs(value), owner, hidden))

    for experiment in task.experiments:
        for metric in experiment.metric:
            check = metric.check
            bounds = [getattr(check, name) for name in ("low", "high") if hasattr(check, name)]
            for value in (*check.targets(metric.count * len(experiment.seeds)), *bounds):
                add(value, f"{experiment.name}, {metric.name}", experiment.hidden)
    for one in measured:
        if one.observed is not None:
            add(one.observed, f"{one.experiment}, {one.metric}", one.hidden)
    return list(found.values())


def find_hardcoded(
    files: Iterable[ChangedText], expected: Sequence[Expected], given: Callable[[], Iterable[str]]
) -> list[Found]:
    """Expected numbers in the lines that a patch adds.

    Args:
        files: What the patch changes, files that are not applied too.
        expected: From ``expected_numbers``.
        given: The texts that the agent was given; only asked for when something was found.
    """
    by_value = sorted(expected, key=lambda e: (e.value, e.hidden))
    values = [e.value for e in by_value]
    packed = [(struct.pack(order, e.value), e) for e in by_value for order in ("<d", ">d")]
    found: dict[tuple[str, int, float], Found] = {}
    for file in files:
        if b"\0" in file.after:
            for pattern, e in packed:
                if pattern in file.after and pattern not in file.before:
                    found.setdefault((file.path, 0, e.value), Found(file.path, 0, repr(e.value), e.owner, e.hidden))
            continue
        for number in _numbers(file):
            near = _near(number, by_value, values)
            if match := [e for e in near if (number.read or e.hidden) and _equal(number, e.value)]:
                best = min(match, key=lambda e: (e.hidden, abs(e.value - number.value)))
                place = Found(file.path, number.line, number.text, best.owner, best.hidden)
                found.setdefault((file.path, number.line, number.value), place)
    if not found:
        return []
    known = {number.value for text in given() for number in _in_text(text, read=True)}
    return sorted((f for (_, _, value), f in found.items() if value not in known), key=lambda f: (f.path, f.line))


def _numbers(file: ChangedText) -> Iterator[_Number]:
    """The telling numbers in the added lines; of Python its syntax tree's first, then what only the text shows."""
    before = set(_lines(file.before.decode("utf-8", "replace")))
    text = file.after.decode("utf-8", "replace")
    added = {line for line, content in enumerate(_lines(text), 1) if content not in before}
    suffix = PurePosixPath(file.path).suffix.lower()
    parsed = suffix in (".py", ".pyi") and len(file.after) <= _MAX_PARSED
    tree = _parse(text) if parsed else None
    if tree is not None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant):
                yield from (n for n in _in_constant(node) if n.line in added)
    read = tree is None and suffix not in (".md", ".rst")
    yield from (n for n in _in_text(text, read=read) if n.line in added)


def _parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _in_constant(node: ast.Constant) -> Iterator[_Number]:
    match node.value:
        case bool():
            return
        case int() | float():
            yield from _number(node.lineno, node.value)
        case complex():
            yield from _number(node.lineno, node.value.real)
            yield from _number(node.lineno, node.value.imag)
        case str() | bytes():
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            last = node.end_lineno or node.lineno
            for number in _in_text(text, read=True):
                yield replace(number, line=min(node.lineno + number.line - 1, last), parsed=True)


def _number(line: int, value: float) -> Iterator[_Number]:
    if isinstance(value, int) and value.bit_length() > 1000:
        return
    text = repr(value)
    if isfinite(value) and _digits(text) >= TELLING_DIGITS:
        yield _Number(line, text, abs(float(value)), _digits(text), read=True, parsed=True)


def _in_text(text: str, *, read: bool) -> Iterator[_Number]:
    for line, content in enumerate(_lines(text), 1):
        for match in _NUMBER.finditer(content):
            word = match[0].replace("_", "")
            if len(word) > _MAX_WORD:
                continue
            if word[:2].lower() == "0x":
                try:
                    yield _Number(line, word, float.fromhex(word), 17, read)
                except OverflowError:
                    continue
            elif (digits := _digits(word)) >= TELLING_DIGITS and isfinite(float(word)):
                yield _Number(line, word, float(word), digits, read)


def _lines(text: str) -> list[str]:
    """Lines as Python counts them."""
    return re.split(r"\r\n|\r|\n", text)


def _digits(text: str) -> int:
    """Significant digits as written; zeros at either end say nothing."""
    return len(text.lower().split("e")[0].lstrip("-").replace(".", "").strip("0"))


def _near(number: _Number, expected: Sequence[Expected], values: Sequence[float]) -> Iterator[Expected]:
    """Those that are not obviously another number."""
    at = bisect_left(values, number.value * 0.998)
    while at < len(values) and values[at] <= number.value * 1.002:
        yield expected[at]
        at += 1


def _equal(number: _Number, target: float) -> bool:
    """Whether the number is the target as far as it is written out."""
    if number.parsed and number.digits >= _NEAR_DIGITS and abs(number.value - target) <= _NEAR * target:
        return True
    unit = 10.0 ** (floor(log10(number.value)) - number.digits + 1)
    more = (target - number.value) / unit
    return -0.5 - 1e-6 <= more <= (1.0 if number.digits >= _CUT_DIGITS else 0.5) + 1e-6
