"""Watch one running command: read what it prints, keep its deadline, ask the guards, end it."""

import os
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rexlab.sandbox.base import Ended
from rexlab.sandbox.guards import Guard

TICK_S = 0.1
"""Between two looks at guards and cancellation."""
_CHUNK = 65536
_LAST_BYTES = 4 * 1024 * 1024
"""More than pipes can hold; read at most this after the end, lest somebody outside who was handed a pipe hold us up."""
_PAUSE_S = 0.001
"""Taken after each read once a stream is past its limit, so that an endless writer does not eat a processor of ours."""


class Sink(Protocol):
    """Takes what a stream gives."""

    @property
    def full(self) -> bool:
        """Whether something has been dropped."""
        ...

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        ...


@dataclass(frozen=True)
class Watched:
    """What to watch of a command."""

    streams: Mapping[int, Sink]
    """Descriptor to read, without blocking, and where what it gives goes."""
    finished: int
    """Descriptor that becomes readable once the main program has ended (a pidfd)."""
    guards: Sequence[Guard] = ()


def watch(watched: Watched, *, timeout_s: float, cancelled: Callable[[], bool] | None) -> Ended:
    """Return when the main program has ended or must be ended; the caller then ends the rest and calls ``drain``."""
    deadline = time.monotonic() + timeout_s
    next_look = time.monotonic() + TICK_S
    with selectors.DefaultSelector() as selector:
        selector.register(watched.finished, selectors.EVENT_READ)
        for fd in watched.streams:
            selector.register(fd, selectors.EVENT_READ)
        while True:
            now = time.monotonic()
            if now >= deadline:
                return Ended.TIMEOUT
            if now >= next_look:
                next_look = now + TICK_S
                if cancelled is not None and cancelled():
                    return Ended.CANCELLED
                reason = ask(watched.guards)
                if reason is not None:
                    return reason
            for key, _ in selector.select(max(0.0, min(deadline, next_look) - now)):
                if key.fd == watched.finished:
                    return Ended.EXITED
                sink = watched.streams[key.fd]
                if _read(key.fd, sink) == 0:
                    selector.unregister(key.fd)
                elif sink.full:
                    time.sleep(_PAUSE_S)


def ask(guards: Sequence[Guard]) -> Ended | None:
    """The first reason any guard gives."""
    return next((reason for guard in guards if (reason := guard()) is not None), None)


def drain(watched: Watched, *, patience_s: float = 0.0) -> None:
    """Read what the streams still hold, once nothing runs any more.

    A pipe holds it all by then; a stream that somebody passes on may need up to ``patience_s`` to end.
    """
    deadline = time.monotonic() + patience_s
    for fd, sink in watched.streams.items():
        left = _LAST_BYTES
        while left > 0:
            got = _read(fd, sink)
            if got == 0 or (got is None and not _readable(fd, deadline)):
                break
            left -= got or 0


def _readable(fd: int, deadline: float) -> bool:
    """Wait until there is something to read, or the deadline."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        return bool(selector.select(max(0.0, deadline - time.monotonic())))


def _read(fd: int, sink: Sink) -> int | None:
    """Read once; the number of bytes, 0 at the end of the stream, None when it is empty for now."""
    try:
        data = os.read(fd, _CHUNK)
    except BlockingIOError:
        return None
    sink.add(data)
    return len(data)
