"""The docker backend: a fresh container for each command."""

import os
import re
import threading
import time
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
        try:
            engine = self._client(timeout=_PATIENCE_S).version()["Version"]
        except SandboxUnavailableError as error:
            return Availability(False, str(error), _ENGINE)
        if self._image(BASE_IMAGE) is None:
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
        return DockerSandbox(spec, self._client(), self.interpreter())

    def sweep(self) -> list[str]:
        """See ``SandboxBackend.sweep``: containers whose owner has ended, or that are long past their deadline."""
        client, removed = self._client(), []
        for container in client.containers(all=True, filters={"label": docker_run.LABEL}):
            labels = container["Labels"]
            owner = Owner.parse(labels.get(docker_run.OWNER_LABEL, ""))
            # An owner on another machine, or in another container, cannot be judged; a deadline can.
            expired = time.time() > float(labels.get(docker_run.DEADLINE_LABEL, "inf")) + _SWEEP_GRACE_S
            if expired or (owner is not None and owner.is_dead()):
                docker_run.remove(client, container["Id"])
                removed.append(f"container {labels.get(docker_run.NAME_LABEL, container['Id'])}")
        return removed

    def _client(self, timeout: int = _ANSWER_S) -> "APIClient":
        """The connection to the engine, made when first needed."""
        import docker

        with self._lock:
            if self._connected is None:
                try:
                    client = docker.from_env(version="auto", timeout=timeout).api
                except (docker.errors.DockerException, OSError) as error:
                    raise SandboxUnavailableError(f"no Docker engine answers: {_brief(error)}") from error
                client.timeout = _ANSWER_S
                self._connected = client
            return self._connected

    def _image(self, name: str) -> "dict[str, Any] | None":
        import docker

        try:
            found: dict[str, Any] = self._client().inspect_image(name)  # type: ignore[no-untyped-call]
        except docker.errors.ImageNotFound:
            return None
        except (docker.errors.DockerException, OSError) as error:
            raise SandboxError(f"Docker failed: {_brief(error)}") from error
        return found


class DockerSandbox(SandboxBase):
    """One sandbox: each command is a container of its own, with an empty /tmp."""

    def __init__(self, spec: SandboxSpec, client: "APIClient", interpreter: Interpreter) -> None:
        validate(spec)
        env = base_environment(spec.limits, interpreter, _HOME)
        if spec.image is not None:
            del env["PATH"]  # another image knows better where its programs are
        super().__init__(spec, env)
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


def _brief(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__
