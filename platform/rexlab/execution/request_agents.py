"""What a request's texts about agents mean: harnesses x models, parameters, strategies, budgets, what is shown."""

import json
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import ValidationError

from rexlab.errors import InputError
from rexlab.execution.plan import AgentSpec
from rexlab.execution.request_texts import split_names
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.harness.manifest import Harness, find_harness
from rexlab.harness.strategy import Strategy, parse_strategy
from rexlab.settings import Settings
from rexlab.task.variant import HintLevel, Shown

SETTINGS = ("fc", "pc", "pc+refsol")
"""AutoExperiment's: full code, partial code, partial code with the reference solution's commands."""


def agents_of(
    harness: str,
    command: str | None,
    model: str | None,
    params: Sequence[str],
    model_params: Sequence[str],
    strategy: str | None,
    settings: Settings,
) -> list[AgentSpec]:
    """Every harness with every model, in order.

    Raises:
        InputError: nothing was named, or something that cannot be used; the text says what.
    """
    names = list(dict.fromkeys(split_names(harness)))
    given = _params(params)
    if command is not None:
        if not command.strip():
            raise InputError("--command is empty: name the program to run in the workspace")
        names = list(dict.fromkeys([*names, "command"]))
        given.setdefault("command", {})["program"] = command
    if not names:
        raise InputError("no harness was named: give --harness oracle,noop,mutant or --command PROGRAM")
    if unknown := set(given) - set(names):
        raise InputError(f"--param {sorted(unknown)[0]}.…: this run has no such harness; it has {', '.join(names)}")
    found = [find_harness(name, settings.harness_folders) for name in names]
    models = _models(model, model_params)
    chosen = parse_strategy(strategy) if strategy else None
    return [
        AgentSpec(h, m, h.resolve_params(given.get(h.name, {})), _strategy_for(h, m, chosen))
        for h in found
        for m in _models_for(h, models)
    ]


def trial_budget_of(text: str | None) -> tuple[Budget, tuple[str, ...]]:
    """The budget of ``--budget``, and the limits of the harness's own that ``NAME=none`` lifts.

    Raises:
        InputError: it is neither.
    """
    parts = split_names(text or "")
    lifted = [part for part in parts if part.endswith("=none")]
    budget = budget_of(",".join(part for part in parts if part not in lifted) or None, "--budget")
    names = tuple(part.removesuffix("=none") for part in lifted)
    if unknown := set(names) - set(Budget.model_fields):
        raise InputError(f"--budget {sorted(unknown)[0]}=none: there is no such limit")
    return budget, names


def budget_of(text: str | None, option: str) -> Budget:
    """``usd=1,calls=50,tokens=200000,seconds=600``, any of them.

    Raises:
        InputError: it is anything else; ``option`` is named.
    """
    form = f"{option} {text}: write usd=1,calls=50,tokens=200000,seconds=600, any of them"
    values = {}
    for part in split_names(text or ""):
        name, equals, value = part.partition("=")
        if not equals or name in values or name not in Budget.model_fields:
            raise InputError(form)
        values[name] = value
    try:
        return Budget.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{option} {'.'.join(map(str, first['loc']))}={first['input']}: {first['msg']}") from error


def shown_of(setting: str | None, hints: str | None, paper: bool | None, commands: bool | None) -> list[Shown]:
    """What agents are shown: by a setting's name, or piece by piece; several hint levels make several variants.

    Raises:
        InputError: an unknown name, or a setting and its pieces together.
    """
    levels = split_names(hints) if hints is not None else ["default"]
    for level in levels:
        if level not in get_args(HintLevel):
            raise InputError(f"--hints {level}: choose from {', '.join(get_args(HintLevel))}")
    if not levels:
        raise InputError(f"--hints is empty: choose from {', '.join(get_args(HintLevel))}")
    if setting is None:
        with_paper, with_commands = paper is not False, commands is not False
    else:
        if setting not in SETTINGS:
            raise InputError(f"--setting {setting}: choose from {', '.join(SETTINGS)}")
        if paper is not None or commands is not None:
            raise InputError("--setting says what is shown: leave --paper and --commands out")
        with_paper, with_commands = True, setting == "pc+refsol"
    return [Shown(with_paper, with_commands, level) for level in dict.fromkeys(levels)]  # type: ignore[arg-type]


def _params(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    given: dict[str, dict[str, str]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        owner, dot, key = target.rpartition(".")
        if not (equals and dot and owner and key):
            raise InputError(f"--param {text}: write HARNESS.NAME=VALUE, for example mutant.p=0.5")
        given.setdefault(owner, {})[key] = value
    return given


def _models(model: str | None, model_params: Sequence[str]) -> list[ModelSpec]:
    values: dict[str, Any] = {}
    for text in model_params:
        name, equals, value = text.partition("=")
        if not (equals and name):
            raise InputError(f"--model-param {text}: write NAME=VALUE, for example temperature=0.2")
        values[name] = _typed(value)
    names = list(dict.fromkeys(split_names(model or "")))
    if model is not None and not names:
        raise InputError("--model is empty: name one as provider/model, for example openai/gpt-4o, or scripted")
    if values and not names:
        raise InputError("--model-param needs a --model")
    return [ModelSpec(name=name, params=values) for name in names]


def _typed(value: str) -> Any:
    """A number, true, false, null or a JSON document where it is one; else the text."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _models_for(harness: Harness, models: list[ModelSpec]) -> Sequence[ModelSpec | None]:
    if harness.manifest.model is not None and not models:
        raise InputError(
            f"harness {harness.name} asks a model: give --model PROVIDER/MODEL (for example openai/gpt-4o or "
            "anthropic/claude-sonnet-4-5; its key is read from the environment), or --model scripted to try it without"
        )
    asks = harness.manifest.model is not None or any(p.type == "command" for p in harness.manifest.param)
    return models if asks and models else [None]


def _strategy_for(harness: Harness, model: ModelSpec | None, strategy: Strategy | None) -> Strategy | None:
    """The strategy, for a harness that it can be put over."""
    if strategy is None or harness.is_reference:
        return None
    if strategy.verifier == "judge" and model is None:
        raise InputError(f"--strategy: the verifier judge asks the agent's model, and harness {harness.name} has none")
    return strategy
