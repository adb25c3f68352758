"""The project of docker-compose.yml, with a name, a port, secrets and a data root of a test's own."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import docker

from tests.support.require import lacking, require
from tests.support.site import free_port

ROOT = Path(__file__).parents[2]
_REMEDY = "apt-get install docker-compose, and start an engine: containers/offline/start-engine.sh"
_PASSED = ("PATH", "HOME", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY")
"""What the way to packages needs; nothing of it is rexlab's."""


@cache
def programs() -> tuple[tuple[str, ...], ...]:
    """Every Compose of this machine: docker-compose (version 1), the engine's plugin (version 2)."""
    found = []
    for program in (("docker-compose",), ("docker", "compose")):
        if shutil.which(program[0]) is None:
            continue
        asked = subprocess.run([*program, "version"], capture_output=True, timeout=30, check=False)
        if asked.returncode == 0:
            found.append(program)
    return tuple(found)


def require_compose() -> tuple[tuple[str, ...], ...]:
    """Every Compose of this machine; ends the test where there is none."""
    if not programs():
        lacking("compose", "there is no docker-compose", _REMEDY)
    return programs()


def clean_environment() -> dict[str, str]:
    """Of whoever runs Compose: what a shell sets goes before the file of secrets, so nothing of rexlab's is in it."""
    return {name: os.environ[name] for name in _PASSED if name in os.environ}


def build_images() -> None:
    """The images of all services, built where they are missing or out of date: up to three minutes."""
    require("docker")
    subprocess.run(
        [ROOT / "containers" / "offline" / "build-images.sh"],
        env=os.environ,
        check=True,
        timeout=800,
        stdout=subprocess.DEVNULL,
    )


class Project:
    """One set of services. Its images are there; ``up`` makes the rest, and ``down`` removes all of it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.folder = name, folder
        self.port = free_port()
        self.env_file = folder / "env"
        self._program = programs()[0]
        self.engine = docker.from_env()
        made = {"ENV_FILE": str(self.env_file), "REXLAB_DATA": str(folder / "data")}
        subprocess.run(
            [ROOT / "containers" / "make-env.sh", "--offline"],
            env=clean_environment() | made,
            check=True,
            timeout=30,
            stdout=subprocess.DEVNULL,
        )
        with self.env_file.open("a") as file:
            file.write(f"REXLAB_UI_PORT={self.port}\nREXLAB_WORKERS=1\n")

    @property
    def variables(self) -> dict[str, str]:
        """What the file of secrets says."""
        lines = self.env_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if not line.startswith("#"))

    def __call__(self, *arguments: str, code: int = 0, timeout_s: float = 180) -> str:
        """Run Compose; returns what it printed, both streams."""
        with self._compose(*arguments) as process:
            try:
                printed, _ = process.communicate(timeout=timeout_s)
            finally:
                process.kill()
        assert process.returncode == code, f"exit code {process.returncode}\n{printed}"
        return printed

    def rexlab(self, *arguments: str, code: int = 0) -> str:
        """Run the ``rexlab`` command in a worker's container."""
        printed = self("exec", "-T", "worker", "rexlab", *arguments, code=code)
        assert "Traceback" not in printed, printed
        return printed

    def started(self, *arguments: str) -> "subprocess.Popen[str]":
        """The ``rexlab`` command at work in the first worker's container; what it prints can be read."""
        return self._compose("exec", "-T", "worker", "rexlab", *arguments)

    def _compose(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self._program, "--env-file", self.env_file, "--project-name", self.name, *arguments],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def containers(self, service: str = "") -> list[docker.models.containers.Container]:
        """The project's containers, or a service's, running or not."""
        labels = [f"com.docker.compose.project={self.name}"]
        labels += [f"com.docker.compose.service={service}"] if service else []
        return self.engine.containers.list(all=True, filters={"label": labels})

    def sandboxes(self, worker: docker.models.containers.Container) -> list[docker.models.containers.Container]:
        """Containers that this worker's sandboxes run in."""
        return self.engine.containers.list(all=True, filters={"label": f"rexlab.container={worker.id}"})

    def left(self) -> list[str]:
        """What there still is of the project."""
        label = {"label": f"com.docker.compose.project={self.name}"}
        things = [
            *self.engine.containers.list(all=True, filters=label),
            *self.engine.networks.list(filters=label),
            *self.engine.volumes.list(filters=label),
        ]
        return [thing.name for thing in things]
