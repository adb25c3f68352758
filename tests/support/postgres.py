"""A real PostgreSQL server of the tests' own, from the distribution's binaries, and fresh databases in it."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg

from rexlab.store.database import open_engine
from tests.support.require import lacking

REMEDY = "Debian: apt-get install postgresql"
ACCOUNT = "postgres"
"""The server refuses to run as root; root's tests start it as this user."""
USER = "rexlab"
_START_S = 60.0
_starter = ThreadPoolExecutor(1)
"""The kernel ends a server when the thread that started it is gone: this one ends with these tests, also if killed."""
_TRIES = 5
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "fsync": "off",  # what is committed outlives the server's processes, not the machine
    "full_page_writes": "off",
}


@cache
def binaries() -> Path | None:
    """The folder of the newest server's programs; None: there is none."""

    def version(folder: Path) -> tuple[int, ...]:
        return tuple(map(int, re.findall(r"\d+", folder.parent.name)))

    found = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found and (program := shutil.which("initdb")):
        found = [Path(program).resolve().parent]
    return max(found, key=version, default=None)


def require_postgres() -> Path:
    """The programs' folder; ends the test where there is none."""
    folder = binaries()
    if folder is None:
        lacking("postgres", "PostgreSQL's server programs are missing", REMEDY)
    return folder


class Postgres:
    """One server, on a port of 127.0.0.1 that stays the same when it is stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        self._data = folder / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._template = ""
        self.port = 0
        self.password = secrets.token_urlsafe(16)

    def create(self) -> None:
        """Make the folder of its databases. Words sort as people sort them (a, B, c), as on most servers."""
        if os.getuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)  # inside a folder that only the server's user may enter
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            f"--username={USER}",
            f"--pwfile={secret}",
            "--auth-host=scram-sha-256",
            "--auth-local=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
            "--no-sync",
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        for _ in range(_TRIES):
            port = self.port or _free_port()
            if self._start_at(port):
                self.port = port
                return
        raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")

    def _start_at(self, port: int) -> bool:
        options = {**_OPTIONS, "port": str(port), "unix_socket_directories": str(self.folder)}
        words = ["-D", str(self._data), *(word for key, value in options.items() for word in ("-c", f"{key}={value}"))]
        command = ["setpriv", "--pdeathsig", "INT", *_as_account(), str(self._programs / "postgres"), *words]
        with (self.folder / "log").open("ab") as log:
            started = _starter.submit(subprocess.Popen, command, cwd=self.folder, stdout=log, stderr=log)
            self._process = started.result()
        deadline = time.monotonic() + _START_S
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                self._connect("postgres", port).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        self.kill()
        return False

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends its connections too, SIGQUIT is a crash, after which it recovers when it is started."""
        if self._process is not None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=_START_S)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it at once, its children with it: they notice that their parent is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """As an administrator does it."""
        self.stop()
        self.start()

    def url(self, database: str) -> str:
        """The address of a database, with the password."""
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def empty_database(self) -> str:
        """The address of a new database without a table."""
        return self._create("")

    def database(self) -> str:
        """The address of a new database with rexlab's tables, as a copy of one that was migrated once."""
        if not self._template:
            address = self.empty_database()
            open_engine(address).dispose()
            self._template = address.rsplit("/", 1)[1]
        return self._create(f"TEMPLATE {self._template}")

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside of any transaction."""
        with self._connect("postgres", self.port) as connection:
            connection.execute(statement.encode())

    def log(self) -> str:
        """What the server wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def _create(self, how: str) -> str:
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        return self.url(name)

    def _connect(self, database: str, port: int) -> "psycopg.Connection[tuple[object, ...]]":
        # through the socket: no password, and nobody else's server
        return psycopg.connect(
            host=str(self.folder), port=port, user=USER, dbname=database, autocommit=True, connect_timeout=5
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            ["setpriv", *_as_account(), self._programs / program, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}\n{done.stderr}")


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A running server, ended and removed afterwards; for tests that stop it, or that leave databases in it.

    Ends the test where PostgreSQL is missing.
    """
    server = Postgres(require_postgres(), Path(tempfile.mkdtemp(prefix="rexlab-pg-")))
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def _as_account() -> list[str]:
    if os.getuid():
        return []
    return [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups"]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
