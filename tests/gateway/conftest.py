"""A provider, a gateway in a process of its own, and trials that ask it."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.gateway.provider import Provider, run_provider

from rexlab.gateway.client import GatewayClient
from rexlab.gateway.contract import Budget, ModelSpec, Registration, Usage
from rexlab.gateway.options import Mode, RetryPolicy
from rexlab.gateway.process import start_gateway
from rexlab.settings import Settings

KEY = "sk-planted-0123456789abcdef"
FAST = RetryPolicy(attempts=3, first_delay_s=0.01, max_delay_s=0.02, max_retry_after_s=0.05)
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
_numbers = itertools.count(1)


def environment(provider: Provider) -> dict[str, str]:
    """What a gateway that knows this provider is started with."""
    return {**provider.environment, "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "PATH": "/usr/bin:/bin"}


class Trial:
    """An open trial, and an agent that asks through its socket."""

    def __init__(self, gateway: GatewayClient, registration: Registration) -> None:
        self.gateway, self.registration = gateway, registration
        self.token = gateway.open_trial(registration)
        self.http = httpx.Client(
            transport=httpx.HTTPTransport(uds=registration.socket),
            base_url="http://gateway",
            headers={"authorization": f"Bearer {self.token}"},
            timeout=60,
        )

    def ask(self, words: str, protocol: str = "chat", stream: bool = False, **fields: Any) -> httpx.Response:
        return self.http.post(PATHS[protocol], json=body(words, protocol, stream) | fields)

    def usage(self) -> Usage:
        return self.gateway.usage(self.registration.trial_id, self.registration.epoch)

    def close(self) -> Usage:
        return self.gateway.close_trial(self.registration.trial_id, self.registration.epoch)


def body(words: str, protocol: str = "chat", stream: bool = False) -> dict[str, Any]:
    """A request of the protocol that ends with these words."""
    messages = [{"role": "user", "content": words}]
    asked: dict[str, Any] = {"model": "whatever", "stream": stream}
    if protocol == "responses":
        return {**asked, "input": messages}
    return {**asked, "messages": messages, **({"max_tokens": 500} if protocol == "messages" else {})}


def model_for(protocol: str) -> str:
    return "anthropic/claude-sonnet-4-5" if protocol == "messages" else "openai/gpt-4o"


@pytest.fixture(scope="session")
def standing_provider() -> Iterator[Provider]:
    with run_provider() as running:
        yield running


@pytest.fixture
def provider(standing_provider: Provider) -> Provider:
    """It counts attempts, and remembers requests, for each test anew."""
    standing_provider.requests.clear()
    standing_provider.headers.clear()
    standing_provider.tries.clear()
    standing_provider.dropped.clear()
    return standing_provider


@dataclass(frozen=True)
class Running:
    """A gateway for many tests, and where it writes."""

    client: GatewayClient
    home: Path


@contextmanager
def running(provider: Provider, home: Path, mode: Mode = "live") -> Iterator[Running]:
    given = environment(provider)
    with start_gateway(
        Settings(home=home), mode=mode, cassettes=home / "cassettes", keep=False, retry=FAST, environment=given
    ) as client:
        yield Running(client, home)


@pytest.fixture(scope="session")
def live(standing_provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(standing_provider, tmp_path_factory.mktemp("live")) as gateway:
        yield gateway


@pytest.fixture
def gateway(live: Running) -> GatewayClient:
    """The one that most tests share."""
    return live.client


@pytest.fixture(scope="session")
def recording(standing_provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(standing_provider, tmp_path_factory.mktemp("recording"), "record") as gateway:
        yield gateway


@pytest.fixture(scope="session")
def replaying(standing_provider: Provider, recording: Running) -> Iterator[Running]:
    """Plays what the recording one writes."""
    with running(standing_provider, recording.home, "replay") as gateway:
        yield gateway


@pytest.fixture
def start(provider: Provider, tmp_path: Path) -> Iterator[Any]:
    """``start(mode=..., ...)``: a gateway of the test's own."""
    with ExitStack() as stack:

        def make(**options: Any) -> GatewayClient:
            given = {"keep": False, "retry": FAST, "environment": environment(provider), **options}
            return stack.enter_context(start_gateway(Settings(home=tmp_path / "home"), **given))

        yield make


@pytest.fixture
def open_trial(gateway: GatewayClient, provider: Provider, tmp_path: Path) -> Iterator[Any]:
    """``open_trial(model=..., budget=..., at=gateway)``: a trial in a run of its own, closed with the test."""
    opened: list[Trial] = []

    def make(
        model: str = "openai/gpt-4o",
        *,
        at: GatewayClient | None = None,
        params: dict[str, Any] | None = None,
        budget: Budget | None = None,
        **fields: Any,
    ) -> Trial:
        number = next(_numbers)
        folder = tmp_path / f"door{number}"
        folder.mkdir()
        given = {
            "trial_id": f"trial-{number}",
            "epoch": 1,
            "run_id": f"run-{number}",
            "socket": str(folder / "gateway.sock"),
            "model": ModelSpec(name=model, params=params or {}),
            "budget": budget or Budget(),
            **fields,
        }
        trial = Trial(at or gateway, Registration(**given))
        opened.append(trial)
        return trial

    yield make
    for trial in opened:
        trial.http.close()
