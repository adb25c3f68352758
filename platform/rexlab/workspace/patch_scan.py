"""Reading a patch's text before git does: is it a git diff, what paths does it name, how large does it unfold.

git alone decides what a patch means; this only refuses early what git would be slow, memory-hungry or vague about.
"""

import base64
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from rexlab.errors import PatchFormatError, PatchRejectedError
from rexlab.workspace.paths import path_problem, show, unquote
from rexlab.workspace.tree import Listing

_FILE = re.compile(rb"^diff --git ", re.MULTILINE)
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
# No line of a text hunk begins with a letter, so this finds every binary hunk, wherever it hides.
_BINARY = re.compile(rb"^(literal|delta)( [^\n]*)?$", re.MULTILINE)
_MOVES = (b"rename from ", b"rename to ", b"copy from ", b"copy to ")


@dataclass(frozen=True)
class Limits:
    """What a patch may need at most."""

    files: int
    unfolded: int
    """Bytes of its text, of its binary parts once inflated, and of the files it moves or copies."""


def scan_patch(data: bytes, listing: Listing, limits: Limits) -> int:
    """Refuse what is no git diff, names a path outside the workspace, or unfolds to too much.

    Returns:
        The bytes that it unfolds to, at most.

    Raises:
        PatchFormatError: it is no git diff.
        PatchRejectedError: it names a forbidden path or goes over a limit; the text says which.
    """
    count = sum(1 for _ in _FILE.finditer(data))
    if not count:
        raise PatchFormatError("this is not a git diff: no line begins with 'diff --git'")
    if count > limits.files:
        raise PatchRejectedError(f"the patch changes {count:,} files, the limit is {limits.files:,}")
    unfolded = len(data) + sum(_binary_sizes(data))
    for path, copied in _named_paths(data):
        if problem := path_problem(path):
            raise PatchRejectedError(f"the patch names {show(path)}, which {problem}")
        if copied and path in listing:
            unfolded += listing[path].size
    if unfolded > limits.unfolded:
        raise PatchRejectedError(f"the patch unfolds to {unfolded:,} bytes, the limit is {limits.unfolded:,}")
    return unfolded


def _binary_sizes(data: bytes) -> Iterator[int]:
    for found in _BINARY.finditer(data):
        if not re.fullmatch(rb" \d{1,18}", found[2] or b""):
            raise PatchRejectedError(f"the patch has a malformed binary part: {show(found[0])}")
        yield int(found[2])
        if found[1] == b"delta":
            yield _delta_result(data, found.end() + 1)


def _delta_result(data: bytes, at: int) -> int:
    """The size of the file that a delta says it makes: a few bytes of delta may copy gigabytes."""
    unzip, head = zlib.decompressobj(), b""
    try:
        while len(head) < 20 and (end := data.find(b"\n", at)) > at:
            line = data[at + 1 : end]
            head += unzip.decompress(base64.b85decode(line), 64)
            at = end + 1
        _, rest = _varint(head)
        return _varint(rest)[0]
    except (ValueError, zlib.error, IndexError) as error:
        raise PatchRejectedError("the patch has a malformed binary part: a delta that cannot be read") from error


def _varint(data: bytes) -> tuple[int, bytes]:
    value = 0
    for index in range(10):
        value |= (data[index] & 0x7F) << 7 * index
        if not data[index] & 0x80:
            return value, data[index + 1 :]
    raise ValueError("a number of more than ten bytes")


def _named_paths(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """The paths in header lines, without ``a/`` and ``b/``, and whether that file is copied or moved.

    Content lines that look like headers are skipped.
    """
    old = new = 0
    for raw in io.BytesIO(data):
        line = raw.rstrip(b"\n")
        if old > 0 or new > 0:
            old -= line[:1] in (b" ", b"-", b"")
            new -= line[:1] in (b" ", b"+", b"")
        elif line.startswith(b"@@ ") and (hunk := _HUNK.match(line)):
            old, new = int(hunk[1] or 1), int(hunk[2] or 1)
        elif line.startswith((b"--- ", b"+++ ")):
            name = _header_name(line[4:])
            if name != b"/dev/null":
                yield _strip(name), False
        elif line.startswith(_MOVES):
            yield _header_name(line.split(b" ", 2)[2]), b" from " in line[:12]
        elif line.startswith(b"diff --git "):
            name = _strip(_header_name(line[11:]))
            # Unquoted, two names with nothing sure between them: all that can be told is whether they are absolute.
            if line[11:12] == b'"' or name.startswith(b"/"):
                yield name.split(b" ")[0] if name.startswith(b"/") else name, False


def _header_name(text: bytes) -> bytes:
    if text.startswith(b'"'):
        end = re.compile(rb'(?<!\\)(?:\\\\)*"').search(text, 1)
        return unquote(text[: end.end()]) if end else text
    return text.split(b"\t")[0]


def _strip(name: bytes) -> bytes:
    """Without the ``a`` or ``b`` that git puts first; an absolute path stays one."""
    first, slash, rest = name.partition(b"/")
    return rest if first and slash else name
