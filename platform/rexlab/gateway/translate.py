"""Through litellm to every other provider, and to OpenAI's and Anthropic's models in the other's protocol.

litellm takes a request's fields and its own options (another address, another key, headers, a made-up answer) as
arguments of one function. A client's request must never reach the latter: with an address of its choice it would be
sent the provider's key. So only fields that belong to the protocol are passed on.
"""

import asyncio
import json
import logging
import os
import threading
from collections.abc import AsyncIterator
from typing import Any

from rexlab.gateway.contract import ModelSpec
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.failures import NoAnswerError
from rexlab.gateway.providers import anthropic_base, model_for, openai_base
from rexlab.gateway.upstream import Call, Reply

_FIELDS: dict[WireProtocol, frozenset[str]] = {
    "chat": frozenset(
        "messages stream stream_options temperature top_p n stop max_tokens max_completion_tokens presence_penalty "
        "frequency_penalty logit_bias logprobs top_logprobs response_format seed tools tool_choice "
        "parallel_tool_calls reasoning_effort thinking functions function_call verbosity".split()
    ),
    "responses": frozenset(
        "input instructions include max_output_tokens parallel_tool_calls reasoning store stream temperature text "
        "tool_choice tools top_p truncation".split()
    ),
    "messages": frozenset(
        "messages max_tokens system stop_sequences stream temperature thinking tool_choice tools top_k top_p "
        "output_config output_format context_management".split()
    ),
    "embeddings": frozenset(["input", "dimensions", "encoding_format"]),
}
_TIMEOUT_S = 600
_loading = threading.Lock()


def load() -> Any:
    """litellm, imported once, with everything off that would ask the network or tell somebody; takes seconds."""
    with _loading:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        os.environ.setdefault("LITELLM_MODE", "PRODUCTION")  # else it reads .env files of the current folder
        # a model that repeats itself has answered; it is not a provider's failure
        os.environ.setdefault("REPEATED_STREAMING_CHUNK_LIMIT", str(10**9))
        import litellm

        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
            logging.getLogger(name).handlers.clear()  # its own would go round the search for secrets
        litellm.telemetry = False
        litellm.disable_streaming_logging = True  # it would keep every piece of an answer, for nobody
        litellm.suppress_debug_info = True
        litellm.turn_off_message_logging = True
        # Clients send fields for OpenAI's models that others do not know; they are left out, as they would be by
        # the client's own litellm.
        litellm.drop_params = True
        return litellm


def missing_keys(model: str) -> list[str]:
    """Environment variables that the model's provider needs and that are not set."""
    checked: dict[str, Any] = load().validate_environment(model)
    return [] if checked["keys_in_environment"] else [str(key) for key in checked["missing_keys"]]


class LitellmUpstream:
    """Every provider that litellm knows."""

    async def answer(self, call: Call) -> Reply:
        litellm = await asyncio.to_thread(load)
        arguments = _arguments(call)
        match call.protocol:
            case "chat":
                answer = await litellm.acompletion(**arguments, num_retries=0, max_retries=0)
            case "responses":
                answer = await litellm.aresponses(**arguments)
            case "messages":
                answer = await litellm.anthropic_messages(**arguments, num_retries=0, max_retries=0)
            case "embeddings":
                answer = await litellm.aembedding(**arguments, num_retries=0, max_retries=0)
        if hasattr(answer, "__aiter__"):
            return Reply(events=_events(call.protocol, answer))
        return Reply(document=_plain(answer))


def _arguments(call: Call) -> dict[str, Any]:
    model = model_for(call.registration.model, call.protocol)
    allowed = _FIELDS[call.protocol] | model.params.keys()
    arguments = {k: v for k, v in call.body.items() if k in allowed}
    return {**arguments, "model": model.name, "timeout": _TIMEOUT_S, **_address(model)}


def _address(model: ModelSpec) -> dict[str, str]:
    """Where the two providers are that have an address of their own here; the others' variables litellm reads."""
    match model.name.partition("/")[0]:
        case "openai":
            return {"api_base": openai_base(os.environ)}
        case "anthropic":
            return {"api_base": anthropic_base(os.environ)}
    return {}


async def _events(protocol: WireProtocol, chunks: Any) -> AsyncIterator[bytes]:
    """litellm's pieces of an answer as the protocol's events."""
    async for chunk in chunks:
        if isinstance(chunk, bytes):
            yield chunk
        elif isinstance(chunk, str):
            yield chunk.encode()
        else:
            piece = _plain(chunk)
            text = json.dumps(piece, separators=(",", ":")).encode()
            name = b"" if protocol == "chat" else b"event: " + str(piece.get("type")).encode() + b"\n"
            yield name + b"data: " + text + b"\n\n"
    if protocol == "chat":
        yield b"data: [DONE]\n\n"


def _plain(answer: Any) -> dict[str, Any]:
    if isinstance(answer, dict):
        return answer
    if not hasattr(answer, "model_dump"):
        raise NoAnswerError(f"litellm gave a {type(answer).__name__}")
    plain: dict[str, Any] = answer.model_dump(mode="json", exclude_none=True)
    return plain
