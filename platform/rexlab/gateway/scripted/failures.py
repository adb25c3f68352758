"""Failures of a provider, raised as litellm would raise them, so that whoever retries really has to."""

from rexlab.gateway.upstream import Call

PROVIDER = "scripted"
STORM_ATTEMPTS = 2


def fail(behaviour: str, call: Call) -> None:
    """Raise what the behaviour does to this attempt at the call, if anything.

    Raises:
        litellm.exceptions.RateLimitError, ServiceUnavailableError, ContextWindowExceededError
    """
    # litellm takes seconds to import, and most plays never fail.
    if behaviour == "storm" and call.attempt <= STORM_ATTEMPTS:
        from litellm.exceptions import RateLimitError

        raise RateLimitError("scripted storm: too many requests", PROVIDER, PROVIDER)
    if behaviour == "outage":
        from litellm.exceptions import ServiceUnavailableError

        raise ServiceUnavailableError("scripted outage: the service is unavailable", PROVIDER, PROVIDER)
    if behaviour == "reject":
        from litellm.exceptions import ContextWindowExceededError

        raise ContextWindowExceededError(
            "scripted rejection: this model's maximum context length is exceeded", PROVIDER, PROVIDER
        )


def is_cut(behaviour: str, call: Call) -> bool:
    """Does the connection break during this attempt?

    Every other call only: a client that saw half an answer asks again itself, which makes a new call.
    """
    return behaviour == "cut" and call.attempt == 1 and call.number % 2 == 1


def broken_connection() -> Exception:
    """What a reader of a broken connection gets."""
    from litellm.exceptions import APIConnectionError

    return APIConnectionError("scripted cut: the connection broke", PROVIDER, PROVIDER)
