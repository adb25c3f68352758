"""``rexlab runs``: list, show, resume, cancel, retry."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import choose_backend, open_store, split_names
from rexlab.cli.output import AsJson, clock, note, print_json, print_table

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings
    from rexlab.store.models import RunRow
    from rexlab.store.queries import RunSummary

app = typer.Typer(help="Runs: what was planned, how far it is, and going on with it.", no_args_is_help=True)
RunId = Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="Trials run at the same time.")]
SandboxName = Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process; default: as planned.")]
Unsafe = Annotated[bool, typer.Option(help="As for `rexlab run`.")]


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """All runs, the newest first."""
    from rexlab.settings import load_settings
    from rexlab.store.queries import list_runs

    summaries = list_runs(open_store(load_settings()))
    if as_json:
        print_json([_as_dict(s) for s in summaries])
        return
    rows = [
        (s.run.id, clock(s.run.created_at), s.run.name, s.status, f"{s.finished}/{s.total}", _counts(s))
        for s in summaries
    ]
    print_table(("run", "planned", "name", "status", "finished", "outcomes"), rows)
    if not rows:
        note("no runs yet; start one: rexlab run classic --harness oracle,noop,mutant")


@app.command()
def show(run: RunId, as_json: AsJson = False) -> None:
    """One run: its plan, digests and progress."""
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run, summarize

    engine = open_store(load_settings())
    summary = summarize(engine, find_run(engine, run))
    if as_json:
        print_json(_as_dict(summary))
        return
    row = summary.run
    facts: list[tuple[str, object]] = [
        ("run", row.id),
        ("name", row.name),
        ("planned", clock(row.created_at)),
        ("status", summary.status),
        ("finished", f"{summary.finished} of {summary.total}"),
        ("outcomes", _counts(summary)),
        *[(key, _value(value)) for key, value in row.spec.items()],
        ("digest", row.digest),
        ("rexlab", row.platform_version),
    ]
    print_table(("", ""), facts)


@app.command()
def resume(run: RunId, workers: Workers = None, sandbox: SandboxName = None, unsafe: Unsafe = False) -> None:
    """Go on with an interrupted run: what is finished stays, what is captured is only graded."""
    from rexlab.cli.run import work
    from rexlab.execution.scratch import sweep_folders
    from rexlab.settings import load_settings
    from rexlab.store.leases import requeue_dead
    from rexlab.store.queries import find_run, summarize
    from rexlab.store.records import clear_cancel

    settings = load_settings(workers=workers)
    engine = open_store(settings)
    row = find_run(engine, run)
    requeue_dead(engine, row.id)
    summary = summarize(engine, row)
    if not summary.queued:
        note(
            f"run {row.id} has nothing to resume: {summary.finished} of {summary.total} trials are finished"
            + (f", {summary.running} are at work in another process" if summary.running else "")
        )
        return
    clear_cancel(engine, row.id)
    backend = _backend(engine, settings, row, sandbox, unsafe)
    sweep_folders(settings, engine)
    work(engine, settings, backend, row.id)


@app.command()
def cancel(run: RunId) -> None:
    """End a run: queued trials at once, trials at work within seconds; what is finished stays."""
    from rexlab.settings import load_settings
    from rexlab.store.queries import find_run
    from rexlab.store.records import cancel_queued

    engine = open_store(load_settings())
    row = find_run(engine, run)
    note(f"run {row.id}: {cancel_queued(engine, row.id)} queued trials cancelled; trials at work end within seconds")


@app.command()
def retry(
    run: RunId,
    outcome: Annotated[str, typer.Option(help="Outcomes to repeat, separated by commas.")] = "infra_error",
    workers: Workers = None,
    sandbox: SandboxName = None,
    unsafe: Unsafe = False,
) -> None:
    """Repeat trials that ended so, as new trials; the old ones stay, and each new one points to the one it replaces."""
    from rexlab.cli.run import work
    from rexlab.errors import InputError
    from rexlab.settings import load_settings
    from rexlab.store.models import Outcome
    from rexlab.store.queries import find_run
    from rexlab.store.records import clear_cancel, queue_retries

    allowed = [Outcome.INFRA_ERROR, Outcome.CANCELLED]
    wanted = split_names(outcome)
    for name in wanted:
        if name not in allowed:
            raise InputError(
                f"--outcome {name}: only {' and '.join(allowed)} can be repeated; an agent's own failure is a result"
            )
    settings = load_settings(workers=workers)
    engine = open_store(settings)
    row = find_run(engine, run)
    new = queue_retries(engine, row.id, [Outcome(name) for name in wanted])
    if not new:
        note(f"run {row.id} has no trial to repeat that ended in {outcome}")
        return
    note(f"run {row.id}: {len(new)} trials are queued again")
    clear_cancel(engine, row.id)
    work(engine, settings, _backend(engine, settings, row, sandbox, unsafe), row.id)


def _backend(
    engine: "Engine", settings: "Settings", run: "RunRow", sandbox: str | None, unsafe: bool
) -> "SandboxBackend":
    from rexlab.cli.run import require_safe
    from rexlab.harness.manifest import planned_harness
    from rexlab.store.queries import agents_of_run

    backend = choose_backend(sandbox or run.spec.get("sandbox") or settings.sandbox)
    folders = settings.harness_folders
    agents = [
        (planned_harness(a.harness, a.harness_folder, a.harness_digest, folders), a.model)
        for a in agents_of_run(engine, run.id)
    ]
    require_safe(
        backend,
        [harness.name for harness, _ in agents if harness.manifest.harness.runs_model],
        [harness.name for harness, model in agents if model],
        unsafe,
    )
    return backend


def _counts(summary: "RunSummary") -> str:
    parts = [f"{outcome} {count}" for outcome, count in summary.outcomes.most_common()]
    parts += [f"{name} {count}" for name, count in (("running", summary.running), ("queued", summary.queued)) if count]
    return ", ".join(parts)


def _value(value: object) -> str:
    """A part of a run's spec in words; what was not asked for is a dash."""
    if isinstance(value, dict):
        value = [f"{name} {part}" for name, part in value.items() if part is not None]
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return "-" if value is None or value == "" else str(value)


def _as_dict(summary: "RunSummary") -> dict[str, Any]:
    return {
        **summary.run.model_dump(),
        "status": summary.status,
        "total": summary.total,
        "finished": summary.finished,
        "queued": summary.queued,
        "running": summary.running,
        "outcomes": {str(k): v for k, v in summary.outcomes.items()},
    }
