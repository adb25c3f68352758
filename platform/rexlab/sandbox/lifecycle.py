"""What sandboxes of every backend share: commands while open, none after ``close``, which waits for them."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rexlab.errors import SandboxError
from rexlab.sandbox.base import Ended, ExecResult, SandboxSpec
from rexlab.sandbox.capture import HeadTail
from rexlab.sandbox.environment import full_environment

_SIGXFSZ_EXIT = 128 + 25
"""How a program ends that writes past the largest allowed file and does not expect it."""


@dataclass(frozen=True)
class Job:
    """One command to run."""

    argv: Sequence[str]
    env: Mapping[str, str]
    """The whole environment."""
    timeout_s: float
    cancelled: Callable[[], bool]
    on_output: Callable[[bytes], None] | None

    def streams(self, limit: int) -> tuple[HeadTail, HeadTail]:
        """What takes its standard output and its standard error, at most so many bytes of each."""
        return HeadTail(limit, self.on_output), HeadTail(limit, self.on_output)


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    ended: Ended
    exit_code: int | None
    stdout: HeadTail
    stderr: HeadTail
    seconds: float

    def result(self) -> ExecResult:
        """As the caller gets it."""
        ended = self.ended
        if ended is Ended.EXITED and self.exit_code == _SIGXFSZ_EXIT:
            ended = Ended.DISK
        return ExecResult(
            exit_code=self.exit_code if ended is Ended.EXITED else None,
            ended=ended,
            stdout=self.stdout.text(),
            stderr=self.stderr.text(),
            seconds=self.seconds,
            truncated=self.stdout.full or self.stderr.full,
        )


class SandboxBase(ABC):
    """Implements ``Sandbox`` but for running a job and for tidying up."""

    def __init__(self, spec: SandboxSpec, base_env: Mapping[str, str]) -> None:
        self._spec = spec
        self._base_env = base_env
        self._idle = threading.Condition()
        self._running = 0
        self._closing = False
        self._closed = False

    @abstractmethod
    def _run(self, job: Job) -> Outcome:
        """Run the job to its end; nothing of it runs any more on return, whatever happened."""

    @abstractmethod
    def _tidy(self) -> None:
        """Give back what the sandbox holds; called once, with nothing running."""

    def path(self, inside: str) -> str:
        """See ``Sandbox.path``: the same path, where the sandbox has a file system of its own."""
        return inside

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout_s: float,
        env: Mapping[str, str] | None = None,
        cancelled: Callable[[], bool] | None = None,
        on_output: Callable[[bytes], None] | None = None,
    ) -> ExecResult:
        """See ``Sandbox.exec``. Closing the sandbox meanwhile cancels the command."""
        if not argv or not all(isinstance(word, str) and "\0" not in word for word in argv):
            raise SandboxError(f"{self._spec.name}: {argv!r} is not a command line")
        job = Job(
            argv=argv,
            env=full_environment(self._base_env, self._spec.env, env or {}),
            timeout_s=timeout_s,
            cancelled=lambda: self._closing or (cancelled is not None and cancelled()),
            on_output=on_output,
        )
        with self._idle:
            if self._closing:
                raise SandboxError(f"{self._spec.name}: the sandbox is closed")
            self._running += 1
        try:
            return self._run(job).result()
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def close(self) -> None:
        """See ``Sandbox.close``."""
        with self._idle:
            self._closing = True
            self._idle.wait_for(lambda: self._running == 0)
            if self._closed:
                return
            self._closed = True
        self._tidy()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
