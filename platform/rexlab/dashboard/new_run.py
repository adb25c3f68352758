"""What a run that is being put together would be: its trials, what speaks against it, what it would take and cost."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import comb, factorial

from rexlab.cluster.routing import queue_of
from rexlab.cluster.workers import ListeningWorker
from rexlab.dashboard.estimate import RunEstimate, estimate_run
from rexlab.errors import InputError, RexlabError
from rexlab.execution.plan import Plan, RunSpec, plan_run
from rexlab.execution.request import FindTasks, RunRequest, spec_of
from rexlab.execution.request_checks import check_models, require_safe, weakness_of
from rexlab.sandbox import SandboxBackend
from rexlab.settings import Settings
from rexlab.store.estimates import Past
from rexlab.task.load import Task
from rexlab.task.named_variants import select_named_variants

MOST = 20_000
"""Trials. A larger plan takes seconds to lay out, and is nearly always a mistake; the command line takes any."""


@dataclass(frozen=True)
class TaskLine:
    """A task's share of the plan."""

    task: str
    functions: int
    """That can be masked."""
    variants: int
    trials: int


@dataclass(frozen=True)
class Draft:
    """What is known of a run before it starts."""

    problem: str = ""
    """Why it cannot be started, in a sentence; empty: it can."""
    remark: str = ""
    """What its sandbox leaves open; empty: nothing to say."""
    tasks: tuple[TaskLine, ...] = ()
    agents: tuple[str, ...] = ()
    """Their labels."""
    attempts: int = 1
    trials: int = 0
    estimate: RunEstimate | None = None
    workers: int = 1
    """Trials that would be at work at the same time."""


def draft_of(
    request: RunRequest,
    settings: Settings,
    *,
    find: FindTasks,
    sandbox: Callable[[str], SandboxBackend],
    past: Callable[[Sequence[str]], Sequence[Past]],
    listening: Callable[[], Sequence[ListeningWorker]],
) -> Draft:
    """Plan the run that is asked for as far as it can be planned, without a trace.

    Args:
        request: What is asked for.
        settings: Where tasks and harnesses are.
        find: Looks tasks up.
        sandbox: The backend of that name, or an error when it cannot be used here.
        past: What finished trials of these harnesses took and cost.
        listening: The workers that listen to the broker, or an error when it does not answer.
    """
    try:
        spec = spec_of(request, settings, find)
        _reject_enormous(spec)
        # no attempt: variants and agents are all that is needed of it, and they take a fraction of the trials' time
        plan = plan_run(replace(spec, attempts=0))
    except RexlabError as error:
        return Draft(problem=str(error))
    draft = _laid_out(spec, plan)
    remote: Sequence[ListeningWorker] = ()
    if spec.executor == "celery":
        try:
            remote = listening()
        except RexlabError as error:
            draft = replace(draft, problem=str(error))
        workers = max(1, sum(worker.concurrency for worker in remote))
    else:
        workers = settings.workers if request.workers is None else request.workers
    harnesses = list(dict.fromkeys(agent.harness.name for agent in spec.agents))
    estimate = estimate_run(
        list(zip(spec.agents, plan.agents, strict=True)),
        {line.task: line.variants * spec.attempts for line in draft.tasks if line.variants},
        spec.options,
        workers,
        past(harnesses),
    )
    draft = replace(draft, estimate=estimate, workers=workers)
    if draft.trials > MOST:
        return replace(draft, problem=_too_many(draft.trials))
    if draft.problem:
        return draft
    if spec.executor == "celery":
        return _for_workers(draft, spec, plan, remote, settings)
    try:
        backend = sandbox(spec.sandbox)
        require_safe(backend, [(a.harness, a.model is not None) for a in spec.agents], unsafe=request.unsafe)
        check_models(spec.agents, spec.options, settings)
    except RexlabError as error:
        return replace(draft, problem=str(error))
    return replace(draft, remark=weakness_of(backend))


def _for_workers(
    draft: Draft, spec: RunSpec, plan: Plan, remote: Sequence[ListeningWorker], settings: Settings
) -> Draft:
    try:
        check_models(spec.agents, spec.options, settings)
    except RexlabError as error:
        return replace(draft, problem=str(error))
    listened = {queue for worker in remote for queue in worker.queues}
    needed = dict.fromkeys(queue_of(row.gpus, row.memory_mb) for row in plan.variants)
    unheard = [queue for queue in needed if queue not in listened]
    remark = f"no worker listens to {' and '.join(unheard)}: these trials wait until one does" if unheard else ""
    return replace(draft, remark=remark)


def _laid_out(spec: RunSpec, plan: Plan) -> Draft:
    variants = Counter(row.task for row in plan.variants)
    each = len(plan.agents) * spec.attempts
    return Draft(
        tasks=tuple(TaskLine(t.id, len(t.functions), variants[t.id], variants[t.id] * each) for t in spec.tasks),
        agents=tuple(str(row.label) for row in plan.agents),
        attempts=spec.attempts,
        trials=len(plan.variants) * each,
    )


def _reject_enormous(spec: RunSpec) -> None:
    """Sets are laid out before a limit cuts them, and ten functions out of sixty would fill any memory."""
    named = select_named_variants(spec.tasks, spec.variants) if spec.variants else {}
    sets = sum(len(named[t.id]) if spec.variants else _sets(t, spec) for t in spec.tasks)
    if sets * len(spec.shown) > MOST:
        raise InputError(_too_many(sets * len(spec.shown) * len(spec.agents) * spec.attempts))


def _sets(task: Task, spec: RunSpec) -> int:
    """Sets of functions that the plan would lay out for a task, at the most."""
    if task.manifest.task.kind == "extension":
        return 1
    count = len(task.functions)
    if spec.chains is not None:
        return min(spec.chains, factorial(count)) * sum(n <= count for n in spec.masks)
    sizes = (comb(count, n) for n in spec.masks)
    return sum(sizes if spec.sample is None else (min(size, spec.sample) for size in sizes))


def _too_many(trials: int) -> str:
    said = f"{trials:,}" if trials < 10**12 else "more than a million million"
    return (
        f"this would be {said} trials, and more than {MOST:,} are not planned here: choose fewer tasks, agents or "
        "attempts, smaller numbers of masked functions, or draw a sample"
    )
