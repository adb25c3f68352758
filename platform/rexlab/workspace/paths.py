"""Names of files in patches: which are dangerous, how git quotes them, how patterns match them. Pure functions."""

import os
import re
from functools import lru_cache

from rexlab.workspace.model import MAX_DEPTH

MAX_PATH = 4000
MAX_NAME = 255

# Code points that HFS+ ignores in names, so that ".g\u200cit" opens ".git" there.
_IGNORABLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-3][0-7]{2})')


def is_dot_git(name: bytes) -> bool:
    """Whether any file system takes this name for ``.git`` (case, trailing dots, ``git~1``, streams, ignorables).

    A superset of what git refuses with core.protectNTFS and core.protectHFS, so git never sees such a name first.
    """
    text = name.decode("utf-8", "replace").translate(_IGNORABLE)
    return any(part.split(":")[0].rstrip(". ").casefold() in (".git", "git~1") for part in text.split("\\"))


def path_problem(path: bytes) -> str | None:
    """Why a path may not stand in a patch, or None when it may."""
    if path.startswith(b"/"):
        return "is absolute"
    parts = path.split(b"/")
    if b".." in parts:
        return "leaves the workspace"
    if b"" in parts or b"." in parts or b"\0" in path:
        return "is not a plain relative path"
    if any(is_dot_git(part) for part in parts):
        return "reaches into git's own folder"
    if len(path) > MAX_PATH or max(map(len, parts)) > MAX_NAME:
        return "is too long"
    if len(parts) - 1 > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep"
    return None


def parents(path: bytes) -> list[bytes]:
    """Every folder above a path, outermost first."""
    return [path[:at] for at, byte in enumerate(path) if byte == 0x2F]


def show(path: bytes | str) -> str:
    """A path for a message: as it is when it is plain, else quoted with its odd bytes escaped, and never long."""
    text = os.fsdecode(path)
    if not text.isprintable():
        text = ascii(text)
    return text if len(text) <= 200 else f"{text[:150]}…{text[-40:]}"


def quote(path: bytes) -> bytes:
    """A path in git's C-style quotes."""
    plain = b"".join(b"\\%03o" % byte if byte < 32 or byte > 126 or byte in b'"\\' else bytes([byte]) for byte in path)
    return b'"' + plain + b'"'


def unquote(text: bytes) -> bytes:
    """The path behind git's C-style quotes, or the text itself when it is not quoted."""
    if not text.startswith(b'"'):
        return text
    body = text[1 : text.rindex(b'"')]
    return _ESCAPE.sub(lambda m: bytes([_ESCAPES.get(m[1]) or int(m[1], 8)]), body)


class Patterns:
    """gitignore-style patterns over byte paths."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        from pathspec import GitIgnoreSpec  # slow to import, and most commands match nothing

        self._spec = GitIgnoreSpec.from_lines(lines) if lines else None

    def match(self, path: bytes, *, folder: bool = False) -> bool:
        """Whether the file (or the folder itself) is matched; a file below a matched folder is."""
        if self._spec is None:
            return False
        # The pattern library's "." stops at line ends: a file named with one would slip through "folder/**".
        text = os.fsdecode(path).replace("\n", "_").replace("\r", "_")
        return self._spec.match_file(text + "/" if folder else text)


@lru_cache(maxsize=256)
def patterns(lines: tuple[str, ...]) -> Patterns:
    """Compiled patterns; compiling costs more than matching a small tree."""
    return Patterns(lines)
