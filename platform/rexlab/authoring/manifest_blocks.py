"""The ``[[function]]`` tables of a manifest as stretches of its text, so that they come and go and comments stay."""

import re
import tomllib
from collections.abc import Collection
from itertools import pairwise

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_FUNCTION = re.compile(r"[ \t]*\[\[[ \t]*['\"]?function['\"]?[ \t]*\]\]")
_IDLE = re.compile(r"[ \t]*(#.*)?\r?\n?\Z")
_COMMENT = re.compile(r"[ \t]*#")


def function_blocks(text: str) -> list[tuple[int, int]]:
    """Where each ``[[function]]`` table of a valid manifest begins and ends, in order.

    Comments directly above a table belong to it. What follows its last value, blank lines and other comments, does not.
    """
    headers = [m.start() for m in _HEADER.finditer(text) if _is_whole(text[: m.start()])]
    return [
        (_with_comments_above(text, start), _end_of_values(text, start, end))
        for start, end in pairwise([*headers, len(text)])
        if _FUNCTION.match(text, start)
    ]


def without(text: str, positions: Collection[int]) -> str:
    """The text without these of its ``[[function]]`` tables, counted from 0."""
    for position, (start, end) in reversed(list(enumerate(function_blocks(text)))):
        if position in positions:
            text = text[:start] + re.sub(r"\A([ \t]*\r?\n)+", "", text[end:])
    return text


def with_added(text: str, tables: list[str]) -> str:
    """The text with tables, each with its ``[[function]]`` line, put after the last one there is."""
    end = function_blocks(text)[-1][1]
    line = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"\n{table}" for table in tables).replace("\n", line)
    before = text[:end] if text[:end].endswith("\n") else text[:end] + line
    return before + added + text[end:]


def _is_whole(text: str) -> bool:
    """Whether the text is a document: up to a real header it is one, and not up to a bracket inside of a value."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _with_comments_above(text: str, start: int) -> int:
    lines = text[:start].splitlines(keepends=True)
    while lines and _COMMENT.match(lines[-1]):
        start -= len(lines.pop())
    return start


def _end_of_values(text: str, start: int, end: int) -> int:
    lines = text[start:end].splitlines(keepends=True)
    while _IDLE.match(lines[-1]):
        end -= len(lines.pop())
    return end
