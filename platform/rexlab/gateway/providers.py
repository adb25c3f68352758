"""Which way a model's requests go: straight to a provider that speaks the request's protocol, or through litellm."""

from collections.abc import Mapping
from dataclasses import dataclass

from rexlab.gateway.contract import ModelSpec
from rexlab.gateway.contract import Protocol as WireProtocol

OPENAI = "https://api.openai.com/v1"
ANTHROPIC = "https://api.anthropic.com"
EMBEDDING_MODEL = "embedding_model"
"""Parameter of an agent's model: the one that makes embeddings, where the model itself makes none."""
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


def model_for(model: ModelSpec, protocol: WireProtocol) -> ModelSpec:
    """The model that answers requests of this protocol: embeddings come from one of their own, where it is named."""
    name = model.params.get(EMBEDDING_MODEL)
    if name is not None and protocol == "embeddings" and not model.simulated:
        provider = model.name.partition("/")[0]
        return ModelSpec(name=str(name) if "/" in str(name) else f"{provider}/{name}")
    return ModelSpec(name=model.name, params={k: v for k, v in model.params.items() if k != EMBEDDING_MODEL})


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
