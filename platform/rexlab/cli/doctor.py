"""``rexlab doctor``: what is available here, what is missing, and how to get it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.output import AsJson, note, print_json, print_table

if TYPE_CHECKING:
    from rexlab.settings import Settings


def doctor(
    sweep: Annotated[bool, typer.Option("--sweep", help="Remove what killed workers left behind.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at this machine: sandboxes, GPUs, disk, git, store, tasks. Exit code 1 when rexlab cannot run here."""
    from rexlab.dashboard.system_all import look_at_all
    from rexlab.dashboard.system_machine import is_usable
    from rexlab.settings import load_settings

    settings = load_settings()
    if sweep:
        _sweep(settings)
    findings = look_at_all(settings)
    if as_json:
        print_json([asdict(f) for f in findings])
    else:
        from rich.text import Text

        style = {"ok": "green", "missing": "yellow", "problem": "red"}
        rows = [(f.name, Text(f.state, style=style[f.state]), f.detail, f.remedy) for f in findings]
        print_table(("", "state", "detail", "how to get it"), rows)
    if not is_usable(findings):
        raise typer.Exit(1)


def _sweep(settings: "Settings") -> None:
    from rexlab.execution.scratch import sweep_folders
    from rexlab.sandbox import BACKENDS, backend

    removed = [f"{name}: {what}" for name in BACKENDS if backend(name).check().ok for what in backend(name).sweep()]
    if (settings.home / "work").is_dir():
        removed += [f"folder: {name}" for name in sweep_folders(settings)]
    note("\n".join(f"removed {line}" for line in removed) or "nothing was left behind")
