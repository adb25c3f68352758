"""The forwarder: bytes between a port and a Unix socket, and a command whose end is its own."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rexlab.settings import bundled

FORWARD = bundled("harnesses") / "kit" / "rexlab_kit" / "forward.py"
CONNECT = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60)\n"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def gateway(path: Path, serve: Callable[[socket.socket], None]) -> Iterator[None]:
    """A server on a Unix socket that hands each connection to ``serve`` in a thread of its own."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(128)
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection:
            serve(connection)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(connection,)))
            threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join()


def command(path: Path, port: int, *child: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(FORWARD), "--socket", str(path), "--port", str(port), "--", *child]


def forward(path: Path, port: int, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code as the forwarder's command; ``sys.argv[1]`` is the port."""
    line = command(path, port, sys.executable, "-c", code, str(port))
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False)


def echo(connection: socket.socket) -> None:
    while data := connection.recv(1 << 16):
        connection.sendall(data)


def test_the_port_is_open_when_the_command_starts(tmp_path: Path, port: int) -> None:
    with gateway(tmp_path / "g", echo):
        done = forward(tmp_path / "g", port, CONNECT + "s.sendall(b'hello'); print(s.recv(5).decode())")
    assert (done.stdout, done.returncode) == ("hello\n", 0), done.stderr


def test_after_the_client_has_said_all_the_answer_still_arrives(tmp_path: Path, port: int) -> None:
    def answer_at_the_end(connection: socket.socket) -> None:
        asked = b""
        while data := connection.recv(1 << 16):
            asked += data
        connection.sendall(b"you said " + asked)

    code = CONNECT + (
        "s.sendall(b'this'); s.shutdown(socket.SHUT_WR); got = b''\n"
        "while data := s.recv(100): got += data\n"
        "print(got.decode())"
    )
    with gateway(tmp_path / "g", answer_at_the_end):
        assert forward(tmp_path / "g", port, code).stdout == "you said this\n"


def test_a_piece_of_a_stream_arrives_before_the_next_is_written(tmp_path: Path, port: int) -> None:
    def in_turns(connection: socket.socket) -> None:
        for number in range(20):
            connection.sendall(b"%04d" % number)
            assert connection.recv(2) == b"ok"

    code = CONNECT + "for n in range(20):\n    assert int(s.recv(4)) == n\n    s.sendall(b'ok')\nprint('all')"
    with gateway(tmp_path / "g", in_turns):
        assert forward(tmp_path / "g", port, code).stdout == "all\n"


def test_large_bodies_come_through_whole_both_ways_even_to_a_slow_reader(tmp_path: Path, port: int) -> None:
    def take_all_then_answer(connection: socket.socket) -> None:
        asked = bytearray()
        while data := connection.recv(1 << 12):
            asked += data
        connection.sendall(bytes(reversed(asked)))

    code = CONNECT + (
        "import random; body = random.Random(0).randbytes(20_000_000)\n"
        "s.sendall(body); s.shutdown(socket.SHUT_WR); got = bytearray()\n"
        "while data := s.recv(1 << 12): got += data\n"
        "print(got == body[::-1])"
    )
    with gateway(tmp_path / "g", take_all_then_answer):
        assert forward(tmp_path / "g", port, code).stdout == "True\n"


def test_more_connections_than_are_served_at_one_time_all_get_their_turn(tmp_path: Path, port: int) -> None:
    code = (
        "import socket, sys\n"
        "def use(n):\n"
        "    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60) as s:\n"
        "        s.sendall(b'%06d' % n)\n"
        "        return int(s.recv(6)) == n\n"
        "held = [socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=60) for _ in range(450)]\n"
        "for n, s in enumerate(held): s.sendall(b'%06d' % n)\n"
        "right = 0\n"
        "for n, s in enumerate(held):\n"
        "    right += int(s.recv(6)) == n\n"
        "    s.close()\n"
        "print(right, all(use(n) for n in range(50)))"
    )
    with gateway(tmp_path / "g", echo):
        done = forward(tmp_path / "g", port, code)
    assert done.stdout == "450 True\n", done.stderr


def test_a_gateway_that_hangs_up_ends_the_clients_connection(tmp_path: Path, port: int) -> None:
    with gateway(tmp_path / "g", lambda connection: None):
        done = forward(tmp_path / "g", port, CONNECT + "print(s.recv(10))")
    assert done.stdout == "b''\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_the_exit_code_is_the_commands(tmp_path: Path, port: int, code: str, expected: int) -> None:
    with gateway(tmp_path / "g", echo):
        assert forward(tmp_path / "g", port, code).returncode == expected


def test_a_command_that_is_not_there_gives_127(tmp_path: Path, port: int) -> None:
    with gateway(tmp_path / "g", echo):
        done = subprocess.run(command(tmp_path / "g", port, "no-such-program"), capture_output=True, check=False)
    assert done.returncode == 127
    assert b"no-such-program" in done.stderr


def test_without_a_gateway_the_command_is_not_started(tmp_path: Path, port: int) -> None:
    done = forward(tmp_path / "missing", port, "print('started')")
    assert (done.returncode, done.stdout) == (125, "")
    assert "no gateway" in done.stderr


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with gateway(tmp_path / "g", echo), socket.create_server(("127.0.0.1", 0)) as server:
        done = forward(tmp_path / "g", server.getsockname()[1], "print('started')")
    assert (done.returncode, done.stdout) == (125, "")
    assert "in use" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_command(tmp_path: Path, port: int, number: signal.Signals) -> None:
    code = (
        "import signal, sys\n"
        "def caught(number, frame): print(number, flush=True); sys.exit(3)\n"
        f"signal.signal({int(number)}, caught); print('ready', flush=True); signal.pause()"
    )
    with gateway(tmp_path / "g", echo):
        line = command(tmp_path / "g", port, sys.executable, "-c", code)
        with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            running.send_signal(number)
            assert running.stdout.readline() == f"{int(number)}\n"
            assert running.wait() == 3
