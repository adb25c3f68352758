"""Full-text search in a trajectory, step by step, without holding it in memory."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rexlab.dashboard.texts import one_line, readable
from rexlab.dashboard.trajectory import Step, read_value
from rexlab.dashboard.trajectory_parts import parts

_WINDOW = 4_000_000
_AROUND = 60
_ESCAPABLE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


@dataclass(frozen=True)
class Hit:
    """A step that holds the text, and the first place where it does."""

    number: int
    before: str
    """What stands before it on one line; a space at its end is one of the text. So with ``after``."""
    found: str
    after: str


def search(file: BinaryIO, steps: Sequence[Step], text: str) -> Iterator[Hit]:
    """The steps that say ``text``, in upper or lower case, in order. Names of fields are not searched."""
    wanted = text.strip()
    if not wanted:
        return
    ways = written_ways(wanted)
    for step in steps:
        # what does not even stand in the file is passed over at the speed of reading
        if _stands(file, step, ways):
            value = read_value(file, step, _WINDOW)
            if not value.readable:
                yield Hit(step.number, "", one_line(wanted), "")
            elif hit := _hit(step.number, value.content, wanted):
                yield hit


def written_ways(text: str) -> set[bytes]:
    """How a text may stand in a JSON file, lower case where that is ASCII."""
    ways = set()
    for cased in {text, text.lower(), text.upper()}:
        plain, ascii_only = (json.dumps(cased, ensure_ascii=only)[1:-1] for only in (False, True))
        for way in (plain, ascii_only, plain.replace("/", "\\/"), ascii_only.translate(_ESCAPABLE)):
            ways.add(way.encode("utf-8", "surrogatepass").lower())
    return ways


def _stands(file: BinaryIO, step: Step, ways: set[bytes]) -> bool:
    longest = max(map(len, ways))
    position = step.start
    while position < step.end:
        file.seek(position)
        window = file.read(min(_WINDOW, step.end - position)).lower()
        if any(way in window for way in ways):
            return True
        if position + len(window) >= step.end or len(window) <= longest:
            return False
        position += len(window) - longest
    return False


def _hit(number: int, content: object, wanted: str) -> Hit | None:
    for part in parts(content):
        at = part.text.lower().find(wanted.lower())
        if at >= 0:
            before, after = part.text[max(0, at - _AROUND) : at], part.text[at + len(wanted) :][:_AROUND]
            found = part.text[at : at + len(wanted)]
            return Hit(number, _flat(before), one_line(found), _flat(after))
    return None


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", readable(text))
