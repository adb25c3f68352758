"""A stand-in for OpenAI and Anthropic: a real server on a real port that speaks both formats and fails on request.

What the model is to say or do stands in the last message, so that each request decides for itself:
``say WORDS``, ``fail STATUS [TIMES]``, ``retry-after SECONDS STATUS [TIMES]``, ``cut AFTER [TIMES]``, ``mute`` (an
answer without usage), ``echo-key STATUS`` (an error that repeats the key), ``hang`` (a stream that never ends),
``truncate`` (a stream that ends politely in the middle), ``error-event`` (an error as the first event, once).
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

USAGE = {
    "chat": {"prompt_tokens": 100, "completion_tokens": 20, "prompt_tokens_details": {"cached_tokens": 40}},
    "responses": {"input_tokens": 100, "output_tokens": 20, "input_tokens_details": {"cached_tokens": 40}},
    "messages": {"input_tokens": 60, "output_tokens": 20, "cache_read_input_tokens": 40},
}


@dataclass
class Provider:
    """What came in, and where it listens."""

    base: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    dropped: threading.Event = field(default_factory=threading.Event)
    """A client left a stream that hangs."""

    @property
    def environment(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": f"{self.base}/v1", "ANTHROPIC_BASE_URL": self.base}


@contextmanager
def run_provider():
    """The server, in a thread."""
    provider = Provider()
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", _endpoint(provider, "chat"), methods=["POST"]),
            Route("/v1/responses", _endpoint(provider, "responses"), methods=["POST"]),
            Route("/v1/messages", _endpoint(provider, "messages"), methods=["POST"]),
            Route("/v1/messages/count_tokens", _count, methods=["POST"]),
            Route("/v1/embeddings", _embed(provider), methods=["POST"]),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    started = threading.Event()

    async def serve() -> None:
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup()
        provider.base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        started.set()
        await server.main_loop()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await server.shutdown()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(20)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(20)


def _endpoint(provider: Provider, protocol: str):
    async def answer(request: Request) -> Response:
        body = await request.json()
        provider.requests.append(body)
        provider.headers.append(dict(request.headers))
        wish = _wish(protocol, body)
        provider.tries[wish] += 1
        if failure := _failure(wish, provider.tries[wish], request.headers):
            status, message, headers = failure
            return JSONResponse(_error(protocol, status, message), status, headers)
        words = wish.removeprefix("say ").split(" ") if wish.startswith("say ") else ["All", "is", "well."]
        usage = None if wish == "mute" else USAGE[protocol]
        if not body.get("stream"):
            return JSONResponse(
                _document(protocol, body["model"], " ".join(words), usage), headers={"x-request-id": "r1"}
            )
        asked = protocol != "chat" or (body.get("stream_options") or {}).get("include_usage")
        events = _events(protocol, body["model"], words, usage if asked else None)
        return StreamingResponse(_play(provider, wish, protocol, events), media_type="text/event-stream")

    return answer


async def _play(provider: Provider, wish: str, protocol: str, events: list[bytes]) -> AsyncIterator[bytes]:
    kind, *numbers = wish.split(" ")
    attempt = provider.tries[wish]
    if kind == "error-event" and attempt == 1:
        error = {"type": "error", "code": "server_error", "message": "overloaded", "param": None}
        yield b"event: error\n" + _data(error if protocol == "responses" else _error(protocol, 529, "overloaded"))
        return
    for count, event in enumerate(events):
        if kind == "cut" and count == int(numbers[0]) and attempt <= int(([*numbers, "1"])[1]):
            raise ConnectionAbortedError("cut on purpose")
        if kind == "truncate" and count == 2:
            return
        if kind == "hang" and count == 2:
            try:
                await asyncio.Event().wait()
            finally:
                provider.dropped.set()
        yield event
        await asyncio.sleep(0)


def _wish(protocol: str, body: dict[str, Any]) -> str:
    messages = body.get("messages") or body.get("input")
    if isinstance(messages, str):
        return messages
    content = messages[-1]["content"]
    return content if isinstance(content, str) else content[-1]["text"]


def _failure(wish: str, attempt: int, headers) -> tuple[int, str, dict[str, str]] | None:
    kind, *rest = wish.split(" ")
    if kind == "fail" and attempt <= int(([*rest, "1000000"])[1]):
        return int(rest[0]), "failed as asked", {}
    if kind == "retry-after" and attempt <= int(([*rest, "1", "1"])[2]):
        return int(rest[1]), "later", {"retry-after": rest[0]}
    if kind == "echo-key":
        key = headers.get("x-api-key") or headers.get("authorization")
        return int(rest[0]), f"what is wrong with {key} or {str(key).removeprefix('Bearer ')}?", {"x-account": str(key)}
    return None


def _error(protocol: str, status: int, message: str) -> dict[str, Any]:
    if protocol == "messages":
        kind = {429: "rate_limit_error", 529: "overloaded_error", 400: "invalid_request_error"}.get(status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": message}}
    return {"error": {"message": message, "type": "some_error", "code": None, "param": None}}


def _document(protocol: str, model: str, text: str, usage: Any) -> dict[str, Any]:
    if protocol == "chat":
        message = {"role": "assistant", "content": text}
        document = {
            "id": "c1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }  # fmt: skip
    elif protocol == "messages":
        document = {
            "id": "m1", "type": "message", "role": "assistant", "model": model, "stop_reason": "end_turn",
            "stop_sequence": None, "content": [{"type": "text", "text": text}],
        }  # fmt: skip
    else:
        part = {"type": "output_text", "text": text, "annotations": []}
        document = {
            "id": "r1", "object": "response", "created_at": 1, "status": "completed", "model": model,
            "output": [{"type": "message", "id": "o1", "role": "assistant", "status": "completed", "content": [part]}],
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        }  # fmt: skip
    return document if usage is None else {**document, "usage": {**usage, "total_tokens": 120}}


def _events(protocol: str, model: str, words: list[str], usage: Any) -> list[bytes]:
    pieces = [word if i == 0 else f" {word}" for i, word in enumerate(words)]
    if protocol == "chat":
        base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": model}
        deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
        chunks = [{**base, "choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
        chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if usage:
            chunks.append({**base, "choices": [], "usage": {**usage, "total_tokens": 120}})
        return [*(_data(chunk) for chunk in chunks), b"data: [DONE]\n\n"]
    if protocol == "messages":
        start = {**_document("messages", model, "", None), "content": [], "stop_reason": None}
        start["usage"] = {k: v for k, v in (usage or {}).items() if k != "output_tokens"} | {"output_tokens": 1}
        block = {"type": "text", "text": ""}
        events: list[dict[str, Any]] = [
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": block},
            *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": p}} for p in pieces),
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": usage["output_tokens"]} if usage else {},
            },
            {"type": "message_stop"},
        ]
        return [f"event: {e['type']}\n".encode() + _data(e) for e in events]
    final = _document("responses", model, "".join(pieces), usage)
    item = {"item_id": "o1", "output_index": 0, "content_index": 0}
    events = [
        {
            "type": "response.created",
            "sequence_number": 0,
            "response": {**final, "status": "in_progress", "output": []},
        },
        *(
            {"type": "response.output_text.delta", "sequence_number": i + 1, "delta": p, "logprobs": [], **item}
            for i, p in enumerate(pieces)
        ),
        {"type": "response.completed", "sequence_number": len(pieces) + 1, "response": final},
    ]
    return [f"event: {e['type']}\n".encode() + _data(e) for e in events]


def _data(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


async def _count(request: Request) -> Response:
    return JSONResponse({"input_tokens": 4711})


def _embed(provider: Provider):
    async def embed(request: Request) -> Response:
        body = await request.json()
        provider.requests.append(body)
        return JSONResponse(
            {
                "object": "list",
                "model": body["model"],
                "data": [{"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}],
                "usage": {"prompt_tokens": 7, "total_tokens": 7},
            }
        )

    return embed
