"""A request for a run, in the words of ``rexlab run``'s options, and the spec it asks for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import InputError
from rexlab.execution.options import RunOptions
from rexlab.execution.plan import RunSpec
from rexlab.execution.request_agents import agents_of, budget_of, shown_of, trial_budget_of
from rexlab.execution.request_texts import parse_counts, split_names
from rexlab.settings import Settings
from rexlab.task.load import Task
from rexlab.task.suites import find_tasks

EXECUTORS = ("local", "celery")
"""``local``: a process of the run's own; ``celery``: whichever workers listen to the broker."""
RUN_PRIORITIES = ("high", "normal", "low")
"""Whose trials Celery's workers take first, in this order."""
FindTasks = Callable[[str, list[Path]], Sequence[Task]]
"""The tasks that a name means, in these folders."""


@dataclass(frozen=True)
class RunRequest:
    """What was asked for, each field as the option of ``rexlab run`` takes it; None: the option was not given."""

    suites: tuple[str, ...]
    """Suites, tasks or task folders."""
    harness: str = ""
    command: str | None = None
    model: str | None = None
    params: tuple[str, ...] = ()
    model_params: tuple[str, ...] = ()
    strategy: str | None = None
    budget: str | None = None
    run_budget: str | None = None
    agent_timeout: float | None = None
    """Seconds."""
    setting: str | None = None
    hints: str | None = None
    paper: bool | None = None
    commands: bool | None = None
    record: Path | None = None
    replay: Path | None = None
    masks: str | None = None
    variants: str | None = None
    trials: int = 1
    sample: int | None = None
    progressive: int | None = None
    limit: int | None = None
    seed: int = 0
    workers: int | None = None
    sandbox: str | None = None
    executor: str | None = None
    priority: str = "normal"
    attribute: bool = False
    unsafe: bool = False
    name: str = ""


def spec_of(request: RunRequest, settings: Settings, find: FindTasks = find_tasks) -> RunSpec:
    """The spec of the run that is asked for; ``find`` looks tasks up.

    Raises:
        InputError: options contradict each other, or one cannot be used; the text names it.
        NotFoundError: there is no such suite, task or harness.
    """
    _reject_contradictions(request)
    if not request.suites:
        raise InputError("no task was named: give suites, tasks (classic/deis) or task folders")
    sandbox = settings.sandbox if request.sandbox is None else request.sandbox
    executor = executor_of(request.executor, settings)
    _reject_what_workers_decide(request, executor)
    tasks = {task.id: task for suite in request.suites for task in find(suite, settings.task_folders)}
    agents = agents_of(
        request.harness,
        request.command,
        request.model,
        request.params,
        request.model_params,
        request.strategy,
        settings,
    )
    named = [] if request.variants is None else split_names(request.variants)
    masks = request.masks if request.masks is not None else "0" if request.setting == "fc" else "1"
    return RunSpec(
        name=request.name or " ".join(request.suites),
        tasks=list(tasks.values()),
        agents=agents,
        masks=[] if named else parse_counts(masks),
        attempts=request.trials,
        sample=request.sample,
        chains=request.progressive,
        limit=request.limit,
        seed=request.seed,
        sandbox=sandbox,
        options=_options(request),
        shown=shown_of(request.setting, request.hints, request.paper, request.commands),
        variants=named,
        executor=executor,
        priority=request.priority,
    )


def executor_of(name: str | None, settings: Settings) -> str:
    """Who runs trials: ``local`` or ``celery``; where nothing is asked for, Celery's workers if a broker is set.

    Raises:
        InputError: there is no such executor.
    """
    if name is None:
        return "local" if settings.broker_url is None else "celery"
    if name not in EXECUTORS:
        raise InputError(f"--executor {name}: choose {' or '.join(EXECUTORS)}")
    return name


def _options(request: RunRequest) -> RunOptions:
    budget, lifted = trial_budget_of(request.budget)
    folder = request.record or request.replay
    return RunOptions(
        budget=budget,
        lifted=lifted,
        run_budget=budget_of(request.run_budget, "--run-budget"),
        agent_timeout=request.agent_timeout,
        mode="record" if request.record else "replay" if request.replay else "live",
        cassettes=str(folder.expanduser().absolute()) if folder else None,
        attribute=request.attribute,
    )


def _reject_what_workers_decide(request: RunRequest, executor: str) -> None:
    if request.priority not in RUN_PRIORITIES:
        raise InputError(f"--priority {request.priority}: choose {', '.join(RUN_PRIORITIES)}")
    if executor == "local":
        if request.priority != "normal":
            raise InputError("--priority is for runs that share workers: it needs --executor celery")
        return
    if request.workers is not None:
        raise InputError("--workers is for --executor local; a Celery worker has --concurrency")
    if request.unsafe:
        raise InputError("--unsafe is for --executor local; a Celery worker never takes such risks")


def _reject_contradictions(request: RunRequest) -> None:
    if request.sample is not None and request.progressive is not None:
        raise InputError("--sample and --progressive are two ways to draw variants: give one of them")
    if request.variants is not None and not split_names(request.variants):
        raise InputError("--variants is empty: give names or globs such as n1-0,n2-*")
    by_number = not (request.masks is None and request.sample is None and request.progressive is None)
    if request.variants is not None and by_number:
        raise InputError("--variants names what is masked: leave --masks, --sample and --progressive out")
    if request.record is not None and request.replay is not None:
        raise InputError("--record asks models and --replay does not: give one of them")
    if request.replay is not None and not request.replay.expanduser().is_dir():
        raise InputError(
            f"--replay {request.replay}: there is no such folder; make the recordings first, with --record"
        )
    if request.setting == "fc" and not (request.masks is None and request.variants is None):
        raise InputError("--setting fc masks nothing: leave --masks and --variants out")
