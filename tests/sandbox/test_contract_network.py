"""The network cannot be reached; a Unix socket in a mounted folder can."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sandbox.conftest import Box

from rexlab.sandbox import Mount, landlock


@pytest.fixture
def listeners(base: Path, secret: str) -> Iterator[dict[str, str]]:
    """Servers on this host: TCP, UDP, an abstract and a named Unix socket, and one in the folder ``gate``."""
    (base / "gate").mkdir()
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + secret)
    named, gate = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    for server, path in ((named, base / "named.sock"), (gate, base / "gate/gateway.sock")):
        server.bind(str(path))
        path.chmod(0o777)
    servers = [tcp, abstract, named, gate]
    for server in servers:
        server.listen(8)

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"reached")

    threads = [threading.Thread(target=serve, args=(server,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    udp.settimeout(0.3)
    yield {
        "tcp": str(tcp.getsockname()[1]),
        "udp": str(udp.getsockname()[1]),
        "abstract": "\1" + secret,
        "named": str(base / "named.sock"),
    }
    with contextlib.suppress(TimeoutError):
        assert udp.recv(99) == b"", "a datagram got out"
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
    udp.close()


DIAL = """
import socket, sys
kind, where = sys.argv[1:]
def dial():
    if kind == 'tcp':
        for host in ('127.0.0.1', 'localhost', '::1'):
            try: return socket.create_connection((host, int(where)), 2)
            except OSError: pass
        raise OSError
    if kind == 'udp':
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'out', ('127.0.0.1', int(where)))
        raise OSError
    if kind == 'dns':
        print(socket.getaddrinfo(where, 80)); raise OSError
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(where.replace(chr(1), chr(0)))
    return connection
try: print(dial().recv(99).decode())
except OSError: pass
"""


@pytest.mark.parametrize("kind", ["tcp", "udp", "abstract", "named"])
def test_the_host_s_sockets_cannot_be_reached(box: Box, listeners: dict[str, str], kind: str) -> None:
    reachable = {"named"} if landlock.confines_signals() else {"named", "abstract"}
    if box.variant == "process-open" and kind in reachable:
        pytest.skip("without mounts of its own it cannot hide them, as its check says")
    result = box.python(DIAL, kind, listeners[kind])
    assert (result.stdout, result.ok) == ("", True), result.stderr


def test_no_name_is_resolved(box: Box) -> None:
    assert box.python(DIAL, "dns", "deb.debian.org").stdout == ""


def test_a_unix_socket_in_a_mounted_folder_can_be_reached(box: Box, listeners: dict[str, str]) -> None:
    with box.create(mounts=(Mount(box.base / "gate", "/gate"),)) as sandbox:
        command = box.command(DIAL, "unix", sandbox.path("/gate/gateway.sock"))
        assert sandbox.exec(command, timeout_s=30).stdout == "reached\n"


def test_programs_can_talk_among_themselves(box: Box) -> None:
    code = """
import os, socket
server = socket.socket(socket.AF_UNIX); server.bind(os.environ['TMPDIR'] + '/s'); server.listen(1)
client = socket.socket(socket.AF_UNIX); client.connect(os.environ['TMPDIR'] + '/s'); client.send(b'hello')
print(server.accept()[0].recv(9).decode())
"""
    assert box.python(code).stdout == "hello\n"


def test_a_forwarder_can_offer_the_loopback_address_inside(box: Box) -> None:
    if box.variant.startswith("process"):
        pytest.skip("it has the host's network, and so may not use it at all")
    code = """
import socket
server = socket.create_server(('127.0.0.1', 8080))
client = socket.create_connection(('127.0.0.1', 8080)); client.send(b'hello')
print(server.accept()[0].recv(9).decode())
"""
    assert box.python(code).stdout == "hello\n"
