"""Straight to a provider that speaks the request's protocol: nothing is translated, events go on as they come.

With aiohttp, for its parser is written in C: a piece of a stream costs the gateway a third of what it does with httpx.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx

from rexlab.gateway.failures import NoAnswerError, ProviderError
from rexlab.gateway.providers import Endpoint
from rexlab.gateway.upstream import Call, Reply

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=15, sock_read=600)
"""Seconds; reading is the time between two pieces of an answer, for a model may think for minutes."""
_KEPT = ("request-id", "x-request-id")
"""Of the provider's headers, what the client gets: others tell whose account it is."""


def make_session() -> aiohttp.ClientSession:
    """Connections to providers, shared by all trials; proxies and certificates are those of the environment."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ssl=httpx.create_ssl_context())
    return aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, trust_env=True, read_bufsize=2**20)


class NativeUpstream:
    """One provider's endpoint."""

    def __init__(self, endpoint: Endpoint, session: aiohttp.ClientSession) -> None:
        self._endpoint, self._session = endpoint, session

    async def answer(self, call: Call) -> Reply:
        response = await self._send(self._endpoint.url, call.body, call.headers)
        kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
        if call.stream and response.content_type == "text/event-stream":
            return Reply(events=_events(response), headers=kept)
        return Reply(document=_document(await _read(response)), headers=kept)

    async def count_tokens(self, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        """Ask Anthropic how many tokens a request has; it costs nothing.

        Raises:
            NoAnswerError, ProviderError: the provider failed or refused.
        """
        return _document(await _read(await self._send(f"{self._endpoint.url}/count_tokens", body, headers)))

    async def _send(self, url: str, body: dict[str, Any], headers: dict[str, str]) -> aiohttp.ClientResponse:
        own = {"content-type": "application/json", "accept-encoding": "identity", **self._endpoint.headers}
        data = json.dumps(body, separators=(",", ":")).encode()
        try:
            response = await self._session.post(url, data=data, headers={**headers, **own}, allow_redirects=False)
        except TimeoutError as error:
            raise NoAnswerError("no answer for too long", late=True) from error
        except aiohttp.ClientError as error:
            raise NoAnswerError(f"{type(error).__name__}: {error}") from error
        if response.status != 200:
            raise _error(response, await _read(response))
        return response


async def _read(response: aiohttp.ClientResponse) -> bytes:
    try:
        async with response:
            return await response.read()
    except TimeoutError as error:
        raise NoAnswerError("no answer for too long", late=True) from error
    except aiohttp.ClientError as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}") from error


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except TimeoutError as error:
        raise NoAnswerError("no answer for too long", late=True) from error
    except aiohttp.ClientError as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}") from error
    finally:
        response.close()  # or released already, at the end of the stream


def _document(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NoAnswerError(f"the provider's answer is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise NoAnswerError("the provider's answer is not a JSON object")
    return document


def _error(response: aiohttp.ClientResponse, text: bytes) -> ProviderError:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    readable = str(message or text.decode("utf-8", "replace")[:500] or "no explanation")
    return ProviderError(response.status, readable, body, response.headers)
