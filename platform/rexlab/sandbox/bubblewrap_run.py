"""Run one command under bubblewrap: build, limit, release, watch, end."""

import json
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import SandboxError
from rexlab.sandbox import bubblewrap_command, processes, rlimits, seccomp, supervise
from rexlab.sandbox.base import Ended, SandboxSpec
from rexlab.sandbox.descriptors import DescriptorSet
from rexlab.sandbox.guards import DiskUse, GroupMemory, Guard, PolledTree
from rexlab.sandbox.holdings import Holdings
from rexlab.sandbox.lifecycle import Job, Outcome

_START_S = 30.0
"""Longest that bubblewrap may take to build a sandbox."""
_IN_MEMORY = ("/tmp", "/dev/shm")
_END_S = 10.0
"""Longest that the kernel may take to end one."""


@dataclass(frozen=True)
class Frame:
    """What all commands of one sandbox have in common."""

    program: str
    spec: SandboxSpec
    holdings: Holdings
    view: Sequence[str]


def run(frame: Frame, job: Job) -> Outcome:
    """Run the job; on return its processes are gone."""
    started = time.monotonic()
    with DescriptorSet() as descriptors:
        running = _Running(frame, job, descriptors)
        try:
            running.start()
            running.release()
            ended = supervise.watch(
                running.watched, timeout_s=job.timeout_s - (time.monotonic() - started), cancelled=job.cancelled
            )
        finally:
            running.end()
        supervise.drain(running.watched)
        if ended is Ended.EXITED:
            ended = supervise.ask(running.watched.guards) or ended
        exit_code = running.exit_code() if ended is Ended.EXITED else None
    return Outcome(ended, exit_code, running.stdout, running.stderr, time.monotonic() - started)


class _Running:
    """A bubblewrap process and, once it made it, the first process of its sandbox."""

    def __init__(self, frame: Frame, job: Job, descriptors: DescriptorSet) -> None:
        self._frame = frame
        self._job = job
        self._descriptors = descriptors
        self.stdout, self.stderr = job.streams(frame.spec.limits.output_bytes)
        self._status = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._first: int | None = None
        self._first_pid = 0

    def start(self) -> None:
        """Have bubblewrap build the sandbox, and wait."""
        frame, job, descriptors = self._frame, self._job, self._descriptors
        slot = frame.holdings.slot
        out, child_out = descriptors.pipe_from_child()
        err, child_err = descriptors.pipe_from_child()
        for fd in (child_out, child_err):
            os.fchown(fd, slot.uid, slot.gid)  # so that programs may open /dev/stdout
        self._status_fd, child_status = descriptors.pipe_from_child()
        child_block, self._block_fd = descriptors.pipe_to_child()
        self._streams = {out: self.stdout, err: self.stderr}
        files = bubblewrap_command.generated_files(slot.uid, slot.gid)
        line = bubblewrap_command.command(
            frame.program,
            bubblewrap_command.Descriptors(
                status=descriptors.inherit(child_status),
                block=descriptors.inherit(child_block),
                seccomp=descriptors.inherit(descriptors.file(seccomp.assemble(_policy(frame)))),
                files={path: descriptors.inherit(descriptors.file(text.encode())) for path, text in files.items()},
            ),
            seen=frame.view,
            workdir=frame.spec.workdir,
            argv=[*bubblewrap_command.assignments(job.env), *job.argv],
            user=(slot.uid, slot.gid),
        )
        try:
            self._process = subprocess.Popen(
                line,
                stdin=subprocess.DEVNULL,
                stdout=child_out,
                stderr=child_err,
                pass_fds=descriptors.inherited,
                env=bubblewrap_command.harmless(job.env),
                cwd="/",
                start_new_session=True,  # an interrupt typed at the terminal is for us to handle
            )
        except OSError as error:
            raise SandboxError(f"{frame.spec.name}: cannot start bubblewrap: {error}") from error
        descriptors.close_inherited()
        self.watched = supervise.Watched(self._streams, descriptors.process(self._process.pid))

    def release(self) -> None:
        """Wait until the sandbox stands, put limits on it, and let the program start."""
        first = self._wait_for_first()
        self._first_pid = first
        self._first = self._descriptors.process(first)
        limits, holdings = self._frame.spec.limits, self._frame.holdings
        if holdings.group is not None:
            holdings.group.add(first)
        allowed = rlimits.processes_allowed(limits, own_id=holdings.slot.reserved, own_user_namespace=os.getuid() != 0)
        table = rlimits.per_process(self._frame.spec, processes=allowed, memory_polled=holdings.group is None)
        for name, value in table.items():
            resource.prlimit(first, name, (value, value))
        with suppress(PermissionError):  # some kernels keep it from an unprivileged caller; nothing depends on it
            Path(f"/proc/{first}/oom_score_adj").write_text(rlimits.OOM_SCORE)
        self.watched = supervise.Watched(self._streams, self.watched.finished, self._guards())
        os.write(self._block_fd, b"1")

    def _guards(self) -> list[Guard]:
        limits, holdings, first = self._frame.spec.limits, self._frame.holdings, self._first_pid
        memory = GroupMemory(holdings.group) if holdings.group else PolledTree(limits, first, _IN_MEMORY)
        return [memory, DiskUse(limits, holdings.writable, lambda: processes.descendants(first))]

    def _wait_for_first(self) -> int:
        deadline = time.monotonic() + _START_S
        while b"\n" not in self._status:
            ready, _, _ = select.select([self._status_fd], [], [], max(0.0, deadline - time.monotonic()))
            if not ready or not self._read_status():
                self.end()
                supervise.drain(self.watched)
                raise SandboxError(f"{self._frame.spec.name}: bubblewrap failed: {self.stderr.text().strip()}")
        return int(json.loads(self._status.split(b"\n", 1)[0])["child-pid"])

    def _read_status(self) -> bool:
        try:
            data = os.read(self._status_fd, 4096)
        except BlockingIOError:
            return False
        self._status += data
        return bool(data)

    def exit_code(self) -> int:
        """What bubblewrap reports of the program; only once it has ended by itself."""
        while self._read_status():
            pass
        for line in self._status.splitlines():
            report = json.loads(line)
            if "exit-code" in report:
                return int(report["exit-code"])
        raise SandboxError(f"{self._frame.spec.name}: bubblewrap failed: {self.stderr.text()[-2000:].strip()}")

    def end(self) -> None:
        """End bubblewrap and everything in the sandbox, and wait until the kernel has done so."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            if self._first is not None:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        if self._first is None:
            self._process.kill()  # and the kernel kills the first process with it
        self._process.wait()
        if self._first is not None:
            # The first process of a pid namespace ends only after all others in it.
            ready, _, _ = select.select([self._first], [], [], _END_S)
            if not ready:
                raise SandboxError(f"{self._frame.spec.name}: processes of the sandbox do not end")
            with suppress(ChildProcessError):  # whoever adopted it reaps it; perhaps that is us
                os.waitid(os.P_PIDFD, self._first, os.WEXITED | os.WNOHANG)


def _policy(frame: Frame) -> seccomp.Policy:
    return seccomp.Policy(
        families=(seccomp.AF_UNIX, seccomp.AF_INET, seccomp.AF_INET6, seccomp.AF_NETLINK),
        own_ipc=True,
        own_pids=True,
        anonymous_files=frame.holdings.group is not None,
    )
