"""How the platform talks to its gateway."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from rexlab.errors import GatewayError, InputError
from rexlab.gateway.address import short_address
from rexlab.gateway.contract import Registration, Usage

_TIMEOUT = httpx.Timeout(connect=5, read=60, write=30, pool=60)


class GatewayClient:
    """A connection to a gateway's control socket. Threads may share one."""

    def __init__(self, control: Path | str) -> None:
        """Take the address of a control socket; whether anybody answers there, ``check`` tells.

        Raises:
            GatewayError: there is no such folder.
        """
        self._control = control
        self._held = ExitStack()
        try:
            address = self._held.enter_context(short_address(Path(control)))
        except OSError as error:
            raise GatewayError(f"there is no gateway at {control}: {error.strerror}") from error
        transport = httpx.HTTPTransport(uds=address)
        self._http = httpx.Client(transport=transport, base_url="http://gateway", timeout=_TIMEOUT, trust_env=False)

    def open_trial(self, registration: Registration) -> str:
        """Let a trial ask its model, until it is closed; the token it must show.

        Raises:
            InputError: the registration cannot be used.
            GatewayError: the gateway is gone, or failed.
        """
        return str(self._ask("/open", registration.model_dump(mode="json"))["token"])

    def close_trial(self, trial_id: str, epoch: int) -> Usage:
        """End a trial's calls; its token is worth nothing any more. What it used.

        Raises:
            GatewayError: the gateway is gone, or its calls could not be kept.
        """
        return Usage.model_validate(self._ask("/close", {"trial_id": trial_id, "epoch": epoch}))

    def usage(self, trial_id: str, epoch: int) -> Usage:
        """What an open trial has used so far.

        Raises:
            GatewayError: the gateway is gone.
        """
        return Usage.model_validate(self._ask("/usage", {"trial_id": trial_id, "epoch": epoch}))

    def run_usage(self, run_id: str) -> Usage:
        """What all trials of a run have used.

        Raises:
            GatewayError: the gateway is gone.
        """
        return Usage.model_validate(self._ask("/run_usage", {"run_id": run_id}))

    def check(self) -> None:
        """See whether the gateway answers.

        Raises:
            GatewayError: it does not.
        """
        self._answer(lambda: self._http.get("/health"))

    def close(self) -> None:
        self._http.close()
        self._held.close()

    def __enter__(self) -> "GatewayClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answer(lambda: self._http.post(path, json=body))

    def _answer(self, ask: Any) -> dict[str, Any]:
        try:
            response: httpx.Response = ask()
            answer: dict[str, Any] = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise GatewayError(
                f"the gateway at {self._control} does not answer: {type(error).__name__} {error}"
            ) from error
        if response.status_code == 200:
            return answer
        message = str(answer.get("error", answer))
        raise InputError(message) if answer.get("kind") == "input" else GatewayError(f"the gateway failed: {message}")
