"""What commands that launch agents need beside a sandbox: bundles, models that can be asked, and a gateway to them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rexlab.cli.output import console_err

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.execution.options import RunOptions
    from rexlab.execution.plan import AgentSpec
    from rexlab.gateway.client import GatewayClient
    from rexlab.harness.manifest import Harness
    from rexlab.settings import Settings


def build_bundles(harnesses: "Sequence[Harness]", settings: "Settings") -> None:
    """Install what the harnesses need, those that are not installed yet.

    Raises:
        EnvironmentBuildError: it cannot be installed; the text says what to do.
    """
    from rexlab.harness.bundle import build_bundle

    for harness in {h.name: h for h in harnesses if h.manifest.bundle}.values():
        with console_err().status(f"bundle of {harness.name}") as status:
            build_bundle(harness, settings.bundle_root, status.update)


def check_models(agents: "Sequence[AgentSpec]", options: "RunOptions", settings: "Settings") -> None:
    """Say now what would otherwise fail in every trial: a model nobody knows, a key or a price that is missing.

    Raises:
        InputError: the text names the model and the remedy.
    """
    asking = [(a.harness, a.model) for a in agents if a.model and (a.model.simulated or options.mode != "replay")]
    if not asking:
        return
    from rexlab.gateway.models import check_model
    from rexlab.gateway.options import PRICES

    for harness, model in asking:
        check_model(model, (options.budget_of(harness), options.run_budget), settings.home / PRICES)


@contextmanager
def gateway_for(
    engine: "Engine", settings: "Settings", run_id: str, options: "RunOptions"
) -> "Iterator[GatewayClient | None]":
    """The gateway that the run's agents ask: a running one when the settings name it, else one for this run alone; none
    when no agent asks a model. The bundles of the run's harnesses are built first, should they be missing.

    Raises:
        GatewayError: it does not start, or does not answer.
    """
    from rexlab.harness.manifest import planned_harness
    from rexlab.store.queries import agents_of_run

    agents = agents_of_run(engine, run_id)
    folders = settings.harness_folders
    build_bundles([planned_harness(a.harness, a.harness_folder, a.harness_digest, folders) for a in agents], settings)
    if not any(agent.model for agent in agents):
        yield None
        return
    # a tenth of a second of imports that runs without a model need not wait for
    from rexlab.gateway.client import GatewayClient
    from rexlab.gateway.process import start_gateway

    if settings.gateway_socket:
        with GatewayClient(settings.gateway_socket) as client:
            client.check()
            yield client
    else:
        with start_gateway(settings, mode=options.mode, cassettes=options.cassettes) as client:
            yield client
