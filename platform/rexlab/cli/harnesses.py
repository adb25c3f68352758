"""``rexlab harness``: list."""

import typer

from rexlab.cli.output import AsJson, print_json, print_table

app = typer.Typer(help="Harnesses: what can be put around a model.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``list`` a command of its own while it is the only one."""


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All harnesses and their parameters."""
    from rexlab.harness.manifest import iterate_harnesses, load_harness
    from rexlab.settings import load_settings

    harnesses = [load_harness(p) for p in iterate_harnesses(load_settings().harness_folders).values()]
    if as_json:
        print_json([{**h.manifest.model_dump(by_alias=True), "folder": str(h.folder)} for h in harnesses])
        return
    rows = []
    for h in harnesses:
        section = h.manifest.harness
        params = ", ".join(f"{p.name}={p.default}" if p.default is not None else p.name for p in h.manifest.param)
        kind = "reference" if h.is_reference else "runs a model" if section.runs_model else ""
        rows.append((h.name, section.version, kind, params, section.summary))
    print_table(("harness", "version", "kind", "parameters", "what it does"), rows)
