"""Python source as bytes and as text: its encoding, its lines, and places in it, without losing a byte."""

import ast
import io
import re
import threading
import tokenize
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from rexlab.errors import MaskingError

BOM = b"\xef\xbb\xbf"
NEWLINE = re.compile(r"\r\n|\n|\r")
"""What Python takes for a line's end; ``str.splitlines`` knows more of them (form feeds, say) and would be wrong."""

_warnings_lock = threading.Lock()


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings about the invalid escapes and odd literals in code that is only read here.

    The filters belong to the whole process, so two threads must not save and restore them at once.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True)
class SourceText:
    """A decoded module: ``bom + text.encode(encoding)`` gives back the very bytes that were read."""

    bom: bytes
    text: str
    encoding: str

    @cached_property
    def utf8(self) -> bytes:
        """The text as UTF-8, the unit that libcst and ast count columns in."""
        return self.text.encode("utf-8")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer(rb"\r\n|\n|\r", self.utf8))]

    def line_at(self, utf8_offset: int) -> int:
        """The number, from 1, of the line that holds this offset into ``utf8``."""
        return bisect_right(self._line_starts, utf8_offset)

    def line_start(self, line: int) -> int:
        """The offset into ``utf8`` where this line (from 1) begins; past the last line, the end of the text."""
        return self._line_starts[line - 1] if line <= len(self._line_starts) else len(self.utf8)

    def byte_offset(self, utf8_offset: int) -> int:
        """Where this offset into ``utf8`` lies in the bytes of the file."""
        if self.encoding in ("utf-8", "ascii"):
            return len(self.bom) + utf8_offset
        return len(self.bom) + len(self.utf8[:utf8_offset].decode("utf-8").encode(self.encoding))

    def encode(self, text: str) -> bytes:
        """New text in this file's encoding.

        Raises:
            UnicodeEncodeError: the encoding has no such character.
        """
        return text.encode(self.encoding)


class Places:
    """The way from offsets in what libcst would write back to offsets in the source that it read.

    libcst forgets a few blanks and form feeds: the two may differ in those, and in nothing else.
    """

    def __init__(self, written: bytes, source: bytes, filename: str) -> None:
        self._same = written == source
        if self._same:
            return
        self._written, self._source = ([m.start() for m in _INK.finditer(text)] for text in (written, source))
        if bytes(written[i] for i in self._written) != bytes(source[i] for i in self._source):
            raise MaskingError(f"{filename}: the parser does not reproduce this file, so it cannot be masked")
        self._length = len(source)

    def start(self, offset: int) -> int:
        """Where in the source something begins, other than white space, that begins here."""
        if self._same:
            return offset
        number = bisect_left(self._written, offset)
        return self._source[number] if number < len(self._source) else self._length

    def end(self, offset: int) -> int:
        """Where in the source something ends, other than white space, that ends here."""
        if self._same:
            return offset
        number = bisect_left(self._written, offset)
        return self._source[number - 1] + 1 if number else 0


_INK = re.compile(rb"[^ \t\f]")


def decode(source: bytes, filename: str) -> SourceText:
    """Decode a module the way Python does: byte order mark, PEP 263 cookie, else UTF-8.

    Raises:
        MaskingError: an unknown encoding, bytes that do not fit it, or bytes that would not survive a round trip.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError as error:
        raise MaskingError(f"{filename}, line 1: the encoding cannot be made out: {error}") from error
    bom = BOM if source.startswith(BOM) else b""
    encoding = "utf-8" if encoding == "utf-8-sig" else encoding
    payload = source[len(bom) :]
    try:
        text = payload.decode(encoding)
    except UnicodeDecodeError as error:
        line = payload.count(b"\n", 0, error.start) + 1
        raise MaskingError(f"{filename}, line {line}: a byte does not fit the encoding {encoding}") from error
    except (LookupError, UnicodeError) as error:  # a codec that is for other things than text: rot13, undefined
        raise MaskingError(f"{filename}: source code cannot be read with the encoding {encoding}") from error
    try:
        same = text.encode(encoding) == payload
    except UnicodeError:
        same = False
    if not same:
        raise MaskingError(f"{filename}: decoding and encoding as {encoding} does not give the same bytes back")
    return SourceText(bom, text, encoding)


_DEEPEST = 400  # libcst's own writer needs some 3 Python frames a level, of 1,000
_DEEPEST_BRACKETS = 200  # what CPython itself allows


def refuse_deep_nesting(text: str, filename: str) -> None:
    """Refuse code nested so deeply that libcst would overflow the stack, which ends the whole process.

    Agents write some of the code that is read here, and a thousand nested calls must not end the platform.

    Raises:
        MaskingError: The code is nested too deeply.
    """
    try:
        with quiet():
            tree = ast.parse(text)
        too_deep = _depth(tree) > _DEEPEST
    except (RecursionError, MemoryError):
        too_deep = True
    except (SyntaxError, ValueError):  # perhaps for another Python than this one; libcst has its own say
        too_deep = _bracket_depth(text) > _DEEPEST_BRACKETS
    if too_deep:
        raise MaskingError(f"{filename}: the code is nested too deeply to be read")


def _depth(tree: ast.AST) -> int:
    level, depth = [tree], 0
    while level and depth <= _DEEPEST:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def _bracket_depth(text: str) -> int:
    depth = deepest = 0
    for bracket in re.findall(r"[()\[\]{}]", text):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest
