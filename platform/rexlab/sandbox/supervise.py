"""Watch one running command: read what it prints, keep its deadline, ask the guards, end it."""

import os
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rexlab.sandbox.base import Ended
from rexlab.sandbox.capture import HeadTail
from rexlab.sandbox.guards import Guard

TICK_S = 0.1
"""Between two looks at guards and cancellation."""
_CHUNK = 65536
_LAST_BYTES = 4 * 1024 * 1024
"""More than pipes can hold; read at most this after the end, lest somebody outside who was handed a pipe hold us up."""
_PAUSE_S = 0.001
"""Taken after each read once a stream is past its limit, so that an endless writer does not eat a processor of ours."""

Sink = Callable[[bytes], None]


@dataclass(frozen=True)
class Watched:
    """What to watch of a command."""

    streams: Mapping[int, HeadTail]
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
                if not _read(key.fd, sink):
                    selector.unregister(key.fd)
                elif sink.full:
                    time.sleep(_PAUSE_S)


def ask(guards: Sequence[Guard]) -> Ended | None:
    """The first reason any guard gives."""
    return next((reason for guard in guards if (reason := guard()) is not None), None)


def drain(watched: Watched) -> None:
    """Read what the streams still hold, once nothing runs any more."""
    for fd, sink in watched.streams.items():
        left = _LAST_BYTES
        while left > 0:
            got = _read(fd, sink)
            if not got:
                break
            left -= got


def _read(fd: int, sink: HeadTail) -> int:
    """Read once; the number of bytes, 0 at the end of the stream or when it is empty for now."""
    try:
        data = os.read(fd, _CHUNK)
    except BlockingIOError:
        return 0
    sink.add(data)
    return len(data)
