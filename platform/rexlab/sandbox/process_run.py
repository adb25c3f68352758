"""Run one command of the process sandbox under the launcher: plan, limit, watch, end."""

import marshal
import os
import select
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from rexlab.errors import SandboxError
from rexlab.sandbox import launcher, processes, supervise
from rexlab.sandbox.base import Ended
from rexlab.sandbox.descriptors import DescriptorSet
from rexlab.sandbox.guards import DiskUse, GroupMemory, Guard, PolledTree
from rexlab.sandbox.lifecycle import Job, Outcome
from rexlab.sandbox.process_plan import TMP_PLACEHOLDER, Setting, launcher_plan

_END_S = 10.0
"""Longest that ending everything may take."""


def run(setting: Setting, job: Job, *, workdir: str, tmp: Path) -> Outcome:
    """Run the job, in ``workdir`` and with ``tmp`` as its temporary folder; on return its processes are gone."""
    started = time.monotonic()
    with DescriptorSet() as descriptors:
        running = _Running(setting, job, descriptors)
        try:
            running.release(workdir, tmp)
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
    """A supervisor that runs ``launcher``."""

    def __init__(self, setting: Setting, job: Job, descriptors: DescriptorSet) -> None:
        self._setting = setting
        self._job = job
        self._name = setting.spec.name
        self.stdout, self.stderr = job.streams(setting.spec.limits.output_bytes)
        slot = setting.holdings.slot
        out, child_out = descriptors.pipe_from_child()
        err, child_err = descriptors.pipe_from_child()
        for fd in (child_out, child_err):
            os.fchown(fd, slot.uid, slot.gid)  # so that programs may open /dev/stdout
        self._status_fd, self._child_status = descriptors.pipe_from_child()
        child_plan, self._plan_fd = descriptors.pipe_to_child()
        self._streams = {out: self.stdout, err: self.stderr}
        descriptors.inherit(self._child_status)
        try:
            self._process = subprocess.Popen(
                [setting.interpreter.executable, "-I", "-S", launcher.__file__, str(descriptors.inherit(child_plan))],
                stdin=subprocess.DEVNULL,
                stdout=child_out,
                stderr=child_err,
                pass_fds=descriptors.inherited,
                env={},
                cwd="/",
                start_new_session=True,  # an interrupt typed at the terminal is for us to handle
            )
        except OSError as error:
            raise SandboxError(f"{self._name}: cannot start {setting.interpreter.executable}: {error}") from error
        descriptors.close_inherited()
        self._pidfd = descriptors.process(self._process.pid)
        self.watched = supervise.Watched(self._streams, self._pidfd)

    def release(self, workdir: str, tmp: Path) -> None:
        """Put limits on the supervisor and what it will start, then tell it what that is."""
        holdings, pid = self._setting.holdings, self._process.pid
        limits = self._setting.spec.limits
        if holdings.group is not None:
            holdings.group.add(pid)
        in_memory = ["/dev/shm"] if self._setting.private_view else []
        memory: Guard = GroupMemory(holdings.group) if holdings.group else PolledTree(limits, pid, in_memory)
        disk = DiskUse(limits, [*holdings.writable, tmp], lambda: processes.descendants(pid))
        self.watched = supervise.Watched(self._streams, self._pidfd, [memory, disk])
        plan = launcher_plan(
            self._setting,
            argv=self._job.argv,
            env={name: value.replace(TMP_PLACEHOLDER, str(tmp)) for name, value in self._job.env.items()},
            workdir=workdir,
            tmp=tmp,
            status=self._child_status,
        )
        with suppress(BrokenPipeError), open(self._plan_fd, "wb", closefd=False) as file:
            marshal.dump(plan, file)  # where the supervisor has ended already, its status says why

    def exit_code(self) -> int:
        """What the supervisor reports of the program; only once it has ended by itself."""
        report = b""
        with suppress(BlockingIOError):
            while data := os.read(self._status_fd, 4096):
                report += data
        verb, _, value = report.decode("utf-8", "replace").strip().partition(" ")
        if verb == "exit":
            return int(value)
        reason = value if verb == "failed" else self.stderr.text()[-2000:].strip()
        raise SandboxError(f"{self._name}: the process sandbox failed: {reason or 'its supervisor was ended'}")

    def end(self) -> None:
        """Have the supervisor end everything, and wait until it has."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGUSR1)
        ready, _, _ = select.select([self._pidfd], [], [], _END_S)
        if not ready:
            self._process.kill()
        self._process.wait()
        if not ready:
            raise SandboxError(f"{self._name}: processes of the sandbox do not end")
