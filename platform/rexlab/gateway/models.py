"""Says before a run starts what would make every call to a model fail."""

import os
from pathlib import Path

from rexlab.errors import InputError
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.gateway.prices import Prices
from rexlab.gateway.providers import ANTHROPIC, OPENAI, anthropic_base, openai_base


def check_model(
    model: ModelSpec, budgets: tuple[Budget, ...] = (), prices_file: Path | None = None, *, keys_here: bool = True
) -> None:
    """Say before a run starts what would make its every call fail. ``keys_here``: providers' keys are this process's.

    Raises:
        InputError: the name has no provider, its key is not set, or a budget in USD meets an unknown price.
    """
    if model.simulated:
        from rexlab.gateway.scripted.behaviours import check_behaviour

        check_behaviour(model.name)
        return
    provider, slash, bare = model.name.partition("/")
    if not slash or not bare:
        raise InputError(f"model {model.name!r} names no provider; write provider/model, such as openai/gpt-4o")
    missing = _missing_keys(model, provider) if keys_here else []
    if missing:
        raise InputError(f"model {model.name} needs a key: set {' and '.join(missing)} in the environment")
    if any(budget.usd is not None for budget in budgets) and Prices(prices_file).find(model) is None:
        place = prices_file or "prices.toml in REXLAB_HOME"
        raise InputError(
            f"a budget in USD needs the price of {model.name}, which is in no list; add it to {place}, "
            "or lift the harness's own limit with --budget usd=none"
        )


def _missing_keys(model: ModelSpec, provider: str) -> list[str]:
    has = os.environ.get
    if provider == "openai":
        # a server of one's own may well ask for none
        return [] if has("OPENAI_API_KEY") or openai_base(os.environ) != OPENAI else ["OPENAI_API_KEY"]
    if provider == "anthropic":
        found = has("ANTHROPIC_API_KEY") or has("ANTHROPIC_AUTH_TOKEN") or anthropic_base(os.environ) != ANTHROPIC
        return [] if found else ["ANTHROPIC_API_KEY"]
    from rexlab.gateway.translate import missing_keys

    return missing_keys(model.name)
