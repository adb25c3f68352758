"""What all protocols share: usage by length, pieces of a text, and events on the wire."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rexlab.gateway.scripted.talk import Move

PIECES = 200
"""At most so many pieces per text, unless it is short."""


@dataclass(frozen=True)
class Tokens:
    """Usage, estimated: a token is four characters."""

    input: int
    output: int


def count_tokens(body: dict[str, Any]) -> int:
    """Tokens of a request, estimated from its messages and tools."""
    said = {key: body[key] for key in ("system", "messages", "instructions", "input", "tools") if key in body}
    return max(1, len(json.dumps(said, ensure_ascii=False)) // 4)


def tokens_of(body: dict[str, Any], move: Move) -> Tokens:
    """Usage of a request and its answer."""
    said = len(move.text) + sum(len(call.name) + len(call.text) for call in move.calls)
    return Tokens(count_tokens(body), max(1, said // 4))


def pieces(text: str, size: int = 0) -> Iterator[str]:
    """The text in pieces of ``size`` characters (0: few enough), none when it is empty."""
    size = size or max(80, len(text) // PIECES)
    for at in range(0, len(text), size):
        yield text[at : at + size]


def event(document: dict[str, Any], name: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(document, ensure_ascii=False)}\n\n".encode()
