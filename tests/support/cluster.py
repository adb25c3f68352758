"""A cluster on one machine: a broker, a store, and workers that are real ``rexlab worker`` processes."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.shell import Shell

START_S = 60.0


class WorkerProcess:
    """A ``rexlab worker`` in a process group of its own."""

    def __init__(self, shell: Shell, log: Path, *arguments: str, below: Sequence[str] = ()) -> None:
        """``below`` is a program that starts it in its own place (``unshare``, ``env``), with its arguments."""
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*below, shell.command, "worker", *arguments],
                cwd=shell.folder,
                env=shell.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def await_ready(self) -> None:
        """Return once it listens."""
        deadline = time.monotonic() + START_S
        while "listens to" not in self.said:
            assert self.process.poll() is None, f"the worker ended: {self.said}"
            assert time.monotonic() < deadline, f"the worker does not listen: {self.said}"
            time.sleep(0.1)

    def signal_all(self, how: signal.Signals) -> None:
        """To every process of it."""
        os.killpg(self.process.pid, how)

    def end(self) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def worker(shell: Shell, *arguments: str, name: str = "worker") -> Iterator[WorkerProcess]:
    """A worker that listens; ended at the end, and its traceback is a failure."""
    started = WorkerProcess(shell, shell.folder / f"{name}.log", *arguments)
    try:
        started.await_ready()
        yield started
        started.end()
        assert "Traceback" not in started.said, started.said
    finally:
        if started.process.poll() is None:
            started.signal_all(signal.SIGKILL)
            started.process.wait()


def await_that(holds: Callable[[], object], patience_s: float = 60.0) -> None:
    """Return once it holds; the test fails when it does not in time."""
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)
