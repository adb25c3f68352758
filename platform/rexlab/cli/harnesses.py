"""``rexlab harness``: list, build, check."""

from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import choose_backend
from rexlab.cli.output import AsJson, console_err, note, outcome_text, print_json, print_table
from rexlab.reports.cells import duration

if TYPE_CHECKING:
    from rexlab.execution.harness_check import Checked
    from rexlab.harness.bundle import Bundle
    from rexlab.harness.manifest import Harness
    from rexlab.settings import Settings

app = typer.Typer(help="Harnesses: what can be put around a model.", no_args_is_help=True)
_Names = Annotated[list[str], typer.Argument(help="Names of harnesses, or their folders.", metavar="NAME...")]
_LAST_LINES = 15


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


@app.command()
def build(names: _Names) -> None:
    """Install what harnesses need, once, each with an interpreter of its own; what is there already stays."""
    from rexlab.harness.manifest import find_harness
    from rexlab.settings import load_settings

    settings = load_settings()
    for harness in [find_harness(name, settings.harness_folders) for name in names]:
        bundle = _build(harness, settings)
        if bundle is None:
            note(f"{harness.name}: needs no bundle")
            continue
        made = bundle.description
        note(
            f"{harness.name}: {bundle.folder}, {made.bytes / 1e6:.0f} MB, {len(made.packages)} packages, "
            f"Python {made.python} from {made.source}, built in {duration(made.seconds)}"
        )


@app.command()
def check(
    names: _Names,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="A harness parameter: [HARNESS.]NAME=VALUE.")
    ] = None,
    sandbox: Annotated[str | None, typer.Option(help="auto, bubblewrap or docker.")] = None,
    as_json: AsJson = False,
) -> None:
    """Test harnesses: each solves a bundled task with scripted models, in a sandbox. Exit code 1 when one fails."""
    from rexlab.errors import InputError
    from rexlab.execution.harness_check import check_harness
    from rexlab.gateway.process import start_gateway
    from rexlab.harness.manifest import find_harness
    from rexlab.settings import load_settings, require_writable

    settings = load_settings(sandbox=sandbox)
    require_writable(settings.home)
    harnesses = [find_harness(name, settings.harness_folders) for name in names]
    for harness in harnesses:
        if harness.manifest.model is None:
            raise InputError(f"harness {harness.name} asks no model: there is nothing to check with a scripted one")
    given = _params(param or [], [h.name for h in harnesses])
    backend = choose_backend(settings.sandbox)
    if backend.name == "process":
        raise InputError("checking a harness needs a sandbox that isolates it; install bubblewrap, or use docker")
    found: list[tuple[Harness, Checked]] = []
    with start_gateway(settings, keep=False) as gateway:
        for harness in harnesses:
            bundle = _build(harness, settings)
            with console_err().status(f"checking {harness.name}"):
                results = check_harness(harness, bundle, given[harness.name], backend, gateway, settings)
            found += [(harness, checked) for checked in results]
    _print(found, as_json)
    if not all(checked.ok for _, checked in found):
        raise typer.Exit(1)


def _build(harness: "Harness", settings: "Settings") -> "Bundle | None":
    """The harness's bundle; None when it needs none."""
    from rexlab.harness.bundle import build_bundle

    if harness.manifest.bundle is None:
        return None
    with console_err().status(f"bundle of {harness.name}") as status:
        return build_bundle(harness, settings.bundle_root, lambda step: status.update(f"{harness.name}: {step}"))


def _params(given: list[str], names: list[str]) -> dict[str, dict[str, str]]:
    """``--param`` values by harness; one without a harness's name is for all."""
    from rexlab.errors import InputError

    params: dict[str, dict[str, str]] = {name: {} for name in names}
    for text in given:
        key, equals, value = text.partition("=")
        harness, dot, param = key.rpartition(".")
        if not equals or (dot and harness not in params):
            raise InputError(
                f"--param {text}: write [HARNESS.]NAME=VALUE, with one of the harnesses {', '.join(names)}"
            )
        for name in [harness] if dot else names:
            params[name][param] = value
    return params


def _print(found: "list[tuple[Harness, Checked]]", as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "harness": harness.name,
                    "version": harness.manifest.harness.version,
                    "model": c.model,
                    "outcome": c.outcome,
                    "expected": c.expected,
                    "detail": c.detail,
                    "calls": c.calls,
                    "seconds": round(c.seconds, 3),
                    "ok": c.ok,
                }
                for harness, c in found
            ]
        )
        return
    rows = [
        (h.name, h.manifest.harness.version, c.model, outcome_text(c.outcome), c.expected, c.calls, duration(c.seconds))
        for h, c in found
    ]
    print_table(("harness", "version", "model", "outcome", "expected", "calls", "time"), rows, right=("calls", "time"))
    for harness, c in found:
        if not c.ok:
            note(f"{harness.name} with {c.model}: {c.detail}")
            for line in c.stderr.strip().splitlines()[-_LAST_LINES:]:
                note(f"  | {line}")
