"""Code as a sequence of tokens that survives reformatting, out of any text, and what two such sequences share."""

import keyword
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

GRAM = 8
"""Tokens that must match in a row to count as shared: about one short statement."""

_TOKEN = re.compile(
    r"""(?P<space>[^\S\n]+|\#[^\n]*)"""
    r"""|(?P<line>\n)"""
    r"""|(?P<quotes>'''|\"\"\")"""
    r"""|(?P<string>[rRbBuUfF]{0,2}(?:'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))"""
    r"""|(?P<name>[^\W\d]\w*)"""
    r"""|(?P<number>\d[\w.]*)"""
    r"""|(?P<operator>\*\*=?|//=?|->|:=|[<>=!+\-*/%@&|^]=|<<=?|>>=?|.)""",
    re.DOTALL,
)
_PREFIX = re.compile(r"^[rRbBuUfF]{0,2}[\"']")


@dataclass(frozen=True)
class Tokens:
    """A text's tokens, without white space, comments, and what formatters add or take away."""

    exact: tuple[str, ...]
    """With the names as they are."""
    renamed: tuple[str, ...]
    """With every name that could be renamed freely as ``$``: all but keywords and what follows a dot."""
    lines: tuple[int, ...]
    """The line of each token, from 1."""


def tokens_of(text: str) -> Tokens:
    """Cut any text into tokens as if it were Python; what is not code gives tokens too, that match nothing."""
    exact: list[str] = []
    renamed: list[str] = []
    lines: list[int] = []
    breaks = [m.start() for m in re.finditer("\n", text)]
    for match in _TOKEN.finditer(text):
        kind, part = match.lastgroup, match.group()
        # What stands between triple quotes is read as code: in a text, nobody knows which of them open and which close.
        if kind in ("space", "line", "quotes") or part in ("\\", ";"):
            continue
        if part in ")]}" and exact and exact[-1] == ",":  # a trailing comma
            exact.pop(), renamed.pop(), lines.pop()
        if kind == "string":
            part = _PREFIX.sub("'", part).rstrip("\"'") + "'"
        free = kind == "name" and not keyword.iskeyword(part) and not (exact and exact[-1] == ".")
        exact.append(part)
        renamed.append("$" if free else part)
        lines.append(bisect_right(breaks, match.start()) + 1)
    return Tokens(tuple(exact), tuple(renamed), tuple(lines))


def grams(tokens: tuple[str, ...], size: int = GRAM) -> Iterator[tuple[str, ...]]:
    """Every run of ``size`` tokens."""
    return zip(*(tokens[i:] for i in range(size)), strict=False)


@dataclass(frozen=True)
class Match:
    """Where a sequence of tokens is found again, and how much of it."""

    similarity: float
    """The share of the sought runs of tokens that stand within one window, 0 to 1."""
    line: int


def find_dense(hits: list[tuple[int, tuple[str, ...]]], wanted: int, window: int, lines: tuple[int, ...]) -> Match:
    """The window with the most different hits.

    Args:
        hits: Position and content of the runs found in a text, in order; at least one.
        wanted: How many different runs were sought.
        window: The window's length in tokens.
        lines: The line of every token of the text.
    """
    inside: dict[tuple[str, ...], int] = {}
    first = best = best_at = 0
    for position, gram in hits:
        inside[gram] = inside.get(gram, 0) + 1
        while hits[first][0] < position - window:
            old = hits[first][1]
            inside[old] -= 1
            if not inside[old]:
                del inside[old]
            first += 1
        if len(inside) > best:
            best, best_at = len(inside), hits[first][0]
    return Match(best / wanted, lines[best_at])


def index(bodies: Mapping[int, set[tuple[str, ...]]]) -> dict[tuple[str, ...], list[int]]:
    """For every run of tokens, the bodies that have it."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, runs in bodies.items():
        for gram in runs:
            found.setdefault(gram, []).append(number)
    return found
