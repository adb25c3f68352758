"""Anthropic's messages: a whole document, or its events.

Format: https://docs.claude.com/en/api/messages and https://docs.claude.com/en/docs/build-with-claude/streaming.
"""

from collections.abc import Iterator
from typing import Any

from rexlab.gateway.scripted.rendering.pieces import event, pieces, tokens_of
from rexlab.gateway.scripted.talk import Move


def render_document(body: dict[str, Any], move: Move, key: str) -> dict[str, Any]:
    """The whole answer. Broken arguments cannot be said in it: such a call has none."""
    blocks = [{"type": "text", "text": move.text}] if move.text else []
    calls = [
        {"type": "tool_use", "id": f"toolu_{key}_{i}", "name": c.name, "input": {} if c.broken else c.arguments}
        for i, c in enumerate(move.calls)
    ]
    tokens = tokens_of(body, move)
    usage = _usage(tokens.input, tokens.output)
    return {**_frame(body, key), "content": [*blocks, *calls], "stop_reason": _stop(move), "usage": usage}


def render_events(body: dict[str, Any], move: Move, key: str, size: int) -> Iterator[bytes]:
    """The answer as events, usage of the input in the first and of the output in the last but one."""
    tokens = tokens_of(body, move)
    start = {**_frame(body, key), "content": [], "stop_reason": None, "usage": _usage(tokens.input, 1)}
    yield _event("message_start", message=start)
    yield _event("ping")
    blocks: list[tuple[dict[str, Any], str, str, str]] = []
    if move.text:
        blocks.append(({"type": "text", "text": ""}, "text_delta", "text", move.text))
    for index, call in enumerate(move.calls):
        head = {"type": "tool_use", "id": f"toolu_{key}_{index}", "name": call.name, "input": {}}
        blocks.append((head, "input_json_delta", "partial_json", call.text))
    for index, (head, kind, field, text) in enumerate(blocks):
        yield _event("content_block_start", index=index, content_block=head)
        for piece in pieces(text, size):
            yield _event("content_block_delta", index=index, delta={"type": kind, field: piece})
        yield _event("content_block_stop", index=index)
    delta = {"stop_reason": _stop(move), "stop_sequence": None}
    yield _event("message_delta", delta=delta, usage={"output_tokens": tokens.output})
    yield _event("message_stop")


def _event(name: str, **fields: Any) -> bytes:
    return event({"type": name, **fields}, name)


def _frame(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {
        "id": f"msg_{key}",
        "type": "message",
        "role": "assistant",
        "model": str(body.get("model", "scripted")),
        "stop_sequence": None,
    }


def _stop(move: Move) -> str:
    return "tool_use" if move.calls else "end_turn"


def _usage(read: int, written: int) -> dict[str, int]:
    return {
        "input_tokens": read,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": written,
    }
