"""Whether the Docker engine sees this process's files: it mounts folders of its own machine, by their path there.

A rexlab that runs in a container must find its home at the path that it has on the engine's machine.
"""

import os
import secrets
from pathlib import Path
from tempfile import TemporaryDirectory

from rexlab.errors import SandboxError, SandboxUnavailableError
from rexlab.sandbox.base import Limits, Mount, SandboxBackend, SandboxSpec

_INSIDE = "/probe"
_FILE = "seen"
_PATIENCE_S = 30.0


def require_sight(backend: SandboxBackend, home: Path) -> None:
    """Prove with a container that what is written below ``home`` is what sandboxes see; takes under a second.

    Every other backend sees it by itself.

    Raises:
        SandboxUnavailableError: the engine does not; the sentence says what to set.
        SandboxError: the engine failed.
    """
    if backend.name != "docker":
        return
    secret = secrets.token_hex(16)
    with TemporaryDirectory(prefix="probe-", dir=home) as name:
        folder = Path(name)
        folder.chmod(0o755)  # the sandbox's programs have another id
        (folder / _FILE).write_text(secret)
        spec = SandboxSpec("probe", (Mount(folder, _INSIDE),), workdir=_INSIDE, limits=Limits(memory_mb=64, disk_mb=16))
        try:
            with backend.create(spec) as sandbox:
                seen = sandbox.exec(["cat", f"{_INSIDE}/{_FILE}"], timeout_s=_PATIENCE_S).stdout == secret
        except SandboxError as error:
            if "source path does not exist" not in str(error):
                raise
            seen = False
    if not seen:
        engine = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        raise SandboxUnavailableError(
            f"the Docker engine at {engine} does not see {home}: set REXLAB_HOME to a folder that has the same path "
            "here and on the engine's machine (with docker compose: below REXLAB_DATA)"
        )
