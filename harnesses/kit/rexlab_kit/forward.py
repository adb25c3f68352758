"""Runs a command with a port of the loopback address connected to the gateway's Unix socket: the only way out.

Usage: python forward.py --socket PATH --port PORT -- COMMAND [ARGUMENT…]

Ends with the command's exit code (128 + signal when a signal ended it, 127 or 126 when it cannot be started), or with
125 when nothing could be forwarded. Standard library alone, any Python from 3.8 on.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading

CHUNK = 1 << 16
MAX_CONNECTIONS = 400
"""More wait in the kernel's queue, so that the process never runs out of descriptors."""
CONNECT_TIMEOUT_S = 10
FAILED = 125


class Flow:
    """One direction of a connection: what was read from ``source`` and not yet written to ``target``."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self.waiting = b""
        self.ended = False
        """The source has said that no more will come."""
        self.done = False
        """So has been told to the target, after everything else."""

    def read(self) -> None:
        """Take what there is, only once everything before was passed on: a slow reader slows the writer."""
        try:
            data = self.source.recv(CHUNK)
        except BlockingIOError:
            return
        self.waiting = data
        self.ended = not data
        self.write()

    def write(self) -> None:
        """Pass on as much as the target takes."""
        while self.waiting:
            try:
                sent = self.target.send(self.waiting)
            except BlockingIOError:
                return
            self.waiting = self.waiting[sent:]
        if self.ended and not self.done:
            self.done = True
            self.target.shutdown(socket.SHUT_WR)


class Relay:
    """Passes bytes between the port and the socket, for all connections in one thread."""

    def __init__(self, listener: socket.socket, path: str) -> None:
        self._listener = listener
        self._path = path
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._connections = 0

    def run(self) -> None:
        """Never returns."""
        while True:
            for key, events in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj.fileno() >= 0:  # not closed by an event of its other side, just before
                    self._move(key.data, events)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # it has gone away again
            return
        gateway = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # A gateway whose queue is full is waited for; with settimeout, connect would fail at once instead.
            gateway.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", CONNECT_TIMEOUT_S, 0))
            gateway.connect(self._path)
        except OSError as error:
            print(f"forward: {self._path}: {error}", file=sys.stderr, flush=True)
            client.close()
            gateway.close()
            return
        for end in (client, gateway):
            end.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        out, back = Flow(client, gateway), Flow(gateway, client)
        self._selector.register(client, selectors.EVENT_READ, (out, back))
        self._selector.register(gateway, selectors.EVENT_READ, (back, out))
        self._connections += 1
        if self._connections == MAX_CONNECTIONS:
            self._selector.unregister(self._listener)

    def _move(self, flows: tuple[Flow, Flow], events: int) -> None:
        """``flows``: from the side that has the events, and to it."""
        away, towards = flows
        try:
            if events & selectors.EVENT_WRITE:
                towards.write()
            if events & selectors.EVENT_READ and not away.waiting and not away.ended:
                away.read()
        except OSError:  # one side is gone, and with it what the other could still say to it
            self._close(away)
            return
        if away.done and towards.done:
            self._close(away)
            return
        self._watch(away.source, away, towards)
        self._watch(away.target, towards, away)

    def _watch(self, side: socket.socket, away: Flow, towards: Flow) -> None:
        events = 0
        if not away.waiting and not away.ended:
            events |= selectors.EVENT_READ
        if towards.waiting:
            events |= selectors.EVENT_WRITE
        watched = side in self._selector.get_map()
        if events and watched:
            self._selector.modify(side, events, (away, towards))
        elif events:
            self._selector.register(side, events, (away, towards))
        elif watched:
            self._selector.unregister(side)

    def _close(self, flow: Flow) -> None:
        for side in (flow.source, flow.target):
            if side in self._selector.get_map():
                self._selector.unregister(side)
            side.close()
        if self._connections == MAX_CONNECTIONS:
            self._selector.register(self._listener, selectors.EVENT_READ)
        self._connections -= 1


def run(command: list[str]) -> int:
    """Run the command to its end, passing signals on; returns its exit code."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, _frame: object) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        child = subprocess.Popen(command)
    except OSError as error:
        print(f"forward: {command[0]}: {error.strerror}", file=sys.stderr)
        return 126 if isinstance(error, PermissionError) else 127
    for number in early:
        child.send_signal(number)
    code = child.wait()
    return code if code >= 0 else 128 - code


def main(words: list[str]) -> int:
    """Read the command line, open the port, run the command."""
    if len(words) < 6 or words[0] != "--socket" or words[2] != "--port" or words[4] != "--":
        print("usage: forward.py --socket PATH --port PORT -- COMMAND [ARGUMENT…]", file=sys.stderr)
        return FAILED
    path, port, command = words[1], int(words[3]), words[5:]
    if not os.path.exists(path):  # noqa: PTH110  (pathlib takes longer to load than all the rest)
        print(f"forward: {path} is not there: no gateway can be reached", file=sys.stderr)
        return FAILED
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=512)
    except OSError as error:
        print(f"forward: port {port}: {error.strerror}", file=sys.stderr)
        return FAILED
    listener.setblocking(False)
    threading.Thread(target=Relay(listener, path).run, daemon=True).start()
    return run(command)


if __name__ == "__main__":
    exit_code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(exit_code)  # at once: the relay's thread has nothing to finish
