"""What a trial's socket offers: OpenAI's and Anthropic's paths, with and without ``/v1``."""

import asyncio
import json
import logging
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.exchange import Exchange
from rexlab.gateway.failures import (
    BrokenStream,
    Failed,
    NoAnswerError,
    ProviderError,
    Refused,
    error_document,
    error_event,
    judge,
)
from rexlab.gateway.trial import Trial

MAX_BODY = 64 * 1024 * 1024
"""Bytes of one request."""
TRIAL = "rexlab.trial"
"""Key of the connection's trial in the scope."""
_FINAL = {"x-should-retry": "false"}
"""Tells OpenAI's and Anthropic's clients that the gateway has tried for them, or will refuse again."""
_LONG_AGO = "1970-01-01T00:00:00Z"
_log = logging.getLogger(__name__)


class Door:
    """The application of one trial's socket."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[TRIAL] = self.trial
        await _app(scope, receive, send)


class Calls:
    """Answers the model requests of one protocol."""

    def __init__(self, protocol: WireProtocol) -> None:
        self._protocol = protocol

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trial: Trial = scope[TRIAL]
        request = Request(scope, receive)
        try:
            authorize(trial, request)
            async with trial.slots:
                raw = await read_body(request)
                await _while_connected(trial, self._answer(trial, request, raw, send), receive)
        except Refused as refused:
            await _error(self._protocol, refused.status, refused.code, refused.message)(scope, receive, send)

    async def _answer(self, trial: Trial, request: Request, raw: bytes, send: Send) -> None:
        try:
            exchange = await trial.call(self._protocol, raw, dict(request.headers))
        except Refused as refused:
            response = _error(self._protocol, refused.status, refused.code, refused.message)
        except Failed as failed:
            failure = failed.failure
            document = failure.document or error_document(self._protocol, failure.status, failure.name, failure.message)
            response = _json(trial, document, failure.status, dict(_FINAL))
        else:
            if exchange.streams:
                await self._stream(exchange, send)
                return
            response = _json(trial, await exchange.document(), 200, exchange.reply.headers)
        await response(request.scope, request.receive, send)

    async def _stream(self, exchange: Exchange, send: Send) -> None:
        headers = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
        lines = [(k.encode(), v.encode()) for k, v in (headers | exchange.reply.headers).items()]
        await send({"type": "http.response.start", "status": 200, "headers": lines})
        events = exchange.stream()
        try:
            async for chunk in events:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except BrokenStream as broken:
            body = b"\n\n" + error_event(self._protocol, f"the stream broke: {broken}")
            await send({"type": "http.response.body", "body": body, "more_body": True})
            raise  # the server breaks the connection: no client can take this for a whole answer
        finally:
            await events.aclose()  # type: ignore[attr-defined]
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def count_tokens(request: Request) -> Response:
    """Anthropic's ``count_tokens``."""
    trial: Trial = request.scope[TRIAL]
    try:
        authorize(trial, request)
        async with trial.slots:
            return JSONResponse(await trial.count_tokens(await read_body(request), dict(request.headers)))
    except Refused as refused:
        return _error("messages", refused.status, refused.code, refused.message)
    except (NoAnswerError, ProviderError) as error:
        failure = trial.explain(judge(error))
        return _error("messages", failure.status, failure.name, failure.message)


async def models(request: Request) -> Response:
    """The one model there is."""
    trial: Trial = request.scope[TRIAL]
    anthropic = "anthropic-version" in request.headers
    try:
        authorize(trial, request)
    except Refused as refused:
        return _error("messages" if anthropic else "chat", refused.status, refused.code, refused.message)
    name = trial.model_name
    if anthropic:
        entry: dict[str, Any] = {
            "type": "model",
            "id": name,
            "display_name": name,
            "created_at": "1970-01-01T00:00:00Z",
        }
        listing = {"data": [entry], "has_more": False, "first_id": name, "last_id": name}
    else:
        entry = {"id": name, "object": "model", "created": 0, "owned_by": "rexlab"}
        listing = {"object": "list", "data": [entry]}
    return JSONResponse(entry if "name" in request.path_params else listing)


async def welcome(request: Request) -> Response:
    """Some clients look whether there is anything at all."""
    return JSONResponse({"service": "rexlab gateway"})


async def unknown(request: Request) -> Response:
    """Every other path."""
    message = f"the gateway has no {request.method} {request.url.path}"
    return _error("messages" if "anthropic-version" in request.headers else "chat", 404, "not_found", message)


def authorize(trial: Trial, request: Request) -> None:
    """Let the trial's own token pass.

    Raises:
        Refused: another one, a finished trial's, or none.
    """
    kind, _, bearer = request.headers.get("authorization", "").partition(" ")
    given = [request.headers.get("x-api-key", ""), bearer.strip() if kind.lower() == "bearer" else ""]
    if not any(given):
        raise Refused(401, "missing_token", "the trial's token is missing: send it as the API key")
    if not any(trial.knows(token) for token in given):
        raise Refused(401, "invalid_token", "this is not the token of a trial under way")


async def read_body(request: Request) -> bytes:
    """The request's body.

    Raises:
        Refused: it is too large.
    """
    too_large = Refused(413, "request_too_large", f"a request may have {MAX_BODY // 2**20} MB")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > MAX_BODY:
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise too_large
    except ClientDisconnect as error:
        raise Refused(400, "client_gone", "the client left before its request was whole") from error
    return bytes(body)


async def _while_connected(trial: Trial, work: Any, receive: Receive) -> None:
    """Do the work, and stop when the client leaves or the trial ends: nobody would read the rest, but pay for it."""
    working = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(receive))
    trial.tasks.add(working)
    working.add_done_callback(trial.tasks.discard)
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()  # nothing happens to one that is done
        gone.cancel()
        await asyncio.wait({working, gone})
    if not working.cancelled():
        working.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _json(trial: Trial, document: dict[str, Any], status: int, headers: dict[str, str]) -> Response:
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()
    return Response(trial.scrub(text), status, headers, media_type="application/json")


def _error(protocol: WireProtocol, status: int, code: str, message: str) -> Response:
    return JSONResponse(error_document(protocol, status, code, message), status, dict(_FINAL))


async def _crashed(request: Request, error: Exception) -> Response:
    """A mistake of ours: its text may hold anything, so the client gets its class."""
    if not isinstance(error, BrokenStream):  # which is no mistake, and was booked
        _log.error("a request failed inside the gateway: %s", type(error).__name__, exc_info=error)
    return _error("chat", 500, "gateway_error", f"the gateway failed: {type(error).__name__}")


def _routes() -> list[BaseRoute]:
    found: list[BaseRoute] = [Route("/", welcome, methods=["GET", "HEAD"])]
    calls: dict[str, ASGIApp] = {
        "/chat/completions": Calls("chat"),
        "/responses": Calls("responses"),
        "/embeddings": Calls("embeddings"),
        "/messages": Calls("messages"),
    }
    for prefix in ("/v1", "", "/v1/v1"):
        found += [Route(prefix + path, endpoint, methods=["POST"]) for path, endpoint in calls.items()]
        found.append(Route(f"{prefix}/messages/count_tokens", count_tokens, methods=["POST"]))
        found.append(Route(f"{prefix}/models", models, methods=["GET"]))
        found.append(Route(prefix + "/models/{name:path}", models, methods=["GET"]))
    return [*found, Route("/{path:path}", unknown, methods=["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])]


_app = Starlette(routes=_routes(), exception_handlers={Exception: _crashed})
