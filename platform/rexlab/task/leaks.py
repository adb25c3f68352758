"""Look for the bodies that masking removed: copies, near-copies and compiled forms anywhere in a masked tree."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from rexlab.task.leak_texts import Blob, Kind, blobs, text_of
from rexlab.task.tokens import GRAM, Tokens, find_dense, grams, index, tokens_of

SMALLEST = 24
"""Tokens a body must have to be looked for; what is shorter, two or three plain statements, is no one's secret."""
COPY = 0.9
NEAR_COPY = 0.6
NEAR_COPY_RENAMED = 0.8
"""More is asked of a match that ignores names: code that does other things can have the same shape."""
_DISTINCT_RENAMED = 30
"""Runs of tokens that a body must have when names are ignored: short bodies look alike."""
_SPREAD = 1.5  # statements put between those of a copy may make it this much longer


class RemovedBody(NamedTuple):
    """What masking took out of a file."""

    path: str
    qualname: str
    body: bytes | str


@dataclass(frozen=True)
class Leak:
    """A place in the tree that gives a removed body away."""

    function: str
    """``path:qualname`` of the removed body."""
    file: str
    """Relative to the tree; a member of an archive, or a version in git, follows after ``!``."""
    line: int
    similarity: float
    """Which share of the body's runs of tokens stand there, 0 to 1."""
    kind: Kind


class Leaks(list[Leak]):
    """The leaks found; empty when the tree is clean as far as it was searched."""

    def __init__(self, found: Sequence[Leak] = (), notes: Sequence[str] = ()) -> None:
        super().__init__(found)
        self.notes = list(notes)
        """What was not searched, in words: files that are too large or cannot be read, bodies that are too short."""


def scan_leaks(code: Path, removed: Sequence[RemovedBody | tuple[str, str, bytes | str]]) -> Leaks:
    """Search a masked tree for the bodies that were removed from it.

    A body is found again when it was reformatted, commented, or its variables renamed. Files, notebooks, JSON, HTML,
    patches, archives and git repositories are searched; compiled modules count by their name and the names in them.

    Args:
        code: The masked tree.
        removed: Path, qualname and body of every masked function, as ``body_of`` gives it.

    Returns:
        At most one leak per function and file, the most similar ones first.
    """
    searched = [_Body.of(RemovedBody(*item)) for item in removed]
    notes = [
        f"{b.function}: {len(b.tokens.exact)} tokens; too short to be looked for" for b in searched if not b.sought
    ]
    finder = _Finder(searched)
    found: list[Leak] = []
    for blob in blobs(code, notes):
        if blob.compiled:
            found += [leak for body in searched if (leak := _compiled(blob, body))]
        elif (text := text_of(blob)) is not None:
            found += finder.leaks(blob, text)
    found.sort(key=lambda leak: (-leak.similarity, leak.function, leak.file, leak.line))
    return Leaks(found, notes)


@dataclass(frozen=True)
class _Body:
    function: str
    path: PurePosixPath
    name: str
    tokens: Tokens
    exact: frozenset[tuple[str, ...]]
    renamed: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, removed: RemovedBody) -> "_Body":
        body = removed.body if isinstance(removed.body, str) else removed.body.decode("utf-8", "replace")
        tokens = tokens_of(_DOCSTRING.sub("", body.replace("\r\n", "\n").replace("\r", "\n")))
        sought = len(tokens.exact) >= SMALLEST
        renamed = frozenset(grams(tokens.renamed)) if sought else frozenset()
        return cls(
            f"{removed.path}:{removed.qualname}",
            PurePosixPath(removed.path),
            removed.qualname.partition("#")[0].rpartition(".")[2],
            tokens,
            frozenset(grams(tokens.exact)) if sought else frozenset(),
            renamed if len(renamed) >= _DISTINCT_RENAMED else frozenset(),
        )

    @property
    def sought(self) -> bool:
        return bool(self.exact)


_QUOTED = r"""\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"[^"\n]*"|'[^'\n]*'"""
_DOCSTRING = re.compile(rf"\A(?:\s|#[^\n]*\n)*[rRuU]?(?:{_QUOTED})[ \t;]*(?=\n|#|\Z)", re.DOTALL)
"""A docstring is no secret: the task's own description often repeats it."""


class _Finder:
    """Looks for all bodies in one pass over a text."""

    def __init__(self, bodies: Sequence[_Body]) -> None:
        self._bodies = bodies
        self._exact = index({i: set(b.exact) for i, b in enumerate(bodies)})
        self._renamed = index({i: set(b.renamed) for i, b in enumerate(bodies)})

    def leaks(self, blob: Blob, text: str) -> list[Leak]:
        tokens = tokens_of(text)
        best: dict[int, Leak] = {}
        # Names first: a match that ignores them says less, and only fills in what they did not find.
        for sequence, known, least in (
            (tokens.exact, self._exact, NEAR_COPY),
            (tokens.renamed, self._renamed, NEAR_COPY_RENAMED),
        ):
            exact = known is self._exact
            for number, places in _hits(sequence, known).items():
                body = self._bodies[number]
                wanted = len(body.exact if exact else body.renamed)
                if number in best or len(places) < least * wanted:
                    continue
                window = int(_SPREAD * len(body.tokens.exact)) - GRAM
                match = find_dense(places, wanted, window, tokens.lines)
                if match.similarity >= least:
                    kind: Kind = "copy" if exact and match.similarity >= COPY else "near_copy"
                    kind = blob.kind or kind
                    best[number] = Leak(body.function, blob.name, match.line, round(match.similarity, 3), kind)
        return list(best.values())


Gram = tuple[str, ...]


def _hits(sequence: tuple[str, ...], known: dict[Gram, list[int]]) -> dict[int, list[tuple[int, Gram]]]:
    """For every body, where runs of its tokens stand in a text."""
    hits: dict[int, list[tuple[int, Gram]]] = {}
    for position, gram in enumerate(grams(sequence)):
        for number in known.get(gram, ()):
            hits.setdefault(number, []).append((position, gram))
    return hits


def _compiled(blob: Blob, body: _Body) -> Leak | None:
    """A compiled form of the masked module, known by its file's name, or by the module's and function's names in it."""
    stems = {body.path.stem, body.path.parent.name} if body.path.stem == "__init__" else {body.path.stem}
    named = blob.path.name.partition(".")[0] in stems or body.path.name.encode() in blob.data
    if named and body.name.encode() in blob.data:
        return Leak(body.function, blob.name, 1, 1.0, "compiled")
    return None
