"""Listens on a Unix socket, or a port of this machine, with uvicorn's HTTP protocol: light enough for one a trial."""

import asyncio
import os
import socket
from contextlib import suppress
from pathlib import Path

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from rexlab.gateway.address import short_address

_MAX_CONNECTIONS = 256
"""Of one listener: a client that opens ever more must not use up the gateway's file descriptors."""
_CLOSING_S = 5.0


class _Protocol(HttpToolsProtocol):
    """Turns away connections beyond the limit."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > _MAX_CONNECTIONS:
            transport.abort()


class Listener:
    """An application at an address."""

    def __init__(self, app: ASGIApp) -> None:
        config = Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=120,
        )
        config.load()
        self._config, self._state = config, ServerState()
        self._server: asyncio.Server | None = None
        self._path: Path | None = None

    async def open_socket(self, path: Path, mode: int) -> None:
        """Listen at a new Unix socket with the given permissions.

        Raises:
            OSError: it cannot be made.
        """
        server = _bind(path, mode)
        self._path = path
        self._server = await asyncio.get_running_loop().create_unix_server(self._protocol, sock=server, backlog=128)

    async def open_port(self, port: int) -> int:
        """Listen at a port of this machine's loopback, 0: any free one; its number.

        Raises:
            OSError: it is taken.
        """
        self._server = await asyncio.get_running_loop().create_server(self._protocol, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Remove the socket, and end every connection."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=_CLOSING_S)
        for connection in list(self._state.connections):
            with suppress(AttributeError):  # one that never got a transport
                connection.transport.abort()

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(config=self._config, server_state=self._state, app_state={})


def _bind(path: Path, mode: int) -> socket.socket:
    """A bound socket."""
    with short_address(path) as address:
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with suppress(FileNotFoundError):
                if path.is_socket():
                    path.unlink()  # left by a gateway that was killed
            before = os.umask(0o777 & ~mode)
            try:
                server.bind(address)
            finally:
                os.umask(before)
            server.setblocking(False)
        except BaseException:
            server.close()
            raise
    return server
