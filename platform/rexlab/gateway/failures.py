"""What can go wrong with a call, whose fault it is, and how to tell the client in its own format.

What is worth a retry is decided by litellm's exception classes. The direct way to a provider raises its own, which go
by the same rules and names: litellm takes ten seconds to import, and the package of its base classes two.
"""

import email.utils
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rexlab.gateway.contract import Protocol as WireProtocol

_NAMES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    408: "Timeout",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
}
"""litellm's classes by HTTP status; others are an ``APIError``, from 500 up an ``InternalServerError``."""
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_STREAM_STATUS = {
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "overloaded_error": 529,
}


class Refused(Exception):
    """The gateway itself refuses a request; the text is a sentence for the client. Never worth a retry."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class BrokenStream(Exception):
    """A stream ended before its end, after part of it had reached the client."""


class ProviderError(Exception):
    """A provider answered with an error."""

    def __init__(self, status: int, message: str, body: object, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.status, self.message, self.body = status, message, body
        self.headers = {name.lower(): value for name, value in headers.items()}


class NoAnswerError(Exception):
    """A provider cannot be reached, keeps silent for too long, breaks off, or talks gibberish."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.message, self.late = message, late


@dataclass(frozen=True)
class Failure:
    """A call that the provider did not answer."""

    status: int
    """HTTP status for the client."""
    name: str
    """Class of the exception."""
    message: str
    retry: bool
    """Worth another attempt."""
    outage: bool
    """The provider's reasons, or those of whoever set up model and key; never the agent's."""
    retry_after: float | None = None
    """Seconds the provider asked to wait."""
    document: dict[str, Any] | None = None
    """The provider's own error, where it was given as a JSON object."""


class Failed(Exception):
    """A call failed for good."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def event_error(event: Mapping[str, Any]) -> ProviderError:
    """The exception for an error that came as a stream's event, under status 200."""
    error = event.get("error") or event.get("response", {}).get("error") or event
    details: Mapping[str, Any] = error if isinstance(error, Mapping) else {}
    message = str(details.get("message") or error)
    code = details.get("code")
    named = _STREAM_STATUS.get(str(details.get("type"))) or _STREAM_STATUS.get(str(code)) or 500
    status = code if isinstance(code, int) and 400 <= code < 600 else named
    return ProviderError(status, message, dict(event), {})


def judge(error: Exception) -> Failure:
    """What an upstream's exception means."""
    if isinstance(error, NoAnswerError):
        return _unreachable("Timeout" if error.late else "APIConnectionError", error.message, late=error.late)
    if isinstance(error, ProviderError):
        name = _NAMES.get(error.status) or ("InternalServerError" if error.status >= 500 else "APIError")
        return _answered(name, error.status, error.message, error.body, error.headers)
    name, message = type(error).__name__, str(getattr(error, "message", "") or error) or type(error).__name__
    bases = sys.modules.get("openai")  # litellm's exceptions are subclasses of its; not imported: it is none of them
    if bases and isinstance(error, bases.APIConnectionError):
        return _unreachable(name, message, late=isinstance(error, bases.APITimeoutError))
    status = getattr(error, "status_code", None)
    if bases and isinstance(error, bases.APIError) and isinstance(status, int):
        headers = getattr(getattr(error, "response", None), "headers", None)
        return _answered(name, status, message, error.body, headers or {})
    return Failure(500, name, f"the gateway could not make this call: {message}", retry=False, outage=True)


def error_document(protocol: WireProtocol, status: int, code: str, message: str) -> dict[str, Any]:
    """An error as the protocol's clients expect it."""
    if protocol == "messages":
        kind = _ANTHROPIC_TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}}
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def error_event(protocol: WireProtocol, message: str) -> bytes:
    """What a broken stream ends with, for clients that read events; the connection is broken after it."""
    document = error_document(protocol, 502, "stream_broken", message)
    if protocol == "messages":
        return b"event: error\ndata: " + json.dumps(document).encode() + b"\n\n"
    if protocol == "responses":
        event = {"type": "error", "code": "stream_broken", "message": message, "param": None}
        return b"event: error\ndata: " + json.dumps(event).encode() + b"\n\n"
    return b"data: " + json.dumps(document).encode() + b"\n\n"


def _unreachable(name: str, message: str, *, late: bool) -> Failure:
    if late:
        return Failure(504, name, f"the provider did not answer in time: {message}", retry=True, outage=True)
    return Failure(502, name, f"the provider cannot be reached: {message}", retry=True, outage=True)


def _answered(name: str, status: int, message: str, body: object, headers: Mapping[str, str]) -> Failure:
    if status in (401, 403):
        # The provider's text may repeat part of the key, which no search for the whole of it would find.
        message = f"the provider refused the gateway's key (HTTP {status})"
        return Failure(403, name, message, retry=False, outage=True)
    document = body if isinstance(body, dict) and "error" in body else None
    again = (status in (408, 409, 429) or status >= 500) and not _used_up(document, message)
    return Failure(
        status,
        name,
        message,
        retry=again,
        outage=again or status in (402, 404, 429),
        retry_after=_retry_after(headers),
        document=document,
    )


def _used_up(document: Mapping[str, Any] | None, message: str) -> bool:
    """A provider's account without money answers 429 as well; no wait helps there."""
    error = (document or {}).get("error")
    code = error.get("code") if isinstance(error, Mapping) else None
    return code == "insufficient_quota" or "insufficient_quota" in message


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("retry-after")
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return float(milliseconds) / 1000
        return None if value is None else float(value)
    except ValueError:
        date = email.utils.parsedate_tz(value) if value else None
        return None if date is None else max(0.0, email.utils.mktime_tz(date) - time.time())
