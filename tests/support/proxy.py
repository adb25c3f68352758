"""A TCP connection that a test can cut: nothing is refused and nothing is answered, as when a cable is pulled."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65536


class Proxy:
    """Listens on a port of its own and passes everything on to another one of this machine."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._open = threading.Event()
        self._open.set()
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing arrives; connections stay, and new ones are made."""
        self._open.clear()

    def mend(self) -> None:
        """What was sent meanwhile arrives."""
        self._open.set()

    def close(self) -> None:
        """End it and all its connections."""
        self._over.set()
        self._open.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        self._open.wait()
        with (
            near,
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self._target)) as far,
            selectors.DefaultSelector() as both,
        ):
            both.register(near, selectors.EVENT_READ, far)
            both.register(far, selectors.EVENT_READ, near)
            while not self._over.is_set():
                for key, _ in both.select(0.5):
                    self._open.wait()
                    data = key.fileobj.recv(_CHUNK)  # type: ignore[union-attr]
                    if not data:
                        return
                    key.data.sendall(data)


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy to this port, closed at the end."""
    made = Proxy(port)
    try:
        yield made
    finally:
        made.close()
