"""Reads logs of any size in parts: the end, a page of lines, the lines that hold a text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from rexlab.dashboard.texts import one_line, readable

PAGE_LINES = 100
MAX_HITS = 1_000
MAX_LINE = 1_900
"""Characters of a line that are shown: a page of such lines is not too long to be shown."""
_SHOWN = PAGE_LINES * MAX_LINE
_PART = 8_000_000
"""So many bytes of a tail or a page are read at most."""
_CHUNK = 1 << 20
_AROUND = 80


@dataclass(frozen=True)
class Excerpt:
    """Lines of a log, fit to be shown."""

    text: str
    first_line: int | None
    """From 1; None where nobody counted the lines before."""
    lines: int
    whole: bool
    """Nothing of the file is left out before or after."""


@dataclass(frozen=True)
class Lines:
    """Where the pages of a log begin."""

    count: int
    starts: npt.NDArray[np.int64]
    """In bytes, one for each page of ``PAGE_LINES`` lines."""

    @property
    def pages(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class LogHit:
    """A line that holds what was looked for."""

    line: int
    excerpt: str

    @property
    def page(self) -> int:
        """Which page it stands on, from 1."""
        return (self.line - 1) // PAGE_LINES + 1


def tail(file: BinaryIO, lines: int) -> Excerpt:
    """The last lines, read from the end of the file."""
    size = file.seek(0, 2)
    start = max(0, size - _PART)
    file.seek(start)
    data = file.read(size - start)
    found = data.rsplit(b"\n", lines + 2)
    ended = len(found) > 1 and not found[-1]
    rows = found[:-1] if ended else found
    if start and len(rows) > 1:
        rows = rows[1:]  # its beginning was not read
    count = room = 0
    for row in reversed(rows[-lines:]):
        room += min(len(row), MAX_LINE) + 1
        if room > _SHOWN and count:
            break
        count += 1
    whole = not start and count == len(rows)
    return Excerpt(_text(rows[-count:]), 1 if whole else None, count if data else 0, whole)


def count_lines(file: BinaryIO) -> Lines:
    """Read the file through once for its line ends."""
    file.seek(0)
    found, count, position, ended = [np.zeros(1, np.int64)], 0, 0, True
    while chunk := file.read(_CHUNK):
        ends = np.flatnonzero(np.frombuffer(chunk, np.uint8) == 10)
        first = -count % PAGE_LINES or PAGE_LINES  # line ends until the next page begins
        found.append(ends[first - 1 :: PAGE_LINES] + position + 1)
        count += len(ends)
        position += len(chunk)
        ended = chunk.endswith(b"\n")
    starts = np.concatenate(found)
    if len(starts) > 1 and starts[-1] == position:
        starts = starts[:-1]  # the last line fills its page
    return Lines(count + (not ended), starts)


def page(file: BinaryIO, lines: Lines, number: int) -> Excerpt:
    """A page, from 1; one whose lines are too long to be read at once is cut."""
    number = min(max(number, 1), lines.pages)
    start = int(lines.starts[number - 1])
    end = int(lines.starts[number]) if number < lines.pages else file.seek(0, 2)
    file.seek(start)
    data = file.read(min(end - start, _PART))
    rows = data.removesuffix(b"\n").split(b"\n")
    text = _text(rows)
    if len(data) < end - start:
        text += f"\n… ({end - start - len(data):,} more bytes on this page)"
    return Excerpt(text, (number - 1) * PAGE_LINES + 1, len(rows) if data else 0, lines.pages == 1)


def search(file: BinaryIO, text: str) -> list[LogHit]:
    """The first ``MAX_HITS`` lines that hold ``text``, in upper or lower case."""
    wanted = text.strip()
    hits: list[LogHit] = []
    if not wanted:
        return hits
    ways = {way.encode("utf-8", "replace").lower() for way in (wanted, wanted.lower(), wanted.upper())}
    pattern = re.compile(b"|".join(re.escape(way) for way in sorted(ways)))
    for first_line, block in _blocks(file, max(map(len, ways))):
        line, counted, lowered = first_line, 0, block.lower()
        at = 0
        while (match := pattern.search(lowered, at)) is not None:
            line += block.count(b"\n", counted, match.start())
            counted = match.start()
            if not hits or hits[-1].line != line:
                hits.append(LogHit(line, _around(block, match.start(), match.end())))
                if len(hits) == MAX_HITS:
                    return hits
            end = block.find(b"\n", match.end())
            if end < 0:
                break
            at = end
    return hits


def _blocks(file: BinaryIO, overlap: int) -> Iterator[tuple[int, bytes]]:
    """The file in pieces, each with the number of its first line; what is sought stands whole in one of them."""
    file.seek(0)
    line, kept = 1, b""
    while chunk := file.read(_CHUNK):
        block = kept + chunk
        yield line, block
        kept = block[-min(len(block), overlap + _AROUND) :]
        line += block.count(b"\n", 0, len(block) - len(kept))


def _around(block: bytes, start: int, end: int) -> str:
    """The part of the line around the hit."""
    begin = max(block.rfind(b"\n", 0, start) + 1, start - _AROUND)
    stop = block.find(b"\n", end)
    stop = min(len(block) if stop < 0 else stop, end + 2 * _AROUND)
    return one_line(block[begin:stop], 3 * _AROUND)


def _text(rows: list[bytes]) -> str:
    return readable(b"\n".join(rows), max_line=MAX_LINE, max_chars=2 * _SHOWN)
