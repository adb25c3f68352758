"""Move the text of a body or a helper from one module into another, at another indentation."""

import io
import re
import tokenize

from rexlab.task.functions import Function
from rexlab.task.source_text import NEWLINE


def fit_body(body: str, source: Function, target: Function) -> str:
    """A body of one def as the body of another one: its text as it is, but for the indentation where that differs.

    Args:
        body: The text from ``source.body_start`` to ``source.body_end``.
        source: The def it stands in.
        target: The def it is for.
    """
    if source.inline:
        if target.inline:
            return body
        return f"{target.body_indent}{body.strip()}{target.newline}"
    if not target.inline:
        return reindent(body, source.body_indent, target.body_indent)
    return target.newline + reindent(body, source.body_indent, target.indent + "    ")


def reindent(text: str, old: str, new: str) -> str:
    """Give lines that begin with one indentation another; the inside of strings over several lines stays."""
    if old == new:
        return text
    lines = split_lines(text)
    kept = _inside_strings(text)
    return "".join(
        new + line[len(old) :] if number not in kept and line.startswith(old) and line.strip() else line
        for number, line in enumerate(lines, start=1)
    )


def split_lines(text: str) -> list[str]:
    """The lines, as Python counts them, with their line breaks."""
    ends = [match.end() for match in NEWLINE.finditer(text)]
    starts = [0, *ends]
    return [text[a:b] for a, b in zip(starts, [*ends, len(text)], strict=True) if a < b]


def apply_edits(text: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """Replace stretches that do not overlap; several insertions at one place keep their order."""
    pieces: list[bytes] = []
    at = 0
    # A replacement that ends where an insertion stands begins before it, so the order of starts is the right one.
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [text[at:start], new]
        at = end
    return b"".join([*pieces, text[at:]])


def same_tokens(one: str, other: str) -> bool:
    """Whether two pieces of code differ in white space, comments and trailing commas only."""
    return _squeeze(one) == _squeeze(other)


def _squeeze(code: str) -> str:
    text = re.sub(r"('[^'\n]*'|\"[^\"\n]*\")|#[^\r\n]*|\\\r?\n|\s+", lambda m: m[1] or " ", code)
    return re.sub(r",([)\]}])", r"\1", re.sub(r" *([^\w ]) *", r"\1", text)).strip()


def _inside_strings(text: str) -> set[int]:
    """The numbers of the lines that begin inside a string."""
    inside: set[int] = set()
    starts: list[int] = []
    first = getattr(tokenize, "FSTRING_START", None)
    last = getattr(tokenize, "FSTRING_END", None)
    wrapped = "if 1:\n" + text  # so that the block's indentation belongs to something
    try:
        for token in tokenize.generate_tokens(io.StringIO(wrapped, newline="").readline):
            if token.type == tokenize.STRING:
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
            elif token.type == first:
                starts.append(token.start[0])
            elif token.type == last:
                inside.update(range(starts.pop() + 1, token.end[0] + 1))
    except (tokenize.TokenError, IndentationError):
        pass  # the result is parsed again: a body that cannot be moved is found out there
    return {number - 1 for number in inside}
