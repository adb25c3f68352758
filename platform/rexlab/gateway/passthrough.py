"""Straight to a provider that speaks the request's protocol: nothing is translated, events go on as they come."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai

from rexlab.gateway.failures import connection_error, provider_error
from rexlab.gateway.providers import Endpoint
from rexlab.gateway.upstream import Call, Reply

_TIMEOUT = httpx.Timeout(connect=15, read=600, write=60, pool=None)
"""Seconds; reading is the time between two pieces of an answer, for a model may think for minutes."""
_KEPT = ("request-id", "x-request-id")
"""Of the provider's headers, what the client gets: others tell whose account it is."""


def make_client() -> httpx.AsyncClient:
    """Connections to providers, shared by all trials."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=128, keepalive_expiry=60)
    return httpx.AsyncClient(timeout=_TIMEOUT, limits=limits, follow_redirects=False)


class NativeUpstream:
    """One provider's endpoint."""

    def __init__(self, endpoint: Endpoint, client: httpx.AsyncClient) -> None:
        self._endpoint, self._client = endpoint, client

    async def answer(self, call: Call) -> Reply:
        response = await self._send(self._endpoint.url, call.body, call.headers)
        kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
        if call.stream and "text/event-stream" in response.headers.get("content-type", ""):
            return Reply(events=_events(response), headers=kept)
        return Reply(document=_document(await _read(response)), headers=kept)

    async def count_tokens(self, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Ask Anthropic how many tokens a request has; it costs nothing.

        Raises:
            openai.APIError: the provider failed or refused.
        """
        return _document(await _read(await self._send(f"{self._endpoint.url}/count_tokens", body, headers)))

    async def _send(self, url: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        request = self._client.build_request(
            "POST",
            url,
            content=json.dumps(body, separators=(",", ":")).encode(),
            headers={"content-type": "application/json", "accept-encoding": "identity"} | headers
            | dict(self._endpoint.headers),
        )  # fmt: skip
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TimeoutException as error:
            raise openai.APITimeoutError(request=error.request) from error  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            raise connection_error(f"{type(error).__name__}: {error}") from error
        if response.status_code != 200:
            raise _error(response, await _read(response))
        return response


async def _read(response: httpx.Response) -> bytes:
    try:
        return await response.aread()
    except httpx.HTTPError as error:
        raise connection_error(f"{type(error).__name__}: {error}") from error
    finally:
        await response.aclose()


async def _events(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.aiter_raw():
            yield chunk
    except httpx.HTTPError as error:
        raise connection_error(f"{type(error).__name__}: {error}") from error
    finally:
        await response.aclose()


def _document(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise connection_error(f"the provider's answer is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise connection_error("the provider's answer is not a JSON object")
    return document


def _error(response: httpx.Response, text: bytes) -> openai.APIStatusError:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    readable = str(message or text.decode("utf-8", "replace")[:500] or "no explanation")
    return provider_error(response.status_code, readable, body, response.headers)
