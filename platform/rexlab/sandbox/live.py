"""What a trial at work prints, while it prints it: the last of it, published once a second at most."""

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol, Self

from rexlab.errors import RexlabError

logger = logging.getLogger(__name__)

TAIL_BYTES = 16 * 1024
"""So much of what was printed last is published."""
EVERY_S = 1.0
"""Between two publications at least."""
HEARTBEAT_S = 20.0
"""Between two publications at most, also where nothing is printed: without one for longer, the worker is gone."""
_END_S = 2.0
"""Longest that a publication on its way may hold up the end of a trial."""


@dataclass(frozen=True)
class Output:
    """What is published of a trial."""

    phase: str
    """What it is doing, in words."""
    since: float
    """When that began, in seconds since the epoch."""
    at: float
    """When this was published."""
    total: int
    """Bytes so far, the headings between phases among them."""
    tail: bytes = b""
    """The last of them, at most ``TAIL_BYTES``; what agents wrote, control characters and all."""

    def encode(self) -> bytes:
        """As it is published: a line of JSON, and the tail as it is."""
        head = {name: value for name, value in asdict(self).items() if name != "tail"}
        return json.dumps(head).encode() + b"\n" + self.tail

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The reverse of ``encode``."""
        head, _, tail = data.partition(b"\n")
        return cls(**json.loads(head), tail=tail)

    def after(self, seen: int) -> bytes:
        """What was printed after the first ``seen`` bytes, as far as it is still there."""
        new = self.total - seen
        return self.tail[-new:] if new > 0 else b""


class Sink(Protocol):
    """Where a trial's output is published."""

    def publish(self, data: bytes) -> None:
        """Put this in place of what was published before.

        Raises:
            OSError, RexlabError: it could not be.
        """
        ...

    def clear(self) -> None:
        """Remove what was published; raises as ``publish``."""
        ...


class Listener:
    """Is told what a trial does and prints. This one forgets it."""

    def phase(self, name: str) -> None:
        """Something else begins."""

    def hear(self, data: bytes) -> None:
        """Something was printed; takes no time to speak of."""


SILENT = Listener()


class Tail(Listener):
    """Publishes the last of what it hears, from a thread of its own: a sink that hangs or fails holds up no trial.

    A context manager; what was published ends with it.
    """

    def __init__(self, sink: Sink, label: str) -> None:
        self._sink = sink
        self._label = label
        self._changed = threading.Condition()
        self._new = True
        self._closing = False
        self._failed = False
        self._tail = bytearray()
        self._total = 0
        self._phase, self._since = "preparing", time.time()
        self._thread = threading.Thread(target=self._run, name=f"tail-{label}", daemon=True)

    def phase(self, name: str) -> None:
        """See ``Listener.phase``: a heading in what was printed."""
        with self._changed:
            self._phase, self._since = name, time.time()
            begun = b"" if not self._tail or self._tail.endswith(b"\n") else b"\n"
            self._add(begun + f"=== {name} ===\n".encode())

    def hear(self, data: bytes) -> None:
        """See ``Listener.hear``."""
        with self._changed:
            self._add(data)

    def _add(self, data: bytes) -> None:
        self._tail += data[-TAIL_BYTES:]
        del self._tail[:-TAIL_BYTES]
        self._total += len(data)
        self._new = True
        self._changed.notify_all()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(_END_S)

    def _run(self) -> None:
        """In the thread: publish what is new, at most every second; of a trial that is over sooner, nothing."""
        published = False
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing, EVERY_S)
                self._changed.wait_for(lambda: self._closing or self._new, HEARTBEAT_S)
                if self._closing:
                    break
                self._new = False
                output = Output(self._phase, self._since, time.time(), self._total, bytes(self._tail))
            self._try(self._sink.publish, output.encode())
            published = True
        if published:
            self._try(self._sink.clear)

    def _try(self, act: Callable[..., None], *arguments: bytes) -> None:
        """Nobody's result depends on this: a failure is told once, until it works again."""
        try:
            act(*arguments)
        except (OSError, RexlabError) as error:
            if not self._failed:
                logger.warning("%s: what it prints cannot be shown while it is at work: %s", self._label, error)
            self._failed = self._new = True
        else:
            self._failed = False
