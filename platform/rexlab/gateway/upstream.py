"""What answers a request: a provider, a cassette or the scripted model, all behind one Protocol."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.contract import Registration


@dataclass(frozen=True)
class Call:
    """One request of a trial."""

    registration: Registration
    protocol: WireProtocol
    body: dict[str, Any]
    """As the client sent it, with the agent's model and parameters put in."""
    number: int
    """Of the trial's calls, from 1."""
    attempt: int = 1
    """From 1; a retry of the same call counts up."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of the client's, those that shape the answer: ``anthropic-version``, ``anthropic-beta``."""

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))


@dataclass(frozen=True)
class Reply:
    """An answer in the request's own protocol. Exactly one of the two is set."""

    document: dict[str, Any] | None = None
    """A whole answer, when the request did not ask for a stream."""
    events: AsyncIterator[bytes] | None = None
    """Server-sent events, as bytes ready for the wire, cut anywhere."""
    headers: dict[str, str] = field(default_factory=dict)


class Upstream(Protocol):
    """Answers calls."""

    async def answer(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            litellm's exceptions, or ``ProviderError`` and ``NoAnswerError`` of ``rexlab.gateway.failures``, which cost
                no import of it: the provider failed or refused; the class decides on a retry.
        """
        ...
