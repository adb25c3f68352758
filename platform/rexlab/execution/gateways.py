"""The gateway that a run's agents ask: one that runs already, or one of the run's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from rexlab.execution.options import RunOptions
from rexlab.settings import Settings
from rexlab.store.queries import agents_of_run

if TYPE_CHECKING:
    from rexlab.gateway.client import GatewayClient


@contextmanager
def gateway_for(
    engine: Engine, settings: Settings, run_id: str, options: RunOptions
) -> "Iterator[GatewayClient | None]":
    """The gateway that the run's agents ask: a running one when the settings name it, else one for this run alone; none
    when no agent asks a model. A run that records or replays always has its own: the mode is the gateway's.

    Raises:
        GatewayError: it does not start, or does not answer.
    """
    if not any(agent.model for agent in agents_of_run(engine, run_id)):
        yield None
        return
    # a tenth of a second of imports that runs without a model need not wait for
    from rexlab.gateway.client import GatewayClient
    from rexlab.gateway.process import start_gateway

    if settings.gateway_socket and options.mode == "live":
        with GatewayClient(settings.gateway_socket) as client:
            client.check()
            yield client
    else:
        with start_gateway(settings, mode=options.mode, cassettes=options.cassettes) as client:
            yield client
