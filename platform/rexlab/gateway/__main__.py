"""The gateway as a child process: options on standard input, whose end is also the sign that the parent has gone."""

import asyncio
import logging
import sys

from rexlab.errors import RexlabError
from rexlab.gateway.options import GatewayOptions
from rexlab.gateway.serve import run
from rexlab.gateway.server import Gateway

READY = "ready"


def main() -> int:
    """Read options, serve, say when it is ready; the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s gateway: %(message)s")
    options = GatewayOptions.model_validate_json(sys.stdin.readline())
    stop = asyncio.Event()

    async def ready(gateway: Gateway) -> None:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
        print(READY, flush=True)  # noqa: T201

    try:
        run(options, ready, stop)
    except RexlabError as error:
        print(f"error: {error}", flush=True)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
