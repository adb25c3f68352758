"""AutoExperiment's records as they stand in its files: a function, an experiment, a variant.

Field names are those of the JSON lines. Numbers and ids come as numbers or as strings; both are taken.
"""

import ast
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MAX_RESULT_CHARS = 200_000
_DEEPEST_RESULT = 5
_BLOCK = re.compile(r"^[ \t]*Experiment[ \t]+([0-9]{1,9})[ \t]*:[ \t]*", re.MULTILINE)
_LAST_LINE = re.compile(r"^[ \t]*Return (?:the )?final answer\b.*\Z", re.MULTILINE | re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class FunctionRecord:
    """What a line says about a function that can be removed."""

    func_id: str
    file: str
    name: str
    """A function's name, ``Class.method``, or a method's bare name."""
    header: int | str | None
    """``header_line``: the number of the def's line, or its text."""
    first: int | None
    """``line_start``: the first line of the body, from 1."""
    last: int | None
    description: str
    relevant_paper: str
    """The passages of the paper that say how."""
    experiments: tuple[str, ...]
    """``exp_dependencies``: ids of the experiments that use it."""

    @property
    def place(self) -> tuple[object, ...]:
        """What it is found by; equal places are the same function."""
        return (self.file, self.name, self.header, self.first, self.last)


@dataclass(frozen=True)
class ExperimentRecord:
    """A line of ``experiments.jsonl`` or ``mlrc_exps.csv``."""

    exp_id: str
    description: str
    result: object
    functions: tuple[str, ...]
    """``func_dependencies``: ids of functions."""
    solution: str


@dataclass(frozen=True)
class Block:
    """One experiment of a variant: the text that asks for it, its golds, its part of the script."""

    number: str
    text: str
    result: object


def key_of(text: str) -> str:
    """Texts that differ in white space alone are one experiment."""
    return " ".join(text.split())


def as_id(value: object) -> str:
    """An id, however it is written: ``3``, ``"3"``."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def as_ids(value: object) -> tuple[str, ...]:
    """``"0,3"`` or ``["0", "3"]`` or ``[0, 3]``."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(name for part in parts if (name := as_id(part)))


def as_text(value: object) -> str:
    """A string without half surrogate pairs, which JSON may hold and UTF-8 may not; empty for anything else."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def function_record(data: dict[str, Any]) -> FunctionRecord | None:
    """The record, or None when it names no file or no function."""
    file, name = as_text(data.get("file")).strip(), as_text(data.get("name")).strip()
    if not file or not name:
        return None
    header = data.get("header_line")
    if not isinstance(header, str) or not header.strip():
        header = _line(header)
    elif header.strip().isdigit():
        header = int(header.strip()[:9])
    else:
        header = as_text(header)
    return FunctionRecord(
        func_id=as_id(data.get("func_id")),
        file=file,
        name=name,
        header=header,
        first=_line(data.get("line_start")),
        last=_line(data.get("line_end")),
        description=as_text(data.get("description")).strip(),
        relevant_paper=as_text(data.get("relevant_paper")).strip(),
        experiments=as_ids(data.get("exp_dependencies")),
    )


def experiment_record(data: dict[str, Any]) -> ExperimentRecord:
    """A line of ``experiments.jsonl`` or a row of ``mlrc_exps.csv``; what is missing stays empty."""
    return ExperimentRecord(
        exp_id=as_id(data.get("exp_id")),
        description=_without_last_line(as_text(data.get("description"))),
        result=as_result(data.get("result")),
        functions=as_ids(data.get("func_dependencies")),
        solution=as_text(data.get("solution")),
    )


def as_result(value: object) -> object:
    """Results are objects, or text that holds one: JSON, or the way Python prints a dict."""
    if not isinstance(value, str):
        return value
    if len(value) > _MAX_RESULT_CHARS:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None


def blocks_of(text: str, results: dict[str, Any]) -> Iterator[Block]:
    """The experiments of a variant's text, with the results of the same number.

    A text without ``Experiment 1:`` is one experiment, the first. A result that no block asks for comes with an
    empty text.
    """
    by_number: dict[str, object] = {}
    for name, result in results.items():
        if digits := re.search(r"[0-9]{1,9}", name):
            by_number[str(int(digits.group()))] = result
    parts = _BLOCK.split(text)
    bodies = {"1": parts[0]} if len(parts) == 1 else {}
    for number, body in zip(parts[1::2], parts[2::2], strict=True):
        bodies.setdefault(str(int(number)), body)
    for number in dict.fromkeys([*bodies, *by_number]):
        yield Block(number, _without_last_line(bodies.get(number, "")), by_number.get(number))


def numbers_of(result: object) -> Iterator[tuple[str, list[float] | None, bool]]:
    """The metrics of a result: name, numbers, and whether they were a list; None in place of what is no number.

    Objects in objects give joined names; a bare number or list is called ``result``.
    """
    if not isinstance(result, dict):
        result = {"result": result}
    left: list[tuple[str, object, int]] = [(str(k), v, 1) for k, v in reversed(list(result.items()))]
    while left:
        name, value, depth = left.pop()
        if isinstance(value, dict) and value and depth < _DEEPEST_RESULT:
            left += [(f"{name} {k}", v, depth + 1) for k, v in reversed(list(value.items()))]
        else:
            yield as_text(name), _numbers(value), isinstance(value, list | tuple)


def _numbers(value: object) -> list[float] | None:
    values = list(value) if isinstance(value, list | tuple) else [value]
    numbers = []
    for item in values:
        if isinstance(item, bool) or not isinstance(item, int | float):
            return None
        try:
            number = float(item)
        except OverflowError:
            return None
        if not math.isfinite(number):
            return None
        numbers.append(number)
    return numbers or None


def _line(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdigit():
        return int(value.strip()[:9])
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _without_last_line(text: str) -> str:
    """Without the request to return everything as one JSON object, which belongs to no single experiment."""
    return _LAST_LINE.sub("", text).strip()
