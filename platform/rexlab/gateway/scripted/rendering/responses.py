"""OpenAI's responses: a whole document, or its events.

Format: https://platform.openai.com/docs/api-reference/responses and .../responses-streaming.
"""

from collections.abc import Iterator
from typing import Any

from rexlab.gateway.scripted.rendering.chat import CREATED
from rexlab.gateway.scripted.rendering.pieces import event, pieces, tokens_of
from rexlab.gateway.scripted.talk import Move


def render_document(body: dict[str, Any], move: Move, key: str) -> dict[str, Any]:
    """The whole answer."""
    return _response(body, move, key, "completed", _items(move, key))


def render_events(body: dict[str, Any], move: Move, key: str, size: int) -> Iterator[bytes]:
    """The answer as events, numbered; the last one holds it whole, with usage."""
    for number, (name, fields) in enumerate(_steps(body, move, key, size)):
        yield event({"type": name, "sequence_number": number, **fields}, name)


def _steps(body: dict[str, Any], move: Move, key: str, size: int) -> Iterator[tuple[str, dict[str, Any]]]:
    begun = _response(body, move, key, "in_progress", [])
    yield "response.created", {"response": begun}
    yield "response.in_progress", {"response": begun}
    items = _items(move, key)
    for index, item in enumerate(items):
        where: dict[str, Any] = {"output_index": index}
        empty: dict[str, Any] = {"content": []} if item["type"] == "message" else {"arguments": ""}
        yield "response.output_item.added", {**where, "item": {**item, **empty, "status": "in_progress"}}
        where["item_id"] = item["id"]
        if item["type"] == "message":
            part = item["content"][0]
            spot = {**where, "content_index": 0}
            yield "response.content_part.added", {**spot, "part": {**part, "text": ""}}
            for piece in pieces(part["text"], size):
                yield "response.output_text.delta", {**spot, "delta": piece, "logprobs": []}
            yield "response.output_text.done", {**spot, "text": part["text"], "logprobs": []}
            yield "response.content_part.done", {**spot, "part": part}
        else:
            for piece in pieces(item["arguments"], size):
                yield "response.function_call_arguments.delta", {**where, "delta": piece}
            done = {"name": item["name"], "arguments": item["arguments"]}
            yield "response.function_call_arguments.done", {**where, **done}
        yield "response.output_item.done", {"output_index": index, "item": item}
    yield "response.completed", {"response": _response(body, move, key, "completed", items)}


def _items(move: Move, key: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if move.text or not move.calls:
        part = {"type": "output_text", "text": move.text, "annotations": [], "logprobs": []}
        head = {"id": f"msg_{key}", "type": "message", "role": "assistant", "status": "completed"}
        items.append({**head, "content": [part]})
    for index, call in enumerate(move.calls):
        head = {"id": f"fc_{key}_{index}", "type": "function_call", "status": "completed"}
        items.append({**head, "call_id": f"call_{key}_{index}", "name": call.name, "arguments": call.text})
    return items


def _response(body: dict[str, Any], move: Move, key: str, status: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    tokens = tokens_of(body, move)
    usage = {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens.input + tokens.output,
    }
    return {
        "id": f"resp_{key}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": {},
        "model": str(body.get("model", "scripted")),
        "output": items,
        "parallel_tool_calls": True,
        "temperature": None,
        "top_p": None,
        "tool_choice": "auto",
        "tools": body.get("tools") or [],
        "usage": usage if status == "completed" else None,
    }
