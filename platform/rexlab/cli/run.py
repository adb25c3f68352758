"""``rexlab run``: plan a run and work on it; also what ``runs resume`` and ``runs retry`` do."""

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rexlab.cli.context import open_store
from rexlab.cli.models import install
from rexlab.cli.output import note

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from rexlab.sandbox import Availability, SandboxBackend
    from rexlab.settings import Settings


def run(
    suites: Annotated[list[str], typer.Argument(help="Suites, tasks (classic/deis) or task folders.")],
    harness: Annotated[str, typer.Option(help="Harnesses, separated by commas; `rexlab harness list`.")] = "",
    command: Annotated[
        str | None, typer.Option(help="Try a program of your own: short for the harness `command` with this program.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Models of harnesses that ask one: openai/gpt-4o,anthropic/… or scripted.")
    ] = None,
    param: Annotated[list[str] | None, typer.Option(help="HARNESS.NAME=VALUE; may be repeated.")] = None,
    model_param: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of every request: temperature=0.2; may be repeated.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="best-of-n:n=4,verifier=visible or iterate:…; verifiers: visible, claim, judge.")
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            help="Of a trial: usd=1,calls=50,tokens=…,seconds=…; over the harness's own, which usd=none lifts."
        ),
    ] = None,
    run_budget: Annotated[str | None, typer.Option(help="Of the whole run, likewise.")] = None,
    agent_timeout: Annotated[
        float | None, typer.Option(min=1, help="Seconds for each launch of an agent, in place of its harness's.")
    ] = None,
    setting: Annotated[
        str | None, typer.Option(help="AutoExperiment's: fc (nothing masked), pc, pc+refsol (commands shown).")
    ] = None,
    hints: Annotated[
        str | None, typer.Option(help="Of extension tasks: default,hints,detailed_hints, one or several.")
    ] = None,
    paper: Annotated[
        bool | None, typer.Option("--paper/--no-paper", help="Show the paper, as it does by default.")
    ] = None,
    commands: Annotated[
        bool | None,
        typer.Option("--commands/--no-commands", help="Show the experiments' commands; the default."),
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Record what models answer, in this folder.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Replay recorded answers; no model is asked.")] = None,
    masks: Annotated[
        str | None, typer.Option(help="Numbers of masked functions: 1,2,3 or 1..5.", show_default="1")
    ] = None,
    variants: Annotated[
        str | None, typer.Option(help="Named variants in place of --masks: n1-0,n2-* (see variants.jsonl of a task).")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="Attempts of each agent at each variant.")] = 1,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Draw so many variants per task and number of masks, in place of all.")
    ] = None,
    progressive: Annotated[
        int | None, typer.Option(min=1, help="So many chains of nested variants per task, in place of all variants.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many variants per task.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Trials run at the same time.")] = None,
    sandbox: Annotated[str | None, typer.Option(help="auto, bubblewrap, docker or process.")] = None,
    executor: Annotated[
        str | None,
        typer.Option(help="local, or celery: whichever workers listen.", show_default="celery with REXLAB_BROKER_URL"),
    ] = None,
    priority: Annotated[str, typer.Option(help="Of a run on Celery's workers: high, normal or low.")] = "normal",
    attribute: Annotated[
        bool, typer.Option(help="Also judge each masked function alone (per-function credit).")
    ] = False,
    unsafe: Annotated[
        bool, typer.Option(help="Let harnesses that run a model, or a program of yours, into the process sandbox.")
    ] = False,
    name: Annotated[str, typer.Option(help="A name for the run.")] = "",
) -> None:
    """Evaluate agents on tasks: plan a run, work on it with live progress, print the result table."""
    from rexlab.execution.gpus import hardware_warning
    from rexlab.execution.plan import plan_run
    from rexlab.execution.request import RunRequest, spec_of
    from rexlab.execution.request_checks import check_request, weakness_of
    from rexlab.settings import load_settings, require_writable
    from rexlab.store.artifacts import Artifacts
    from rexlab.store.records import save_run

    request = RunRequest(
        suites=tuple(suites),
        harness=harness,
        command=command,
        model=model,
        params=tuple(param or ()),
        model_params=tuple(model_param or ()),
        strategy=strategy,
        budget=budget,
        run_budget=run_budget,
        agent_timeout=agent_timeout,
        setting=setting,
        hints=hints,
        paper=paper,
        commands=commands,
        record=record,
        replay=replay,
        masks=masks,
        variants=variants,
        trials=trials,
        sample=sample,
        progressive=progressive,
        limit=limit,
        seed=seed,
        workers=workers,
        sandbox=sandbox,
        executor=executor,
        priority=priority,
        attribute=attribute,
        unsafe=unsafe,
        name=name,
    )
    settings = load_settings(workers=workers, sandbox=sandbox)
    spec = spec_of(request, settings)
    plan = plan_run(spec)
    require_writable(settings.home)
    backend = check_request(spec, settings, unsafe=unsafe)
    if backend is None:
        from rexlab.cluster.broker import check_broker

        check_broker(settings)
    else:
        for warning in filter(None, (weakness_of(backend), hardware_warning(spec.tasks, settings))):
            note(warning)
        install(spec.tasks, [a.harness for a in spec.agents], backend, settings)
    engine = open_store(settings)
    if settings.artifacts_url:
        Artifacts(settings.artifacts_url).require_usable()
    save_run(engine, plan.run, plan.variants, plan.agents, plan.trials)
    note(
        f"run {plan.run.id}: {len(plan.trials)} trials = {len(plan.variants)} variants of {len(spec.tasks)} tasks "
        f"x {len(spec.agents)} agents x {trials} attempts"
    )
    if backend is None:
        from rexlab.cli.remote import send_and_watch

        send_and_watch(engine, settings, plan.run.id)
    else:
        work(engine, settings, backend, plan.run.id)


def work(engine: "Engine", settings: "Settings", backend: "SandboxBackend", run_id: str) -> None:
    """Run the run's queued trials with a progress display, then print its table.

    Raises:
        SandboxUnavailableError: the sandbox works no longer; what is not finished went back into the queue.
        typer.Exit: with 130 after Ctrl-C, with 1 when trials ended in infra_error.
    """
    from rexlab.cli.progress import Progress
    from rexlab.errors import SandboxUnavailableError, StoreError
    from rexlab.execution.dispatch import dispatch
    from rexlab.execution.gateways import gateway_for
    from rexlab.execution.options import options_of
    from rexlab.execution.trial import Worker
    from rexlab.store.queries import find_run, summarize, unfinished_trials

    options = options_of(find_run(engine, run_id).spec)
    broken: list[Availability] = []

    def unfit() -> bool:
        found = backend.check()
        if not found.ok:
            broken.append(found)
            worker.stop.set()
        return not found.ok

    worker = Worker(engine, settings, backend, options, unfit=unfit)
    waiting = len(unfinished_trials(engine, run_id))
    interrupted = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        interrupted.set()
        worker.stop.set()

    before = [signal.signal(s, stop) for s in (signal.SIGINT, signal.SIGTERM)]
    try:
        with (
            gateway_for(engine, settings, run_id, options) as worker.gateway,
            Progress(run_id, waiting, min(settings.workers, max(waiting, 1))) as progress,
        ):
            dispatch(worker, run_id, workers=settings.workers, on_start=progress.start, on_end=progress.end)
    except StoreError:
        note(f"what is recorded is kept; when the store works again, go on with: rexlab runs resume {run_id}")
        raise
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)
    if interrupted.is_set() or broken:
        summary = summarize(engine, find_run(engine, run_id))
        note(
            f"stopped: {summary.finished} of {summary.total} trials are finished and kept; "
            f"go on with: rexlab runs resume {run_id}"
        )
        if broken:
            said = f"the {backend.name} sandbox works no longer: {broken[0].detail}; {broken[0].remedy}"
            raise SandboxUnavailableError(said)
        raise typer.Exit(130)
    conclude(engine, run_id)


def conclude(engine: "Engine", run_id: str) -> None:
    """Print the table of a run that nobody works on any more, and what to do next.

    Raises:
        typer.Exit: with 1 when trials ended in infra_error, or the run was cancelled.
    """
    from rexlab.cli.report import print_main_table
    from rexlab.store.models import Outcome
    from rexlab.store.queries import find_run, list_trials, summarize

    summary = summarize(engine, find_run(engine, run_id))
    print_main_table(engine, run_id)
    broken = summary.outcomes[Outcome.INFRA_ERROR]
    if broken:
        first = next(r for r in list_trials(engine, [run_id]) if r.outcome is Outcome.INFRA_ERROR)
        note(f"{first.trial.id}: {first.detail}")
        note(
            f"{broken} trials ended in infra_error; repeat them with: rexlab runs retry {run_id} --outcome infra_error"
        )
        raise typer.Exit(1)
    if summary.run.cancel_requested:
        note(f"run {run_id} was cancelled")
        raise typer.Exit(1)
    note(f"next: rexlab ui | rexlab trials list {run_id} | rexlab report {run_id}")
