"""The docker backend: a fresh container for each command."""

import os
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rexlab.errors import SandboxError, SandboxUnavailableError
from rexlab.sandbox import docker_run
from rexlab.sandbox.base import Availability, Interpreter, Sandbox, SandboxSpec
from rexlab.sandbox.environment import base_environment
from rexlab.sandbox.holdings import Holdings, validate
from rexlab.sandbox.lifecycle import Job, Outcome, SandboxBase
from rexlab.sandbox.owner import Owner

if TYPE_CHECKING:
    from docker import APIClient

BASE_IMAGE = "rexlab/base:1"
"""Built by ``containers/offline/build-base.sh``, which names the same."""
_BUILD = "run containers/offline/build-base.sh"
_ENGINE = "install and start Docker (Debian: apt-get install docker.io; then containers/offline/start-engine.sh)"
_HOME = "/tmp"
_PATIENCE_S = 2
"""How long an engine that does not answer may hold up ``check``."""
_ANSWER_S = 60
"""How long it may take to answer anything else."""
_SWEEP_GRACE_S = 60.0


class DockerBackend:
    """Makes sandboxes with a Docker engine on this machine."""

    name = "docker"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connected: APIClient | None = None

    def check(self) -> Availability:
        """See ``SandboxBackend.check``."""
        with self._lock:
            self._connected = None  # an engine that is about to end still answers over the connections it has
        try:
            engine = str(self._ask(lambda client: client.version(), patience_s=_PATIENCE_S)["Version"])
            image = self._image(BASE_IMAGE)
        except (SandboxUnavailableError, SandboxError) as error:  # it is not there, or does not do what it should
            return Availability(False, str(error), _ENGINE)
        if image is None:
            return Availability(False, f"Docker {engine}, but the image {BASE_IMAGE} is missing", _BUILD)
        return Availability(True, f"Docker {engine}, image {BASE_IMAGE}", unprotected=_unprotected(engine))

    def interpreter(self) -> Interpreter:
        """See ``SandboxBackend.interpreter``: the base image's Python."""
        image = self._image(BASE_IMAGE)
        if image is None:
            raise SandboxUnavailableError(f"the docker image {BASE_IMAGE} is missing; {_BUILD}")
        labels = image["Config"]["Labels"] or {}
        return Interpreter(labels["rexlab.interpreter"], labels["rexlab.python"])

    def create(self, spec: SandboxSpec) -> Sandbox:
        """See ``SandboxBackend.create``."""
        if spec.image is not None and self._image(spec.image) is None:
            raise SandboxUnavailableError(f"the docker image {spec.image} is missing; build or pull it")
        # Another image knows best where its programs are.
        interpreter = self.interpreter() if spec.image is None else None
        return DockerSandbox(spec, self._client(), base_environment(spec.limits, _HOME, interpreter, spec.gpus))

    def sweep(self) -> list[str]:
        """See ``SandboxBackend.sweep``: containers whose owner has ended, or that are long past their deadline."""
        removed = []
        for container in self._ask(lambda client: client.containers(all=True, filters={"label": docker_run.LABEL})):
            labels, identity = container["Labels"], container["Id"]
            if _abandoned(labels) or self._is_orphan(labels, container["Created"]):
                self._ask(partial(docker_run.remove, container=identity))
                removed.append(f"container {labels.get(docker_run.NAME_LABEL, identity)}")
        return removed

    def _is_orphan(self, labels: Mapping[str, str], created: float) -> bool:
        """Whether the container that its owner ran in is gone, has ended, or was started anew since."""
        import docker

        def look(client: "APIClient") -> "dict[str, Any] | None":
            try:
                found: dict[str, Any] = client.inspect_container(owners)["State"]
            except docker.errors.NotFound:
                return None
            return found

        owners = labels.get(docker_run.CONTAINER_LABEL, "")
        if not owners:
            return False
        state = self._ask(look)
        if state is None or not state["Running"]:
            return True
        return datetime.fromisoformat(state["StartedAt"]).timestamp() > created + 1  # the engine tells whole seconds

    def _client(self, patience_s: int = _ANSWER_S) -> "APIClient":
        """The connection to the engine, made when first needed."""
        import docker

        with self._lock:
            if self._connected is None:
                try:
                    client = docker.from_env(version="auto", timeout=patience_s).api
                except (docker.errors.DockerException, OSError) as error:
                    raise _no_engine() from error
                client.timeout = _ANSWER_S
                self._connected = client
            return self._connected

    def _ask(self, question: "Callable[[APIClient], Any]", patience_s: int = _ANSWER_S) -> Any:
        """Ask the engine, its errors as ours."""
        import docker
        import requests

        try:
            return question(self._client(patience_s))
        except requests.ConnectionError as error:
            raise _no_engine() from error
        except (docker.errors.DockerException, OSError) as error:
            raise SandboxError(f"Docker failed: {error}") from error

    def _image(self, name: str) -> "dict[str, Any] | None":
        import docker

        def look(client: "APIClient") -> "dict[str, Any] | None":
            try:
                found: dict[str, Any] = client.inspect_image(name)  # type: ignore[no-untyped-call]
            except docker.errors.ImageNotFound:
                return None
            return found

        image: dict[str, Any] | None = self._ask(look)
        return image


def _no_engine() -> SandboxUnavailableError:
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    socket, why = Path(address.removeprefix("unix://")), ""
    if address.startswith("unix://") and socket.exists() and not os.access(socket, os.W_OK):
        why = f": its socket is for group {socket.stat().st_gid}, of which this user is not"
    return SandboxUnavailableError(f"no Docker engine answers at {address}{why}")


def _abandoned(labels: Mapping[str, str]) -> bool:
    """Whether nobody will end this container any more."""
    owner = Owner.parse(labels.get(docker_run.OWNER_LABEL, ""))
    if owner is not None and owner.is_local():
        return owner.is_dead()
    # An owner on another machine, or in another container, cannot be judged from here; its deadline can.
    return time.time() > float(labels.get(docker_run.DEADLINE_LABEL, "inf")) + _SWEEP_GRACE_S


class DockerSandbox(SandboxBase):
    """One sandbox: each command is a container of its own, with an empty /tmp."""

    def __init__(self, spec: SandboxSpec, client: "APIClient", base_env: Mapping[str, str]) -> None:
        validate(spec)
        super().__init__(spec, base_env)
        self._holdings = Holdings(spec, group=False)
        self._frame = docker_run.Frame(client, spec, self._holdings, spec.image or BASE_IMAGE)

    def _run(self, job: Job) -> Outcome:
        return docker_run.run(self._frame, job)

    def _tidy(self) -> None:
        self._holdings.close()


def _unprotected(engine: str) -> tuple[str, ...]:
    found = ["programs share the host's kernel"]
    major = re.match(r"\d+", engine)
    if major is not None and int(major.group()) < 23:
        found.append("on a virtual machine this engine lets programs reach the machine's host through AF_VSOCK")
    if os.getuid() != 0:
        found.append("programs of all sandboxes run as this user's id, so their process limits add up")
    return tuple(found)
