"""From a file's text before and after to a few small replacements, each of which fits in one place only."""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

MERGE_LINES = 3
"""Changes with fewer unchanged lines between them become one."""


@dataclass(frozen=True)
class Edit:
    """Replace ``old``, which is whole lines and stands exactly once in the file, by ``new``."""

    old: str
    new: str


def _anything(_edit: Edit) -> bool:
    return True


def edits_between(before: str, after: str, suits: Callable[[Edit], bool] = _anything) -> list[Edit]:
    """Edits that, made one after the other, turn ``before`` into ``after``.

    Each takes in as many unchanged lines around it as it needs to be unique and to please ``suits``; one that cannot
    please it is given as small as it can be. ``before`` must not be empty.
    """
    old, new = _lines(before), _lines(after)
    current = list(old)
    shift = 0
    edits: list[Edit] = []
    for first, last, new_first, new_last in _changes(old, new):
        low, high = first + shift, last + shift
        edits.append(_grow(current, low, high, new[new_first:new_last], suits))
        current[low:high] = new[new_first:new_last]
        shift += (new_last - new_first) - (last - first)
    return edits


def _lines(text: str) -> list[str]:
    """Lines with their ends; unlike ``splitlines``, only ``\\n`` ends one."""
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _changes(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Ranges of lines that differ, near ones merged."""
    merged: list[tuple[int, int, int, int]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if merged and i1 - merged[-1][1] < MERGE_LINES:
            merged[-1] = (merged[-1][0], i2, merged[-1][2], j2)
        else:
            merged.append((i1, i2, j1, j2))
    return merged


def _grow(current: list[str], low: int, high: int, new: list[str], suits: Callable[[Edit], bool]) -> Edit:
    """Take in lines above and below, in turn, until the old lines are unique."""
    text = "".join(current)
    start, end = low, high
    smallest: Edit | None = None
    upwards = True
    while True:
        edit = Edit("".join(current[start:end]), "".join([*current[start:low], *new, *current[high:end]]))
        if edit.old and text.count(edit.old) == 1:
            if suits(edit):
                return edit
            smallest = smallest or edit
        if start == 0 and end == len(current):
            return smallest or edit
        if (upwards and start > 0) or end == len(current):
            start -= 1
        else:
            end += 1
        upwards = not upwards
