"""Collect metrics from what an experiment left: strict parsing, outside any sandbox, of bytes nobody trusts."""

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import regex
from jsonpointer import JsonPointer, JsonPointerException

from rexlab.task.manifest import CsvSource, JsonSource, MetricSection, StdoutSource

MAX_OUTPUT_BYTES = 16_000_000
_REGEX_TIMEOUT_S = 5.0

ReadOutput = Callable[[str], bytes]
"""Reads an output file by its path relative to the code's root; raises CollectError."""


class CollectError(Exception):
    """A metric could not be read; the text says why. It becomes the metric's ``problem``, never a crash."""


def collect(metric: MetricSection, stdout: str, read: ReadOutput) -> list[float]:
    """The metric's values from one run of its experiment, exactly ``metric.count`` finite numbers.

    Raises:
        CollectError: output missing, malformed, not a number, not finite, too few or too many values.
    """
    source = metric.source
    match source:
        case JsonSource():
            values = _from_json(source, read(source.file))
        case StdoutSource():
            values = _from_stdout(source, stdout)
        case CsvSource():
            values = [_from_csv(source, read(source.csv))]
    if len(values) != metric.count:
        raise CollectError(f"{len(values)} values where {metric.count} are needed")
    for value in values:
        if not math.isfinite(value):
            raise CollectError(f"the value is {value}, not a finite number")
    return values


def parse_json(data: bytes) -> Any:
    """Parse JSON as its standard says: no duplicate keys, no NaN or Infinity, UTF-8, no absurd nesting.

    Raises:
        CollectError: it is anything else.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            raise CollectError("an object has the same key twice")
        return result

    def no_constant(name: str) -> float:
        raise CollectError(f"{name} is not JSON")

    def finite(text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            raise CollectError("a number is too large")
        return number

    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=unique, parse_constant=no_constant, parse_float=finite
        )
    except UnicodeDecodeError as error:
        raise CollectError(f"it is not UTF-8 (byte {error.start})") from error
    except ValueError as error:
        raise CollectError(f"it is not JSON: {error}") from error
    except RecursionError as error:
        raise CollectError("it is nested too deeply") from error


def as_numbers(value: Any) -> list[float]:
    """A JSON number, or a list of them (nested lists are read in order), as floats.

    Raises:
        CollectError: something in it is not a number.
    """
    numbers = []
    left = [value]  # a stack, not a recursion: the nesting is the agent's choice
    while left:
        item = left.pop()
        if isinstance(item, list):
            left.extend(reversed(item))
            continue
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise CollectError(f"a {type(item).__name__} is not a number")
        try:
            numbers.append(float(item))
        except OverflowError as error:
            raise CollectError("a number is too large") from error
    return numbers


def _from_json(source: JsonSource, data: bytes) -> list[float]:
    try:
        document = parse_json(data)
        return as_numbers(JsonPointer(source.pointer).resolve(document))
    except CollectError as error:
        raise CollectError(f"{source.file}: {error}") from error
    except (JsonPointerException, LookupError, TypeError, ValueError) as error:
        raise CollectError(f"{source.file} has nothing at {source.pointer!r}") from error


def _from_stdout(source: StdoutSource, stdout: str) -> list[float]:
    try:
        found = [m.group(1) for m in regex.finditer(source.stdout, stdout, regex.MULTILINE, timeout=_REGEX_TIMEOUT_S)]
    except TimeoutError as error:
        raise CollectError(f"the pattern {source.stdout!r} took over {_REGEX_TIMEOUT_S:.0f} s on the output") from error
    return [_number(text) for text in found]


def _from_csv(source: CsvSource, data: bytes) -> float:
    try:
        # blank lines are no rows, as for csv.DictReader
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise CollectError(f"{source.csv} is not a UTF-8 CSV file: {error}") from error
    if not rows:
        raise CollectError(f"{source.csv} is empty")
    header, body = rows[0], rows[1:]
    if header.count(source.column) != 1:
        raise CollectError(f"{source.csv} has {header.count(source.column)} columns called {source.column!r}")
    if isinstance(source.row, int):
        if not -len(body) <= source.row < len(body):
            raise CollectError(f"{source.csv} has no row {source.row}, it has {len(body)}")
        row = body[source.row]
    else:
        matching = [r for r in body if r[0] == source.row]
        if len(matching) != 1:
            raise CollectError(f"{source.csv} has {len(matching)} rows that begin with {source.row!r}")
        row = matching[0]
    if len(row) != len(header):
        raise CollectError(f"{source.csv}: row {source.row!r} has {len(row)} cells, the header has {len(header)}")
    return _number(row[header.index(source.column)])


def _number(text: str) -> float:
    try:
        return float(text)
    except (TypeError, ValueError) as error:
        raise CollectError(f"{str(text)[:40]!r} is not a number") from error
