"""Starts a gateway as a child process, which ends with its parent."""

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from rexlab.errors import GatewayError
from rexlab.gateway.client import GatewayClient
from rexlab.gateway.options import PRICES, GatewayOptions, Mode, RetryPolicy
from rexlab.settings import Settings

_START_S = 60.0
_STOP_S = 15.0
_PASSED = re.compile(
    r"PATH|HOME|USER|TMPDIR|TZ|LANG|LC_.*|PYTHON.*|VIRTUAL_ENV|SSL_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|(HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy"
    r"|.*_API_(KEY|BASE|VERSION|TYPE)|.*_(BASE_URL|AUTH_TOKEN)"
    r"|(OPENAI|ANTHROPIC|AZURE|AWS|GOOGLE|GEMINI|VERTEX|VERTEXAI|BEDROCK|WATSONX|DATABRICKS|SNOWFLAKE|OLLAMA|HF)_.*"
    r"|PG[A-Z]+"
)
"""What a gateway needs of its parent's environment: addresses and keys of providers, the way to the network, and what
PostgreSQL's library reads."""


@contextmanager
def start_gateway(
    settings: Settings,
    *,
    mode: Mode = "live",
    cassettes: Path | str | None = None,
    keep: bool = True,
    retry: RetryPolicy | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[GatewayClient]:
    """A gateway for as long as the context lasts. Its warnings go to ``gateway.log`` in the settings' home.

    Args:
        settings: Name the store that takes every call, and the home, whose ``prices.toml`` is used.
        mode: What becomes of calls.
        cassettes: Folder of the cassettes, to record or replay.
        keep: False: calls are kept in memory only; their trials need not be in the store.
        retry: How patiently failed calls are repeated.
        environment: Where keys and addresses of providers come from; None: this process's environment.

    Raises:
        GatewayError: it did not start; the text says why.
    """
    given = os.environ if environment is None else environment
    log = settings.home / "gateway.log"
    passed = {name: value for name, value in given.items() if _PASSED.fullmatch(name)}
    with tempfile.TemporaryDirectory(prefix="rexlab-gw-") as folder:
        control = f"{folder}/control.sock"
        options = GatewayOptions(
            control=control,
            mode=mode,
            cassettes=str(Path(cassettes).absolute()) if cassettes else "",
            prices=str(settings.home / PRICES),
            database_url=settings.store_url if keep else "",
            retry=retry or RetryPolicy(),
        )
        process = _spawn(options, passed, log)
        try:
            _await_ready(process, log)
            with GatewayClient(control) as client:
                yield client
        finally:
            _stop(process)


def _spawn(options: GatewayOptions, environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """The child. It has a session of its own, for Ctrl-C is for the parent, which then closes trials in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "rexlab.gateway"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            # litellm works in many threads; without a limit each keeps memory of its own
            env={"MALLOC_ARENA_MAX": "2", **environment},
            start_new_session=True,
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it has ended already; waiting for it to be ready says so
        process.stdin.write(options.model_dump_json().encode() + b"\n")
        process.stdin.flush()
    return process


def _await_ready(process: "subprocess.Popen[bytes]", log: Path) -> None:
    assert process.stdout is not None
    deadline = time.monotonic() + _START_S
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not said.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise GatewayError(f"the gateway was not ready after {_START_S:g} s; see {log}")
            piece = os.read(process.stdout.fileno(), 4096)
            if not piece:
                raise GatewayError(f"the gateway ended while it started, with exit code {process.wait()}; see {log}")
            said += piece
    if said != b"ready\n":
        raise GatewayError(
            f"the gateway did not start: {said.decode(errors='replace').strip().removeprefix('error: ')}"
        )


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end by closing its standard input; kill it when it takes too long."""
    assert process.stdin is not None and process.stdout is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
