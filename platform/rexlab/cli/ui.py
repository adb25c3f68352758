"""``rexlab ui``: the web UI, served from this machine."""

from typing import Annotated

import typer

from rexlab.cli.output import note


def ui(
    host: Annotated[str, typer.Option(help="Address to listen at; beyond this machine it needs REXLAB_UI_TOKEN.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen at.")] = 8501,
    read_only: Annotated[
        bool | None, typer.Option("--read-only", help="Show, and start, change and end nothing.")
    ] = None,
) -> None:
    """Open the web UI on this store, until Ctrl-C: see, start, compare and author in a browser."""
    import os

    from rexlab.cli.context import open_store
    from rexlab.dashboard.server import serve
    from rexlab.settings import load_settings

    settings = load_settings(ui_read_only=read_only)
    if read_only:
        os.environ["REXLAB_UI_READ_ONLY"] = "true"  # pages read their settings from there
    open_store(settings).dispose()
    shown = f"[{host}]" if ":" in host else host
    note(f"rexlab ui at http://{shown}:{port}; Ctrl-C ends it")
    serve(settings, host, port)
