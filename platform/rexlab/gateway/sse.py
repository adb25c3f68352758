"""Cuts a stream of server-sent events into events, wherever the network cut it into chunks."""

from dataclasses import dataclass

_MAX_EVENT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Event:
    """One event."""

    raw: bytes
    """As it came, with the empty line that ends it."""
    data: bytes
    """Its data; empty for a comment."""


class EventReader:
    """Takes chunks, gives whole events."""

    def __init__(self) -> None:
        self._rest = b""

    @property
    def rest(self) -> bytes:
        """The beginning of an event that has not ended yet."""
        return self._rest

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that this chunk completes.

        Raises:
            ValueError: an event is larger than any provider would send.
        """
        text = self._rest + chunk if self._rest else chunk
        events = []
        start = 0
        while (end := _end(text, start)) >= 0:
            raw = text[start:end]
            events.append(Event(raw, _data(raw)))
            start = end
        self._rest = text[start:]
        if len(self._rest) > _MAX_EVENT:
            raise ValueError("the provider sent an event of more than 64 MB")
        return events


def _end(text: bytes, start: int) -> int:
    """Where the event that begins at ``start`` ends; -1: not in this text."""
    unix, windows = text.find(b"\n\n", start), text.find(b"\r\n\r\n", start)
    if unix < 0 and windows < 0:
        return -1
    if windows < 0 or 0 <= unix < windows:
        return unix + 2
    return windows + 4


def _data(raw: bytes) -> bytes:
    lines = [line[5:].removeprefix(b" ") for line in raw.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines)
