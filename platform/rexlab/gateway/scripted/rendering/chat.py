"""OpenAI's chat completions: a whole document, or its chunks.

Format: https://platform.openai.com/docs/api-reference/chat (objects ``chat.completion`` and ``chat.completion.chunk``).
"""

from collections.abc import Iterator
from typing import Any

from rexlab.gateway.scripted.rendering.pieces import Tokens, event, pieces, tokens_of
from rexlab.gateway.scripted.talk import Move, ToolUse

CREATED = 1_700_000_000
"""A fixed time, so that one request always has one answer."""


def render_document(body: dict[str, Any], move: Move, key: str) -> dict[str, Any]:
    """The whole answer. ``key`` makes its ids: the same for the same request."""
    message: dict[str, Any] = {"role": "assistant", "content": move.text or None}
    if move.calls:
        message["tool_calls"] = [_call(call, key, i) for i, call in enumerate(move.calls)]
    choice = {"index": 0, "message": message, "finish_reason": _finish(move), "logprobs": None}
    return {**_frame(body, key, "chat.completion"), "choices": [choice], "usage": _usage(tokens_of(body, move))}


def render_events(body: dict[str, Any], move: Move, key: str, size: int) -> Iterator[bytes]:
    """The answer in chunks; usage comes last, in a chunk of its own where the request asks for one."""
    frame = _frame(body, key, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        return event({**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})

    yield chunk({"role": "assistant", "content": ""})
    for piece in pieces(move.text, size):
        yield chunk({"content": piece})
    for index, call in enumerate(move.calls):
        whole = _call(call, key, index)
        head = {**whole, "index": index, "function": {"name": call.name, "arguments": ""}}
        yield chunk({"tool_calls": [head]})
        for piece in pieces(call.text, size):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    usage = _usage(tokens_of(body, move))
    if (body.get("stream_options") or {}).get("include_usage"):
        yield chunk({}, _finish(move))
        yield event({**frame, "choices": [], "usage": usage})
    else:
        yield chunk({}, _finish(move), usage=usage)
    yield b"data: [DONE]\n\n"


def _frame(body: dict[str, Any], key: str, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{key}", "object": kind, "created": CREATED, "model": str(body.get("model", "scripted"))}


def _call(call: ToolUse, key: str, index: int) -> dict[str, Any]:
    return {
        "id": f"call_{key}_{index}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.text},
    }


def _finish(move: Move) -> str:
    return "tool_calls" if move.calls else "stop"


def _usage(tokens: Tokens) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
