"""Plan a run: a frozen matrix of variants x agents x attempts, with digests of everything that goes in."""

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from itertools import product

from rexlab import __version__
from rexlab.errors import InputError
from rexlab.execution.options import RunOptions
from rexlab.gateway.contract import ModelSpec
from rexlab.harness.agent_files import agent_files
from rexlab.harness.door import kit
from rexlab.harness.manifest import Harness, ParamValue, folder_digest
from rexlab.harness.prompt import VERSION as PROMPT_VERSION
from rexlab.harness.prompt import prompts_digest
from rexlab.harness.strategy import Strategy
from rexlab.store.models import AgentRow, RunRow, TrialRow, VariantRow
from rexlab.store.records import trial_id
from rexlab.task.load import Task
from rexlab.task.named_variants import NamedVariant, select_named_variants
from rexlab.task.variant import Shown, Variant
from rexlab.task.variants import enumerate_variants, progressive


@dataclass(frozen=True)
class AgentSpec:
    """A harness, a model and resolved parameters."""

    harness: Harness
    model: ModelSpec | None
    params: dict[str, ParamValue]
    strategy: Strategy | None = None


@dataclass(frozen=True)
class RunSpec:
    """What the user asked for."""

    name: str
    tasks: Sequence[Task]
    agents: Sequence[AgentSpec]
    masks: Sequence[int]
    """Numbers of masked functions."""
    attempts: int
    sample: int | None
    """Variants per task and number of masks, drawn with the seed; None: all."""
    chains: int | None
    """Progressive chains per task in place of all or a sample; None: not progressive."""
    limit: int | None
    """Variants per task at the most, over all numbers of masks."""
    seed: int
    sandbox: str
    options: RunOptions = field(default_factory=RunOptions)
    shown: Sequence[Shown] = (Shown(),)
    """What agents are shown; several make as many variants of each set of functions."""
    variants: Sequence[str] = ()
    """Names or globs of the tasks' named variants, in place of ``masks``; none: not by name."""
    executor: str = "local"
    priority: str = "normal"


@dataclass(frozen=True)
class Plan:
    """A run's rows, not yet in the store."""

    run: RunRow
    variants: list[VariantRow]
    agents: list[AgentRow]
    trials: list[TrialRow]


def plan_run(spec: RunSpec) -> Plan:
    """Lay the matrix out, attempt after attempt: a run that is interrupted has something of everything.

    Raises:
        InputError: there is nothing to run.
    """
    named = select_named_variants(spec.tasks, spec.variants) if spec.variants else None
    variants = [row for task in spec.tasks for row in _variant_rows(task, spec, named)]
    agents = [_agent_row(agent) for agent in spec.agents]
    if not variants:
        counts = ", ".join(f"{t.name} {len(t.functions)}" for t in spec.tasks)
        raise InputError(f"no variant has {_words(spec.masks)} masked functions; the tasks have: {counts}")
    run_id = f"r{time.strftime('%y%m%d', time.gmtime())}-{secrets.token_hex(3)}"
    trials: list[TrialRow] = []
    for attempt in range(1, spec.attempts + 1):
        for variant in variants:
            for agent in agents:
                position = len(trials) + 1
                trials.append(
                    TrialRow(
                        id=trial_id(run_id, position),
                        run_id=run_id,
                        position=position,
                        variant_id=variant.id,
                        agent_id=agent.id,
                        attempt=attempt,
                        seed=_seed(spec.seed, variant.id, agent.id, attempt),
                    )
                )
    options = spec.options.model_dump()
    prompts = {"version": PROMPT_VERSION, "digest": prompts_digest(), "kit": folder_digest(kit())}
    inputs = [[v.id for v in variants], [a.id for a in agents], spec.attempts, spec.seed, options, prompts, __version__]
    run = RunRow(
        id=run_id,
        created_at=time.time(),
        name=spec.name,
        spec={
            "tasks": [t.id for t in spec.tasks],
            "harnesses": list(dict.fromkeys(a.harness.name for a in spec.agents)),
            "models": list(dict.fromkeys(a.model.name for a in spec.agents if a.model)),
            "masks": list(spec.masks),
            "variants": list(spec.variants),
            "attempts": spec.attempts,
            "sample": spec.sample,
            "chains": spec.chains,
            "limit": spec.limit,
            "seed": spec.seed,
            "sandbox": spec.sandbox,
            "prompts": prompts,
            **options,
        },
        digest=_digest(inputs),
        platform_version=__version__,
        executor=spec.executor,
        priority=spec.priority,
    )
    return Plan(run, variants, agents, trials)


def _variant_rows(task: Task, spec: RunSpec, named: Mapping[str, list[NamedVariant]] | None) -> list[VariantRow]:
    sets = _function_sets(task, spec) if named is None else (v.functions for v in named[task.id])
    rows = []
    for functions, shown in product(sets, spec.shown):
        variant = Variant(task.id, task.digest, tuple(sorted(functions)), shown)
        rows.append(
            VariantRow(
                id=variant.digest[:16],
                task=task.id,
                task_digest=task.digest,
                task_folder=str(task.folder),
                kind=task.manifest.task.kind,
                functions=list(variant.functions),
                masks=len(variant.functions),
                shown=asdict(shown),
                paper=task.manifest.paper.url,
                gpus=task.manifest.environment.gpus,
                memory_mb=task.manifest.environment.memory_mb,
            )
        )
    unique = list({row.id: row for row in rows}.values())
    return unique[: spec.limit * len(spec.shown)] if spec.limit else unique


def _function_sets(task: Task, spec: RunSpec) -> Iterator[tuple[str, ...]]:
    if task.manifest.task.kind == "extension":
        if any(agent.harness.manifest.harness.reference == "mutated" for agent in spec.agents):
            raise InputError(f"task {task.id} is an extension: the mutant harness needs masked functions")
        yield ()
        return
    ids = [f.id for f in task.functions]
    if spec.chains is not None:
        sizes = [n for n in spec.masks if n <= len(ids)]
        for chain in progressive(ids, sizes, chains=spec.chains, seed=spec.seed):
            yield from chain
        return
    for masks in spec.masks:
        yield from enumerate_variants(ids, masks, sample=spec.sample, seed=spec.seed)


def _agent_row(agent: AgentSpec) -> AgentRow:
    contents = {
        name: sha256(path.read_bytes()).hexdigest()
        for name, path in agent_files(agent.harness, agent.params).items()
        if path.is_file()
    }
    harness_digest = agent.harness.digest()
    model = agent.model.model_dump() if agent.model else None
    strategy = agent.strategy.model_dump() if agent.strategy else None
    inputs = [agent.harness.name, harness_digest, model, agent.params, contents]
    digest = _digest([*inputs, strategy] if strategy else inputs)  # agents from before strategies keep their ids
    return AgentRow(
        id=digest[:16],
        harness=agent.harness.name,
        harness_digest=harness_digest,
        harness_folder=str(agent.harness.folder),
        label=_label(agent),
        model=agent.model.name if agent.model else None,
        model_params=agent.model.params if agent.model else {},
        params=agent.params,
        strategy=strategy,
        reference=agent.harness.is_reference,
        simulated=agent.model is not None and agent.model.simulated,
    )


def _label(agent: AgentSpec) -> str:
    """The agent in a few words; parameters that have their default say nothing and are left out."""
    defaults = {p.name: p.default for p in agent.harness.manifest.param}
    changed = {name: value for name, value in agent.params.items() if value != defaults[name]}
    model = [agent.model.name] if agent.model else []
    params = {**(agent.model.params if agent.model else {}), **changed}
    words = [agent.harness.name, *model, *(f"{name}={value}" for name, value in params.items())]
    return " ".join([*words, *([str(agent.strategy)] if agent.strategy else [])])


def _seed(seed: int, *parts: object) -> int:
    """A trial's own seed: the same for the same place in the same plan, whatever ran before it."""
    return int(_digest([seed, *parts])[:8], 16)


def _digest(value: object) -> str:
    return sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def _words(masks: Sequence[int]) -> str:
    return " or ".join(str(n) for n in masks)
