"""Which way a model's requests go: straight to a provider that speaks the request's protocol, or through litellm."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rexlab.errors import InputError
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.prices import Prices

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
_PATHS: dict[WireProtocol, str] = {
    "chat": "/chat/completions",
    "responses": "/responses",
    "embeddings": "/embeddings",
    "messages": "/v1/messages",
}


@dataclass(frozen=True)
class Endpoint:
    """A provider's address for one protocol, with what proves who asks."""

    url: str
    headers: Mapping[str, str]
    own: bool
    """It is the vendor's own service, not one that speaks the same protocol."""


def native_endpoint(model: ModelSpec, protocol: WireProtocol, environment: Mapping[str, str]) -> Endpoint | None:
    """Where the provider takes requests of this protocol as they are; None where litellm must translate."""
    provider = model.name.partition("/")[0]
    if provider == "openai" and protocol != "messages":
        base = openai_base(environment)
        return Endpoint(base + _PATHS[protocol], _openai_headers(environment), own=base == OPENAI)
    if provider == "anthropic" and protocol == "messages":
        base = anthropic_base(environment)
        return Endpoint(base + _PATHS[protocol], _anthropic_headers(environment), own=base == ANTHROPIC)
    return None


def openai_base(environment: Mapping[str, str]) -> str:
    """OpenAI's address, or that of a server that speaks like it."""
    return (environment.get("OPENAI_BASE_URL") or environment.get("OPENAI_API_BASE") or OPENAI).rstrip("/")


def anthropic_base(environment: Mapping[str, str]) -> str:
    """Anthropic's address, without the version."""
    base = environment.get("ANTHROPIC_BASE_URL") or environment.get("ANTHROPIC_API_BASE") or ANTHROPIC
    return base.rstrip("/").removesuffix("/v1")


def check_model(model: ModelSpec, budgets: tuple[Budget, ...] = (), prices_file: Path | None = None) -> None:
    """Say before a run starts what would make its every call fail.

    Raises:
        InputError: the name has no provider, its key is not set, or a budget in USD meets an unknown price.
    """
    if model.simulated:
        return
    provider, slash, bare = model.name.partition("/")
    if not slash or not bare:
        raise InputError(f"model {model.name!r} names no provider; write provider/model, such as openai/gpt-4o")
    missing = _missing_keys(model, provider)
    if missing:
        raise InputError(f"model {model.name} needs a key: set {' and '.join(missing)} in the environment")
    if any(budget.usd is not None for budget in budgets) and Prices(prices_file).find(model) is None:
        place = prices_file or "prices.toml in REXLAB_HOME"
        raise InputError(f"a budget in USD needs the price of {model.name}, which is in no list; add it to {place}")


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


def _openai_headers(environment: Mapping[str, str]) -> dict[str, str]:
    headers = {}
    if key := environment.get("OPENAI_API_KEY"):
        headers["authorization"] = f"Bearer {key}"
    if organization := environment.get("OPENAI_ORG_ID") or environment.get("OPENAI_ORGANIZATION"):
        headers["openai-organization"] = organization
    if project := environment.get("OPENAI_PROJECT_ID"):
        headers["openai-project"] = project
    return headers


def _anthropic_headers(environment: Mapping[str, str]) -> dict[str, str]:
    if key := environment.get("ANTHROPIC_API_KEY"):
        return {"x-api-key": key}
    if token := environment.get("ANTHROPIC_AUTH_TOKEN"):
        return {"authorization": f"Bearer {token}"}
    return {}
