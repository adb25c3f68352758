"""A real redis-server of a test's own, on loopback and with a password.

with redis_server(tmp_path) as server:
    environment = {"REXLAB_BROKER_URL": server.url}
    server.kill()  # as a machine that loses its power
    server.start()  # on the same port, with nothing in it: what was not on disk is lost
"""

import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from tests.support.require import lacking
from tests.support.site import free_port

_START_S = 20.0


class RedisServer:
    """One server; ends with ``redis_server``'s block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self.password = secrets.token_hex(16)

    @property
    def url(self) -> str:
        """Of its database 0, with the password: what ``REXLAB_BROKER_URL`` takes."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A connection of the test's own, text decoded."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=5)

    def start(self) -> None:
        """Start it, empty, on the port it always had; returns once it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "redis.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self.password}\n"
            f'save ""\nappendonly no\ndir {self._folder}\n'
        )
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", str(settings)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + _START_S
        while True:
            try:
                with self.client() as client:
                    client.ping()
                    return
            except redis.RedisError:
                said = (self._folder / "redis.log").read_text()
                assert self._process.poll() is None, f"redis-server ended: {said}"
                assert time.monotonic() < deadline, f"redis-server does not answer: {said}"
                time.sleep(0.02)

    def stop(self) -> None:
        """End it in good order, and wait until it has; what it held is gone."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, and wait until it has; what it held is gone."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It keeps its connections and answers nothing, until ``thaw``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It answers again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """It loses everything and keeps running."""
        with self.client() as client:
            client.flushall()

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)  # one that is frozen would not hear of its end
        self._process.wait(20)
        self._process = None


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A server that keeps its files in ``folder``; the test is skipped where there is no redis-server."""
    if shutil.which("redis-server") is None:
        lacking("redis", "redis-server is not installed", "install it: apt-get install redis-server")
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
