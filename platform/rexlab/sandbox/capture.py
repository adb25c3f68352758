"""Keep the head and the tail of a stream, whatever its length."""

from collections.abc import Callable


class HeadTail:
    """A bounded buffer for one output stream: the first and the last bytes stay, the middle is dropped."""

    MARKER_ROOM = 64
    """Bytes set aside for the line that replaces the middle, so that the whole stays within the limit."""

    def __init__(self, limit: int, on_data: Callable[[bytes], None] | None = None) -> None:
        """``on_data`` is given all of it as well, as it comes."""
        self._on_data = on_data
        room = max(2, limit - self.MARKER_ROOM)
        self._head_room = room // 2
        self._tail_room = room - self._head_room
        self._head = bytearray()
        self._tail = bytearray()
        self.dropped = 0

    def add(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        if self._on_data is not None and data:
            self._on_data(data)
        free = self._head_room - len(self._head)
        if free > 0:
            self._head += data[:free]
            data = data[free:]
        self._tail += data
        excess = len(self._tail) - self._tail_room
        if excess > 0:
            del self._tail[:excess]
            self.dropped += excess

    @property
    def full(self) -> bool:
        """Whether something has been dropped."""
        return self.dropped > 0

    def text(self) -> str:
        """The stream as text; invalid UTF-8 becomes U+FFFD, a marker line stands for the dropped middle."""
        if not self.dropped:
            return (self._head + self._tail).decode("utf-8", "replace")
        marker = f"\n[... {self.dropped} bytes dropped ...]\n"
        return self._head.decode("utf-8", "replace") + marker + self._tail.decode("utf-8", "replace")
