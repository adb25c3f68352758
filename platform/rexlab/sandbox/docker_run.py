"""Run one command in a container: create, attach, start, watch, end, remove."""

import os
import socket
import struct
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rexlab.errors import SandboxError
from rexlab.sandbox import processes, rlimits, supervise
from rexlab.sandbox.base import Ended, SandboxSpec
from rexlab.sandbox.capture import HeadTail
from rexlab.sandbox.guards import MB, DiskUse
from rexlab.sandbox.holdings import Holdings
from rexlab.sandbox.lifecycle import Job, Outcome
from rexlab.sandbox.owner import Owner, own_container

if TYPE_CHECKING:
    from docker import APIClient

LABEL = "rexlab=1"
NAME_LABEL, OWNER_LABEL, DEADLINE_LABEL = "rexlab.name", "rexlab.owner", "rexlab.deadline"
CONTAINER_LABEL = "rexlab.container"
"""The container that the owner runs in, on the same engine; empty when in none."""
_END_S = 30.0
"""Longest that the engine may take to end a container."""
_DRAIN_S = 5.0
"""Longest that it may take to pass on the last output."""
_REMOVAL_IN_PROGRESS = 409
_left: set[str] = set()
"""Ids of containers that this process made and could not remove."""


@dataclass(frozen=True)
class Frame:
    """What all commands of one sandbox have in common."""

    client: "APIClient"
    spec: SandboxSpec
    holdings: Holdings
    image: str


class Demultiplexer:
    """Splits the engine's one stream, where each piece has a header, into standard output and error."""

    _HEADER = struct.Struct(">BxxxL")

    def __init__(self, stdout: HeadTail, stderr: HeadTail) -> None:
        self._sinks = {1: stdout, 2: stderr}
        self._header = b""
        self._sink = stdout
        self._left = 0

    @property
    def full(self) -> bool:
        """Whether something has been dropped."""
        return any(sink.full for sink in self._sinks.values())

    def add(self, data: bytes) -> None:
        """Take the next bytes; pieces and headers may be cut anywhere."""
        while data:
            if self._left:
                self._sink.add(data[: self._left])
                taken = min(self._left, len(data))
                self._left -= taken
                data = data[taken:]
                continue
            wanted = self._HEADER.size - len(self._header)
            self._header, data = self._header + data[:wanted], data[wanted:]
            if len(self._header) == self._HEADER.size:
                stream, self._left = self._HEADER.unpack(self._header)
                self._sink = self._sinks.get(stream, self._sink)
                self._header = b""


def run(frame: Frame, job: Job) -> Outcome:
    """Run the job; on return its container is gone."""
    import docker

    started = time.monotonic()
    try:
        with ExitStack() as stack:
            return _Running(frame, job, stack, started).finish()
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxError(f"{frame.spec.name}: Docker failed: {error}") from error


class _Running:
    """A container, from its creation to its removal (which ``stack`` sees to)."""

    def __init__(self, frame: Frame, job: Job, stack: ExitStack, started: float) -> None:
        self._frame = frame
        self._job = job
        self._started = started
        self._stdout, self._stderr = job.streams(frame.spec.limits.output_bytes)
        client = frame.client
        self._id = _create(frame, job)
        stack.callback(remove, client, self._id)
        attached = client.attach_socket(self._id, params={"stdout": 1, "stderr": 1, "stream": 1, "logs": 0})
        stack.callback(attached._response.close)  # or the connection stays open
        # What the SDK gives is a buffered reader of one kind or another; the socket below it is plain.
        self._socket = socket.socket(fileno=os.dup(attached.fileno()))
        stack.callback(self._socket.close)
        self._socket.setblocking(False)
        stream = self._socket.fileno()
        client.start(self._id)
        ended, self._tell = os.pipe2(os.O_CLOEXEC)
        stack.callback(os.close, ended)
        self._waiter = threading.Thread(target=self._wait, name=f"wait-{frame.spec.name}", daemon=True)
        self._waiter.start()
        self._guards = [DiskUse(frame.spec.limits, frame.holdings.writable, self._pids)]
        self._watched = supervise.Watched({stream: Demultiplexer(self._stdout, self._stderr)}, ended, self._guards)

    def finish(self) -> Outcome:
        """Watch the command, end the container, and say how it went."""
        left = self._job.timeout_s - (time.monotonic() - self._started)
        try:
            ended = supervise.watch(self._watched, timeout_s=left, cancelled=self._job.cancelled)
        finally:
            self._end()
        state = self._frame.client.inspect_container(self._id)["State"]
        exit_code: int | None = None
        if ended is Ended.EXITED:
            ended = Ended.MEMORY if state["OOMKilled"] else supervise.ask(self._guards) or ended
            exit_code = int(state["ExitCode"])
        return Outcome(ended, exit_code, self._stdout, self._stderr, time.monotonic() - self._started)

    def _wait(self) -> None:
        """In a thread: return when the container has stopped, and let the watching loop know."""
        import docker

        try:
            # When the container is gone already, or the engine, then inspecting the container tells.
            with suppress(docker.errors.DockerException, OSError):
                self._frame.client.wait(self._id)
        finally:
            os.close(self._tell)

    def _end(self) -> None:
        """Make sure nothing runs any more, and read what it still printed."""
        import docker

        if self._waiter.is_alive():
            # Whoever does not read must not stay attached: the engine would wait for us, and so would the kill.
            supervise.drain(self._watched)
            self._socket.shutdown(socket.SHUT_RDWR)
            with suppress(docker.errors.APIError):  # it stopped meanwhile
                self._frame.client.kill(self._id)
        else:
            # The engine closes the stream once it has passed on everything.
            supervise.drain(self._watched, patience_s=_DRAIN_S)
        self._waiter.join(_END_S)
        if self._waiter.is_alive():
            raise SandboxError(f"{self._frame.spec.name}: the engine does not end container {self._id[:12]}")

    def _pids(self) -> list[int]:
        """The container's processes, where this process may look into them."""
        if os.getuid() != 0:
            return []
        first = int(self._frame.client.inspect_container(self._id)["State"]["Pid"])
        return [first, *processes.descendants(first)] if first else []


def remove(client: "APIClient", container: str) -> None:
    """Remove a container, running or not; gone already is fine. Where the engine does not answer, it is left for
    ``remove_left``."""
    import docker

    try:
        client.remove_container(container, force=True, v=True)
    except docker.errors.NotFound:
        pass
    except docker.errors.APIError as error:
        if error.status_code != _REMOVAL_IN_PROGRESS:
            raise
    except OSError:
        _left.add(container)
        raise
    _left.discard(container)


def remove_left(client: "APIClient") -> None:
    """Remove the containers that this process could not: nobody else does while it lives. One that the engine refuses
    to remove stays, and must hinder no other.

    Raises:
        OSError: the engine does not answer now either.
    """
    import docker

    for container in tuple(_left):
        try:
            remove(client, container)
        except docker.errors.APIError:
            _left.discard(container)


def _create(frame: Frame, job: Job) -> str:
    """Create the container of one command; its id."""
    from docker.types import DeviceRequest, LogConfig, Mount, Ulimit

    client, spec, slot = frame.client, frame.spec, frame.holdings.slot
    remove_left(client)
    limits = spec.limits
    memory = limits.memory_mb * MB
    tmp_bytes = min(limits.disk_mb, limits.memory_mb) * MB
    file_bytes = limits.disk_mb * MB
    host_config = client.create_host_config(
        init=True,
        network_mode="none",
        ipc_mode="private",
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        read_only=True,
        tmpfs={"/tmp": f"size={tmp_bytes},mode=1777,exec"},
        shm_size=memory,
        mem_limit=memory,
        memswap_limit=memory,
        pids_limit=limits.pids + 1,  # one is the engine's init
        nano_cpus=limits.cpus * 10**9,
        oom_score_adj=int(rlimits.OOM_SCORE),
        ulimits=[
            Ulimit(name="core", soft=0, hard=0),
            Ulimit(name="fsize", soft=file_bytes, hard=file_bytes),
            Ulimit(name="nofile", soft=rlimits.OPEN_FILES, hard=rlimits.OPEN_FILES),
        ],
        # Output is ours to bound and keep; the engine's copy of it would fill the disk.
        log_config=LogConfig(type="none"),
        mounts=[
            Mount(mount.target, str(mount.source.resolve()), type="bind", read_only=not mount.writable)
            for mount in spec.mounts
        ],
        device_requests=[DeviceRequest(device_ids=[gpu.uuid for gpu in spec.gpus], capabilities=[["gpu"]])]
        if spec.gpus
        else None,
    )
    created: dict[str, Any] = client.create_container(
        frame.image,
        entrypoint=[job.argv[0]],
        command=list(job.argv[1:]),
        user=f"{slot.uid}:{slot.gid}",
        hostname="rexlab",
        working_dir=spec.workdir,
        environment=dict(job.env),
        labels={
            "rexlab": "1",
            NAME_LABEL: spec.name,
            OWNER_LABEL: str(Owner.me()),
            CONTAINER_LABEL: own_container(),
            DEADLINE_LABEL: f"{time.time() + job.timeout_s:.0f}",
        },
        host_config=host_config,
    )
    return str(created["Id"])
