"""The text of a masked body: the description as a docstring, then the raise."""

import inspect
import re
import textwrap
import unicodedata

from rexlab.task.functions import MASK_PREFIX, Function
from rexlab.task.source_text import NEWLINE

LINE_LENGTH = 100
_NARROWEST = 40  # however deep the nesting, so that a description never becomes a column of single words


def stub(function: Function, description: str, encoding: str) -> tuple[bytes, str | None]:
    """The bytes that replace a function's body, and the docstring Python will read in them (None without one).

    The bytes begin where the body begins and end with a line break. An empty description gives no docstring.
    """
    indent = function.indent + "    " if function.inline else function.body_indent
    literal, docstring = _docstring(description, indent, encoding)
    message = _escape(f"{MASK_PREFIX}{function.name}", encoding)
    lines = [*literal, f'raise NotImplementedError("{message}")']
    text = "".join((indent + line if line else "") + function.newline for line in lines)
    # An inline body begins right after the colon: its block needs the line break that the def's line never had.
    return ((function.newline if function.inline else "") + text).encode(encoding), docstring


def _docstring(description: str, indent: str, encoding: str) -> tuple[list[str], str | None]:
    """The lines of the docstring's literal, not indented, and the value they have once Python has cleaned it."""
    width = max(_NARROWEST, LINE_LENGTH - len(indent.expandtabs(4)))
    given = textwrap.dedent("\n".join(NEWLINE.split(description))).strip().split("\n")
    lines = [part for line in given for part in _wrap(_escape(line.expandtabs(4), encoding), width)]
    if not any(lines):
        return [], None
    if _OPEN_QUOTE.search(lines[-1]):
        lines[-1] = lines[-1][:-1] + '\\"'
    if len(lines) == 1 and len(lines[0]) + 6 <= width:
        literal = [f'"""{lines[0]}"""']
    elif len(lines) > 1 and len(lines[0]) + 3 <= width:
        literal = [f'"""{lines[0]}', *lines[1:], '"""']
    else:
        literal = ['"""', *lines, '"""']
    return literal, inspect.cleandoc(_value(f"\n{indent}".join(literal)[3:-3]))


def _wrap(line: str, width: int) -> list[str]:
    """One line of the description, folded at blanks; what follows keeps its indentation (lists, formulas)."""
    line = line.rstrip()
    if len(line) <= width:
        return [line]
    margin = line[: len(line) - len(line.lstrip(" "))]
    return textwrap.wrap(
        line, width, subsequent_indent=margin, break_long_words=False, break_on_hyphens=False, expand_tabs=False
    )


def _escape(text: str, encoding: str) -> str:
    """Escape what would end or change a triple-quoted literal, or what the file's encoding cannot hold."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return "".join(c if _plain(c, encoding) else _numbered(c) for c in text)


def _plain(char: str, encoding: str) -> bool:
    if char == "\t" or " " <= char <= "~":
        return True
    if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs"):
        return False
    try:
        return char.encode(encoding).decode(encoding) == char
    except UnicodeError:
        return False


def _numbered(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


_OPEN_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"\Z')
_ESCAPE = re.compile(r"\\(?:(?P<plain>[\\\"])|x(?P<x>..)|u(?P<u>.{4})|U(?P<U>.{8}))")


def _value(escaped: str) -> str:
    """What the escaped text means."""
    return _ESCAPE.sub(lambda m: m["plain"] or chr(int(m["x"] or m["u"] or m["U"], 16)), escaped)
