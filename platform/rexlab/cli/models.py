"""What commands that launch agents need beside a sandbox: environments, bundles, and a gateway to the models."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rexlab.cli.output import console_err

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.execution.options import RunOptions
    from rexlab.gateway.client import GatewayClient
    from rexlab.harness.manifest import Harness
    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings
    from rexlab.task.load import Task


def install(
    tasks: "Iterable[Task]", harnesses: "Iterable[Harness]", backend: "SandboxBackend", settings: "Settings"
) -> None:
    """Install what the tasks and the harnesses need and is not there yet: what cannot be installed is told now, once.

    Raises:
        InputError: a task needs a sandbox with images, and this one has none.
        EnvironmentBuildError: something cannot be installed; the text says what to do.
    """
    from rexlab.execution.prepare import environment_for
    from rexlab.harness.bundle import build_bundle

    for task in tasks:
        with console_err().status(f"environment of {task.id}"):
            environment_for(task, backend, settings)
    for harness in {h.name: h for h in harnesses if h.manifest.bundle}.values():
        with console_err().status(f"bundle of {harness.name}") as status:
            build_bundle(harness, settings.bundle_root, status.update)


@contextmanager
def gateway_for(
    engine: "Engine", settings: "Settings", run_id: str, options: "RunOptions"
) -> "Iterator[GatewayClient | None]":
    """The gateway that the run's agents ask: a running one when the settings name it, else one for this run alone; none
    when no agent asks a model.

    Raises:
        GatewayError: it does not start, or does not answer.
    """
    from rexlab.store.queries import agents_of_run

    if not any(agent.model for agent in agents_of_run(engine, run_id)):
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
