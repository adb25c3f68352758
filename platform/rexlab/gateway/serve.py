"""Runs a gateway until it is told to stop."""

import asyncio
import gc
import logging
import os
import resource
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

from rexlab.errors import InputError
from rexlab.gateway.control import control_app
from rexlab.gateway.ledger import Ledger, MemoryLedger, StoreLedger
from rexlab.gateway.listener import Listener
from rexlab.gateway.options import GatewayOptions
from rexlab.gateway.scrub import Scrubber
from rexlab.gateway.server import Gateway


class _ScrubbedRecords(logging.Filter):
    """No secret gets into a log, whoever writes it."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._scrubber.text(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self._scrubber.text(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


async def serve(
    options: GatewayOptions, ready: Callable[[Gateway], Awaitable[None]], stop: asyncio.Event | None = None
) -> None:
    """Listen on the control socket until SIGTERM, SIGINT or ``stop``.

    Raises:
        InputError: the options cannot be used.
    """
    scrubber = Scrubber(os.environ)
    _prepare_logs(scrubber)
    _raise_descriptor_limit()
    stop = stop or asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ledger: Ledger = StoreLedger(options.database_url) if options.database_url else MemoryLedger()
    gateway = Gateway(options, ledger, scrubber)
    listener = Listener(control_app(gateway))
    try:
        await listener.open_socket(Path(options.control), 0o600)
    except OSError as error:
        raise InputError(f"control socket {options.control} cannot be made: {error.strerror}") from error
    try:
        gc.freeze()  # what was imported stays: looking through it again and again would hold up every stream
        await ready(gateway)
        await stop.wait()
    finally:
        await gateway.close()
        await listener.close()


def run(
    options: GatewayOptions, ready: Callable[[Gateway], Awaitable[None]], stop: asyncio.Event | None = None
) -> None:
    """The same, in an event loop of its own."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options, ready, stop))


def _prepare_logs(scrubber: Scrubber) -> None:
    for handler in logging.getLogger().handlers:
        handler.addFilter(_ScrubbedRecords(scrubber))
    # A stream broken on purpose is reported there as a crash of the application; our own are logged by us.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    for name in ("httpx", "httpcore", "LiteLLM", "openai"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
