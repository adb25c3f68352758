"""Files and functions as texts that can be set side by side, within limits: an agent wrote them."""

import difflib
import textwrap
from functools import partial

from rexlab.errors import MaskingError
from rexlab.task.functions import Function, ModuleFunctions, scan

MAX_PARSED_BYTES = 100_000
"""Of a module: one of this size takes a second or two, ten where it is made to take long."""
MAX_COMPARED_BYTES = 1_000_000
"""Of a file that is compared line by line."""
MAX_DIFF_LINES = 2_000
"""Of a text that is compared with another; what is longer takes too long in the worst case."""


def decoded(data: bytes) -> tuple[str, str]:
    """A file as text, and what is wrong with it when it cannot be one; exactly one of the two says something."""
    if len(data) > MAX_COMPARED_BYTES:
        return "", f"it holds {len(data):,} bytes, more than are compared here"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return "", "it is not UTF-8 text"
    return ("", "it is not text") if "\0" in text else (text, "")


def parsed(source: bytes, path: str) -> tuple[ModuleFunctions | None, str]:
    """A module's functions, or what keeps it from being read; the code is parsed, never run."""
    if len(source) > MAX_PARSED_BYTES:
        return None, f"{path} holds {len(source):,} bytes, more than are parsed here"
    try:
        return scan(source, path), ""
    except MaskingError as error:
        return None, str(error)


def text_of(function: Function, source: bytes, encoding: str) -> str:
    """The whole function, decorators and signature too, moved to the left margin."""
    text = source[function.start : function.body_end].decode(encoding, "replace")
    return textwrap.dedent(text).rstrip()


def unified(before: str, after: str, before_name: str, after_name: str) -> tuple[str, str]:
    """A unified diff and an empty text, or an empty diff and why there is none; both empty where nothing differs."""
    old, new = before.splitlines(), after.splitlines()
    if old and new and max(len(old), len(new)) > MAX_DIFF_LINES:
        return "", f"it has {max(len(old), len(new)):,} lines, more than are compared here"
    compare = partial(difflib.unified_diff, fromfile=before_name, tofile=after_name, lineterm="")
    return "\n".join(compare(old, new)), ""
