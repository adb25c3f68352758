"""Reads JSON of any size from a file value by value: long strings are cut, and nothing else is held in memory."""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_BRACKETS = 2_000_000
"""Opening and closing ones, runs of opening ones as one: some seconds of reading. What has more is no trajectory."""
MAX_DEPTH = 100
_MAX_SCALAR = 10_000
_CHUNK = 1 << 20
_SPACE = re.compile(r"[ \t\r\n\ufeff]*+")
_SCALAR = re.compile(r'[^\s,:"\[\]{}]++')
_IN_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_FLAT = re.compile(r'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
"""Whole strings, and what lies between them, up to the next bracket."""
_BRACKETS = re.compile(r"[\[{]++|[\]}]")
_HALF_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*+)\\(?:u[0-9a-fA-F]{0,3})?\Z")


class BrokenJsonError(Exception):
    """It is no JSON from here on; the text says why, as the end of a sentence."""


@dataclass(frozen=True)
class Value:
    """What stands at a place of the file, in bytes from its beginning.

    ``readable`` False: it is no JSON, too large or too deep, and ``content`` is None.
    """

    start: int
    end: int
    content: Any = None
    readable: bool = True


class JsonStream:
    """A cursor that goes forward through a file."""

    def __init__(self, file: BinaryIO, start: int = 0) -> None:
        file.seek(start)
        self._file, self._buffer, self._at = file, "", 0
        self._text = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._decoder = json.JSONDecoder(strict=False, parse_int=_integer)
        self._counted, self._counted_at, self._brackets = start, 0, 0

    @property
    def offset(self) -> int:
        """Of the next byte, from the beginning of the file."""
        self._counted += len(self._buffer[self._counted_at : self._at].encode("utf-8", "surrogateescape"))
        self._counted_at = self._at
        return self._counted

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                return ""

    def take(self, character: str) -> bool:
        """Go past the next character if it is this one."""
        found = self.peek() == character
        self._at += found
        return found

    def value(self, *, max_string: int, max_size: int) -> Value:
        """Go past a value. One that is larger than is good to hold comes with its strings cut to ``max_string``
        characters; of one that is larger than ``max_size`` even so, nothing is kept.

        Raises:
            BrokenJsonError: the file ends inside of it, there is none, or it holds too many values.
        """
        first, start = self.peek(), self.offset
        if first in ("[", "{", '"'):
            # most values lie whole in the buffer, and the standard library is many times as fast as what follows
            try:
                content, self._at = self._decoder.raw_decode(self._buffer, self._at)
                return Value(start, self.offset, content)
            except (ValueError, RecursionError):
                text = self._string(max_string) if first == '"' else self._nested(max_string, max_size)
        else:
            text = self._scalar()
        try:
            if text is not None and len(text) <= max_size:
                return Value(start, self.offset, self._decoder.decode(text))
        except (ValueError, RecursionError):
            pass  # told by the value that follows
        return Value(start, self.offset, readable=False)

    def _nested(self, max_string: int, max_size: int) -> str | None:
        kept: list[str] | None = []
        size = depth = 0
        while True:
            piece = self._bracket()
            depth += len(piece) if piece[0] in "[{" else -1
            if depth:
                piece += self._flat(max_string)
            size += len(piece)
            if size > max_size or depth > MAX_DEPTH:
                kept = None
            if kept is not None:
                kept.append(piece)
            if not depth:
                return "".join(kept) if kept is not None else None

    def _scalar(self) -> str:
        """A number or a word; it may go on in what is read next."""
        text = ""
        while match := _SCALAR.match(self._buffer, self._at):
            text += match.group()[:_MAX_SCALAR]
            self._at = match.end()
            if self._at < len(self._buffer) or not self._fill():
                break
        if not text:
            raise BrokenJsonError("a value is missing")
        return text

    def _bracket(self) -> str:
        """The brackets that come next, at least one: as many as open, or one that closes."""
        self._brackets += 1
        if self._brackets > MAX_BRACKETS:
            raise BrokenJsonError("it holds too many values")
        match = _BRACKETS.match(self._buffer, self._at)
        if match is None:
            raise BrokenJsonError("it ends inside of a value")
        self._at = match.end()
        return match.group()

    def _flat(self, max_string: int) -> str:
        """Everything up to the next bracket, strings cut."""
        pieces: list[str] = []
        while True:
            match = _FLAT.match(self._buffer, self._at)
            if match and match.end() > self._at:
                text = match.group()
                self._at = match.end()
                pieces.append(
                    text if len(text) <= max_string else _STRING.sub(lambda m: _quoted(m[0], max_string), text)
                )
            if self._at == len(self._buffer):
                if not self._fill():
                    return "".join(pieces)
            elif self._buffer[self._at] == '"':
                pieces.append(self._string(max_string))
            else:
                return "".join(pieces)

    def _string(self, max_string: int) -> str:
        """The string that begins here, in quotes, cut; it may be longer than the memory."""
        self._at += 1
        head, length = "", 0
        while True:
            inside = _IN_STRING.match(self._buffer, self._at)
            end = inside.end() if inside else self._at
            head += self._buffer[self._at : min(end, self._at + max_string + 1 - len(head))]
            length += end - self._at
            self._at = end
            if self._buffer[end : end + 1] == '"':
                self._at += 1
                return f'"{_cut(head, max_string, length)}"'
            if not self._fill():
                raise BrokenJsonError("it ends inside of a string")

    def _fill(self) -> bool:
        """Read on; what has been gone past is forgotten."""
        chunk = self._file.read(_CHUNK)
        start = self.offset
        self._buffer = self._buffer[self._at :] + self._text.decode(chunk, final=not chunk)
        self._at = self._counted_at = 0
        self._counted = start
        return bool(chunk)


def _quoted(string: str, limit: int) -> str:
    return f'"{_cut(string[1:-1], limit, len(string) - 2)}"'


def _cut(inside: str, limit: int, length: int) -> str:
    """A string's inside, as it is written, without the half of an escape at its end; a note says how much is gone."""
    if length <= limit:
        return inside
    head = _HALF_ESCAPE.sub(r"\1", inside[:limit])
    return f"{head}… ({length - len(head):,} more characters)"


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= 30 else float(digits)
