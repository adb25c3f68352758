"""Runs one shell command with a time limit; keeps the beginning and the end of what it prints."""

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO

KEEP = 5_000
"""Bytes kept of the beginning of an output, and of its end."""
_SECRET = ("OPENAI_", "ANTHROPIC_", "REXLAB_API_KEY", "REXLAB_BASE_URL", "REXLAB_KIT")


class _Tail(threading.Thread):
    """Reads a pipe to its end, however much comes, and holds little of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._head = b""
        self._tail = b""
        self._total = 0

    def run(self) -> None:
        while piece := os.read(self._pipe.fileno(), 65536):
            self._total += len(piece)
            room = KEEP - len(self._head)
            self._head += piece[:room]
            self._tail = (self._tail + piece[room:])[-KEEP:]

    def text(self) -> str:
        gap = self._total - len(self._head) - len(self._tail)
        middle = f"\n[... {gap} bytes left out ...]\n".encode() if gap else b""
        return (self._head + middle + self._tail).decode("utf-8", "replace")


def run_shell(command: str, workspace: Path, timeout_s: float) -> str:
    """Run ``command`` in the workspace; its output and how it ended. Processes it leaves are killed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=workspace,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout
    output = _Tail(process.stdout)
    output.start()
    try:
        code = process.wait(timeout_s)
        ended = f"(exit code {code})"
    except subprocess.TimeoutExpired:
        ended = f"(ended after {timeout_s:g} seconds, the limit of one command)"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    output.join(5)  # longer only where a process left the group with the pipe in its hand
    return f"{output.text().rstrip()}\n{ended}".lstrip("\n")
