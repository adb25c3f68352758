"""Pipes and files in memory for the programs that are started, closed together."""

import os
from contextlib import ExitStack


class DescriptorSet(ExitStack):
    """Descriptors that are closed on leaving; those handed to a child earlier, by ``close_inherited``."""

    def __init__(self) -> None:
        super().__init__()
        self.inherited: list[int] = []
        """What a child gets, besides its standard streams."""
        self._child_ends: list[int] = []
        self.callback(self.close_inherited)

    def pipe_from_child(self) -> tuple[int, int]:
        """A pipe the child writes to: (our end, which never blocks; its end)."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self.callback(os.close, reading)
        self._child_ends.append(writing)
        os.set_blocking(reading, False)
        return reading, writing

    def pipe_to_child(self) -> tuple[int, int]:
        """A pipe the child reads from: (its end, our end)."""
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._child_ends.append(reading)
        self.callback(os.close, writing)
        return reading, writing

    def file(self, content: bytes) -> int:
        """A file in memory, at its beginning, for the child to read."""
        fd = os.memfd_create("rexlab", os.MFD_CLOEXEC)
        self._child_ends.append(fd)
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def process(self, pid: int) -> int:
        """A descriptor that becomes readable when the process has ended."""
        fd = os.pidfd_open(pid)
        self.callback(os.close, fd)
        return fd

    def inherit(self, fd: int) -> int:
        """Let the child have ``fd``, under the same number."""
        self.inherited.append(fd)
        return fd

    def close_inherited(self) -> None:
        """Close our copies of the child's ends; right after it was started."""
        while self._child_ends:
            os.close(self._child_ends.pop())
