"""``rexlab runs``: list, show, resume, cancel, retry."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rexlab.cli.context import open_store
from rexlab.cli.output import AsJson, clock, note, print_json, print_table
from rexlab.execution.request_texts import split_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from rexlab.sandbox import SandboxBackend
    from rexlab.settings import Settings
    from rexlab.store.models import Outcome, RunRow
    from rexlab.store.queries import RunSummary
    from rexlab.task.load import Task

app = typer.Typer(help="Runs: what was planned, how far it is, and going on with it.", no_args_is_help=True)
RunId = Annotated[str, typer.Argument(help="Run id, the beginning of one, or `latest`.")]
Workers = Annotated[int | None, typer.Option(min=1, max=256, help="Trials run at the same time.")]
SandboxName = Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process; default: as planned.")]
ExecutorName = Annotated[str | None, typer.Option(help="local or celery; default: as it was.")]
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
def resume(
    run: RunId,
    workers: Workers = None,
    sandbox: SandboxName = None,
    unsafe: Unsafe = False,
    executor: ExecutorName = None,
) -> None:
    """Go on with an interrupted run: what is finished stays, what is captured is only graded. Of a run that Celery's
    workers do, the trials are sent again, which does no harm, and watched."""
    from rexlab.cli.remote import send_and_watch
    from rexlab.cli.run import work
    from rexlab.execution.scratch import sweep_folders
    from rexlab.settings import load_settings
    from rexlab.store.dispatching import hand_over
    from rexlab.store.leases import requeue_dead
    from rexlab.store.queries import find_run, summarize
    from rexlab.store.records import clear_cancel

    settings = load_settings(workers=workers)
    engine = open_store(settings)
    row = find_run(engine, run)
    remote = _is_remote(row.executor if executor is None else executor, workers, sandbox, unsafe)
    requeue_dead(engine, row.id)
    summary = summarize(engine, row)
    if remote and summary.queued + summary.running:
        clear_cancel(engine, row.id)
        send_and_watch(engine, settings, row.id)
        return
    if not summary.queued:
        note(
            f"run {row.id} has nothing to resume: {summary.finished} of {summary.total} trials are finished"
            + (f", {summary.running} are at work in another process" if summary.running else "")
        )
        return
    clear_cancel(engine, row.id)
    hand_over(engine, row.id, "local")
    backend = _prepared(engine, settings, row, sandbox, unsafe)
    backend.sweep()
    sweep_folders(settings)
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
    executor: ExecutorName = None,
) -> None:
    """Repeat trials that ended so, as new trials; the old ones stay, and each new one points to the one it replaces."""
    from rexlab.cli.remote import send_and_watch
    from rexlab.cli.run import work
    from rexlab.errors import InputError
    from rexlab.settings import load_settings
    from rexlab.store.dispatching import hand_over
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
    outcomes = [Outcome(name) for name in wanted]
    remote = _is_remote(row.executor if executor is None else executor, workers, sandbox, unsafe)
    backend = None if remote else _prepared(engine, settings, row, sandbox, unsafe, outcomes)
    new = queue_retries(engine, row.id, outcomes)
    if not new:
        note(f"run {row.id} has no trial to repeat that ended in {outcome}")
        return
    note(f"run {row.id}: {len(new)} trials are queued again")
    clear_cancel(engine, row.id)
    if backend is None:
        send_and_watch(engine, settings, row.id)
    else:
        hand_over(engine, row.id, "local")
        work(engine, settings, backend, row.id)


def _is_remote(executor: str, workers: int | None, sandbox: str | None, unsafe: bool) -> bool:
    """Whether Celery's workers are to go on with a run.

    Raises:
        InputError: there is no such executor, or an option says what its workers decide.
    """
    from rexlab.errors import InputError
    from rexlab.execution.request import EXECUTORS

    if executor not in EXECUTORS:
        raise InputError(f"--executor {executor}: choose {' or '.join(EXECUTORS)}")
    remote = executor == "celery"
    if remote and (workers is not None or sandbox is not None or unsafe):
        raise InputError(
            "--workers, --sandbox and --unsafe are for --executor local: Celery's workers have their own settings"
        )
    return remote


def _prepared(
    engine: "Engine",
    settings: "Settings",
    run: "RunRow",
    sandbox: str | None,
    unsafe: bool,
    ended: "Sequence[Outcome]" = (),
) -> "SandboxBackend":
    """The sandbox to go on with the run in, once all is installed that its queued trials need, and those that ended so.

    Raises:
        InputError: the sandbox must not hold the run's agents, or a harness has changed since the run was planned.
        RexlabError: something is missing here; the sentence says what.
    """
    from rexlab.cli.models import install
    from rexlab.execution.gpus import check_gpus, hardware_warning
    from rexlab.execution.request_checks import choose_backend, require_safe, weakness_of
    from rexlab.harness.manifest import planned_harness
    from rexlab.store.queries import agents_of_run

    backend = choose_backend(sandbox or run.spec.get("sandbox") or settings.sandbox)
    agents = [
        (planned_harness(a.harness, a.harness_folder, a.harness_digest, settings.harness_folders), bool(a.model))
        for a in agents_of_run(engine, run.id)
    ]
    require_safe(backend, agents, unsafe=unsafe)
    tasks = _tasks_as_planned(engine, settings, run.id, ended)
    check_gpus(tasks, settings)
    for warning in filter(None, (weakness_of(backend), hardware_warning(tasks, settings))):
        note(warning)
    install(tasks, [harness for harness, _ in agents], backend, settings)
    return backend


def _tasks_as_planned(engine: "Engine", settings: "Settings", run_id: str, ended: "Sequence[Outcome]") -> "list[Task]":
    """The tasks of trials to come. One that is gone or has changed is left out: its own trials tell it, and end so."""
    from rexlab.errors import InputError
    from rexlab.execution.prepare import planned_task
    from rexlab.store.waiting import waiting_by_task

    found = []
    for record in waiting_by_task(engine, run_id, ended):
        with suppress(InputError):
            found.append(planned_task(record, settings))
    return found


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
