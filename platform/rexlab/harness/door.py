"""A trial's door to its model: registered with the gateway, mounted into the sandbox, offered there on loopback."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rexlab.gateway.contract import Registration, Usage
from rexlab.sandbox import Mount, Sandbox
from rexlab.settings import bundled

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient

KIT = "/opt/rexlab/kit"
"""Where sandboxes find the package that entry scripts may use."""
INSIDE = "/run/rexlab"
PORT = 8484
"""On the sandbox's own loopback, so that it is always free."""
_SOCKET = "gateway.sock"


@dataclass
class Door:
    """An open door."""

    folder: Path
    """Holds the trial's socket, and nothing else."""
    token: str
    model: str
    """As the harness shall name it."""
    usage: Usage = field(default_factory=Usage)
    """What was used; known once the door is closed."""

    @property
    def socket(self) -> Path:
        return self.folder / _SOCKET

    @property
    def mount(self) -> Mount:
        return Mount(self.folder, INSIDE)

    def variables(self) -> dict[str, str]:
        """What clients of either kind look for in their environment."""
        url = f"http://127.0.0.1:{PORT}"
        return {
            "REXLAB_MODEL": self.model,
            "REXLAB_BASE_URL": url,
            "REXLAB_API_KEY": self.token,
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_API_BASE": f"{url}/v1",
            "OPENAI_API_KEY": self.token,
            "ANTHROPIC_BASE_URL": url,
            "ANTHROPIC_API_KEY": self.token,
        }

    @staticmethod
    def wrap(command: Sequence[str], python: str, sandbox: Sandbox) -> list[str]:
        """The command, run below the forwarder that offers the socket as a port."""
        forwarder = f"{sandbox.path(KIT)}/rexlab_kit/forward.py"
        socket = f"{sandbox.path(INSIDE)}/{_SOCKET}"
        return [python, "-I", "-S", forwarder, "--socket", socket, "--port", str(PORT), "--", *command]


def kit() -> Path:
    """The folder of the kit on the host."""
    return bundled("harnesses") / "kit"


def prepare_door(folder: Path) -> str:
    """Make the folder that will hold the trial's socket; the socket's path."""
    folder.mkdir()
    folder.chmod(0o755)  # the sandbox's programs have another id
    return str(folder / _SOCKET)


@contextmanager
def open_door(gateway: "GatewayClient", registration: Registration) -> Iterator[Door]:
    """Let the trial ask its model until the context ends; then its token is worth nothing any more.

    Raises:
        GatewayError: the gateway is gone.
    """
    token = gateway.open_trial(registration)
    provider, _, name = registration.model.name.partition("/")
    door = Door(Path(registration.socket).parent, token, provider if registration.model.simulated else name or provider)
    try:
        yield door
    finally:
        door.usage = gateway.close_trial(registration.trial_id, registration.epoch)
