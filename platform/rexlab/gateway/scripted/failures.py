"""Failures of a provider, raised as litellm would raise them, so that whoever retries really has to."""

import asyncio

from rexlab.gateway.translate import load
from rexlab.gateway.upstream import Call

PROVIDER = "scripted"
STORM_ATTEMPTS = 2
_TOO_LONG = "rejection: This model's maximum context length is 8192 tokens; your messages are longer."
"""Clients tell this error from other bad requests by OpenAI's words."""


async def fail(behaviour: str, call: Call) -> None:
    """Raise what the behaviour does to this attempt at the call, if anything.

    Raises:
        litellm's RateLimitError, ServiceUnavailableError, ContextWindowExceededError.
    """
    if behaviour == "storm" and call.attempt <= STORM_ATTEMPTS:
        raise await _failure("RateLimitError", "storm: too many requests")
    if behaviour == "outage":
        raise await _failure("ServiceUnavailableError", "outage: the service is unavailable")
    if behaviour == "reject":
        raise await _failure("ContextWindowExceededError", _TOO_LONG)


def is_cut(behaviour: str, call: Call) -> bool:
    """Does the connection break during this attempt?

    Every other call only: a client that saw half an answer asks again itself, which makes a new call.
    """
    return behaviour == "cut" and call.attempt == 1 and call.number % 2 == 1


async def broken_connection() -> Exception:
    """What a reader of a broken connection gets."""
    return await _failure("APIConnectionError", "cut: the connection broke")


async def _failure(name: str, text: str) -> Exception:
    # Importing litellm takes seconds, and other trials are not to wait for it.
    litellm = await asyncio.to_thread(load)
    made = getattr(litellm.exceptions, name)(message=f"scripted {text}", llm_provider=PROVIDER, model=PROVIDER)
    assert isinstance(made, Exception)
    return made
