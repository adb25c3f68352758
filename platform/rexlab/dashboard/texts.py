"""Text from outside made fit to be shown: no control characters, no endless lines, nothing that markdown would read."""

import re
from string import punctuation

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC and others: titles, links
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\^-~]"  # character sets, modes
)
_KEPT = "\n\t\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
_OVERHEAD = 4
"""A line is cleaned up to so many times its limit, and a bit, for escape sequences that go do not count."""

_SPLIT = ":small[]"
"""Streamlit's directive for small text, with no text: it shows nothing, and keeps what stands around it apart."""
_JOINED = re.compile(r"(?<=:)(?=[\w+/-])|(?=@)|(?<=www)(?=\.)|(?<=[<>~-])(?=[>=-])", re.IGNORECASE)
_ESCAPED = {ord(character): f"\\{character}" for character in punctuation}


def readable(data: str | bytes, *, max_line: int = 2_000, max_chars: int = 200_000) -> str:
    """The text without escape sequences, every other control or bidirectional character replaced.

    Lines of more than ``max_line`` characters and texts of more than ``max_chars`` are cut; a note says by how much.
    Bytes are taken for UTF-8, and what is none is replaced.
    """
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines: list[str] = []
    room, start = max_chars, 0
    while True:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line, used = _line(text, start, end, min(max_line, room))
        lines.append(line)
        room -= used + 1
        if end == len(text):
            return "\n".join(lines)
        start = end + 1
        if room <= 0:
            lines.append(_more(len(text) - start))
            return "\n".join(lines)


def one_line(text: str | bytes, max_chars: int = 200) -> str:
    """The text's beginning on one line, runs of white space as one space; with an ellipsis where it is cut."""
    start = text[: _OVERHEAD * max_chars]
    line = " ".join(readable(start, max_line=len(start), max_chars=len(start) + 1).split())
    if len(line) <= max_chars and len(start) == len(text):
        return line
    return f"{line[: max_chars - 1].rstrip()}…"


def escaped(text: str | bytes, max_chars: int = 300) -> str:
    """One line of markdown that shows the text as it is: for labels, which Streamlit always reads as markdown.

    Backslashes are not enough: Streamlit looks for addresses, icons and arrows in the text that markdown leaves, where
    backslashes have gone. What would make one is kept apart.
    """
    return _SPLIT.join(part.translate(_ESCAPED) for part in _JOINED.split(one_line(text, max_chars)))


def _line(text: str, start: int, end: int, limit: int) -> tuple[str, int]:
    """A line, cut, and how many of its characters are shown."""
    looked = min(end, start + _OVERHEAD * limit + 100)
    clean = _clean(text[start:looked])
    if looked == end and len(clean) <= limit:
        return clean, len(clean)
    rest = end - start - limit if looked < end else len(clean) - limit
    return f"{clean[:limit]}{_more(rest)}", min(limit, len(clean))


def _clean(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(map(_shown, _ESCAPE_SEQUENCE.sub("", text)))


def _shown(character: str) -> str:
    if character.isprintable() or character in _KEPT:
        return character
    return " " if character.isspace() and character > "\x1f" else REPLACEMENT


def _more(characters: int) -> str:
    return f"… ({characters:,} more characters)"
