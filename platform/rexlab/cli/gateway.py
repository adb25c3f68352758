"""``rexlab gateway``: serve."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rexlab.gateway.contract import ModelSpec
    from rexlab.gateway.options import GatewayOptions
    from rexlab.gateway.server import Gateway

app = typer.Typer(help="The gateway: the only door from a sandbox to a model.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``serve`` a command of its own while it is the only one."""


@app.command("serve")
def serve(
    control: Annotated[
        Path | None, typer.Option(help="Control socket; rexlab run finds it through REXLAB_GATEWAY_SOCKET.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Offer this model at a port, to try a client by hand.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of 127.0.0.1 for --model; 0: any free one.")] = 0,
    mode: Annotated[str, typer.Option(help="live, record or replay.")] = "live",
    cassettes: Annotated[Path | None, typer.Option(help="Folder that record writes to and replay reads.")] = None,
) -> None:
    """Run a gateway in the foreground, until Ctrl-C. Provider keys come from the environment."""
    from rexlab.errors import InputError
    from rexlab.gateway.contract import ModelSpec
    from rexlab.gateway.models import check_model
    from rexlab.gateway.options import PRICES, GatewayOptions
    from rexlab.settings import load_settings, require_writable

    settings = load_settings()
    if mode not in ("live", "record", "replay"):
        raise InputError(f"--mode {mode}: choose live, record or replay")
    if mode != "live" and cassettes is None:
        raise InputError(f"--mode {mode} needs --cassettes, the folder of the recordings")
    spec = None if model is None else ModelSpec(name=model)
    if spec is not None and mode != "replay":
        check_model(spec)
    require_writable(settings.home)
    options = GatewayOptions(
        control=str((control or settings.home / "gateway.sock").absolute()),
        mode=mode,
        cassettes="" if cassettes is None else str(cassettes.absolute()),
        prices=str(settings.home / PRICES),
        database_url="" if spec else settings.store_url,
    )
    _serve(options, spec, port)


def _serve(options: "GatewayOptions", model: "ModelSpec | None", port: int) -> None:
    from rexlab.cli.output import note
    from rexlab.gateway.contract import Registration
    from rexlab.gateway.serve import run

    async def ready(gateway: "Gateway") -> None:
        note(f"control socket: {options.control}")
        if model is None:
            return
        registration = Registration(
            trial_id="by-hand", epoch=1, run_id="by-hand", socket="", model=model, cassette="by-hand.jsonl"
        )
        token, found = await gateway.open_port(registration, port)
        base = f"http://127.0.0.1:{found}"
        typer.echo(f"export OPENAI_BASE_URL={base}/v1 OPENAI_API_KEY={token}")
        typer.echo(f"export ANTHROPIC_BASE_URL={base} ANTHROPIC_API_KEY={token}")
        note(f"{model.name} answers there; Ctrl-C ends it")

    run(options, ready)
