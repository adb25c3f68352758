"""One call from its first attempt to its last byte: retried, metered, recorded, and never silently cut short."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.gateway.cassette import Diverged
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.failures import (
    BrokenStream,
    Failed,
    Failure,
    NoAnswerError,
    error_document,
    event_error,
    judge,
)
from rexlab.gateway.sse import Event, EventReader
from rexlab.gateway.tokens import StreamReading, Tokens, document_length, document_tokens
from rexlab.gateway.upstream import Call, Reply, Upstream

if TYPE_CHECKING:
    from rexlab.gateway.trial import Trial

_log = logging.getLogger(__name__)
GONE = 499
"""Status of a call whose client did not wait for the answer."""


@dataclass
class Request:
    """What a client sent, and what is to be sent for it."""

    protocol: WireProtocol
    body: dict[str, Any]
    headers: dict[str, str]
    size: int
    """Bytes of the client's body."""
    hide_usage: bool
    """The gateway asked for the usage event; the client did not, and does not get it."""


class Exchange:
    """A call under way. ``begin``, then ``document`` or ``stream``."""

    def __init__(self, trial: "Trial", request: Request, upstream: Upstream, number: int) -> None:
        self._trial, self._request, self._upstream, self._number = trial, request, upstream, number
        self._at, self._began = time.time(), time.monotonic()
        self._first: float | None = None
        self._retries = 0
        self._settled = False
        self._reading = StreamReading(request.protocol)
        self._reader = EventReader()
        self._recorded: list[bytes] = []
        self._chunks: AsyncIterator[bytes] | None = None
        self._head: list[tuple[bytes, list[Event]]] = []
        self.reply = Reply()

    @property
    def streams(self) -> bool:
        return self.reply.events is not None

    async def begin(self) -> None:
        """Get the answer, or its first event.

        Raises:
            Failed: the provider did not answer, after all retries.
        """
        trial, policy = self._trial, self._trial.retry
        while True:
            attempt = self._retries + 1
            try:
                await self._attempt(attempt)
                return
            except asyncio.CancelledError:
                self._settle(GONE, "client_gone", None)
                raise
            except Diverged as error:
                # nothing is known about the agent: it saw another world than the one that was recorded
                outage = Failure(error.status, error.code, error.message, retry=False, outage=True)
                self._settle(error.status, error.code, outage)
                raise
            except Exception as error:
                failure = trial.explain(judge(error))
                if failure.status == 500:
                    _log.warning("trial %s: %s: %s", trial.id, failure.name, failure.message)
                if not failure.retry or attempt >= policy.attempts:
                    self._settle(failure.status, failure.name, failure)
                    raise Failed(failure) from error
            try:
                await asyncio.sleep(policy.delay(attempt, failure.retry_after))
            except asyncio.CancelledError:
                self._settle(GONE, "client_gone", None)
                raise
            self._retries += 1

    async def document(self) -> dict[str, Any]:
        """The whole answer."""
        assert self.reply.document is not None
        return self.reply.document

    async def stream(self) -> AsyncIterator[bytes]:
        """The answer's events, as they come.

        Raises:
            BrokenStream: the provider broke off, or ended before the end of its answer.
        """
        assert self._chunks is not None
        try:
            for chunk, events in self._head:
                yield self._forward(chunk, events)
            async for chunk in self._chunks:
                if forwarded := self._forward(chunk, self._see(chunk)):
                    yield forwarded
            if self._request.hide_usage and self._reader.rest:
                yield self._reader.rest
            if not (self._reading.ended or self._reading.finished):
                raise NoAnswerError("the stream ended before the answer did")
            self._settle_stream()
        except (asyncio.CancelledError, GeneratorExit):
            self._settle(GONE, "client_gone", None)
            raise
        except Exception as error:
            failure = self._trial.explain(judge(error))
            was_settled = self._settled
            self._settle(502, failure.name, failure)
            if not was_settled:
                raise BrokenStream(failure.message) from error
        finally:
            await _close(self._chunks)

    async def _attempt(self, attempt: int) -> None:
        request = self._request
        call = Call(self._trial.registration, request.protocol, request.body, self._number, attempt, request.headers)
        self.reply = await self._upstream.answer(call)
        if self.reply.events is None:
            assert self.reply.document is not None
            self._first = time.monotonic()
            tokens = document_tokens(request.protocol, self.reply.document)
            self._reading.length = document_length(request.protocol, self.reply.document)
            self._reading.tokens = tokens
            self._settle(200, "", None)
            return
        self._chunks = self.reply.events
        self._reader, self._reading, self._head, self._recorded = (
            EventReader(), StreamReading(request.protocol), [], [],
        )  # fmt: skip
        try:
            async for chunk in self._chunks:
                events = self._see(chunk)
                if self._reading.error is not None:
                    raise event_error(self._reading.error)
                self._head.append((chunk, events))
                if any(event.data for event in events):
                    return
            raise NoAnswerError("the stream ended before its first event")
        except BaseException:
            await _close(self._chunks)
            raise

    def _see(self, chunk: bytes) -> list[Event]:
        """Read the events that a chunk completes; those of them that the client gets."""
        if self._first is None:
            self._first = time.monotonic()
        shown = []
        for event in self._reader.feed(chunk):
            self._reading.see(event.data)
            if not (self._request.hide_usage and self._reading.only_usage):
                shown.append(event)
            if self._trial.records:
                self._recorded.append(event.raw)
        return shown

    def _forward(self, chunk: bytes, shown: list[Event]) -> bytes:
        """What the client gets of a chunk: all of it, or, where an event is kept back, the other whole events.

        A call is booked before its client gets the last event, for the next call may follow at once and must find
        the budget as it is.
        """
        if self._reading.ended:
            self._settle_stream()
        return self._trial.scrub(b"".join(e.raw for e in shown) if self._request.hide_usage else chunk)

    def _settle_stream(self) -> None:
        error = self._reading.error
        failure = self._trial.explain(judge(event_error(error))) if error is not None else None
        self._settle(200 if failure is None else failure.status, failure.name if failure else "", failure)

    def _settle(self, status: int, failed: str, failure: Failure | None) -> None:
        """Book the call, once."""
        if self._settled:
            return
        self._settled = True
        now = time.monotonic()
        reached = not failed or self._first is not None or status == GONE
        estimate = Tokens(self._request.size // 4, self._reading.length // 4) if reached else Tokens(0, 0)
        self._trial.book(
            self._request,
            number=self._number,
            at=self._at,
            status=status,
            failed=failed,
            outage=failure.message if failure and failure.outage else "",
            retries=self._retries,
            tokens=self._reading.tokens,
            estimate=estimate,
            seconds=now - self._began,
            first_token_s=None if self._first is None else self._first - self._began,
        )
        if not self._trial.records:
            return
        if not failed:
            self._trial.record(self._request, 200, self.reply.document, b"".join(self._recorded))
        elif failure is not None and not failure.outage:
            error = failure.document or error_document(self._request.protocol, status, failed, failure.message)
            self._trial.record(self._request, status, error, b"")


async def _close(chunks: AsyncIterator[bytes]) -> None:
    """End a provider's stream now, not when memory is tidied up."""
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
