"""Makes of a client's request the one that goes upstream: the agent's model and parameters, and nothing hosted.

A provider can search the web, fetch addresses and run code on its own machines for whoever asks. That would be a way
out of the sandbox, to the very repository a task was made from; a request for it is refused.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rexlab.gateway.contract import ModelSpec
from rexlab.gateway.contract import Protocol as WireProtocol
from rexlab.gateway.failures import Refused

_CLIENT_TOOLS: dict[WireProtocol, tuple[str, ...]] = {
    "chat": ("function", "custom"),
    "responses": ("function", "custom", "local_shell", "apply_patch", "computer_use_preview", "namespace"),
    "messages": ("custom", "bash_", "text_editor_", "computer_", "memory_"),
    "embeddings": (),
}
"""Tools that the client runs itself, in the sandbox; of Anthropic's, whose names end in a date, the beginning."""
_HOSTED_FIELDS = {
    "web_search_options": "web search",
    "mcp_servers": "MCP servers",
    "container": "code execution",
    "background": "background answers",
    "previous_response_id": "stored conversations",
    "conversation": "stored conversations",
}
_DROPPED = ("service_tier", "speed", "inference_geo")
"""They change what a call costs; that is the agent's parameters' to say, not the harness's."""


def parse(raw: bytes) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        Refused: it is none.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "invalid_json", f"the request's body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise Refused(400, "invalid_json", "the request's body is not a JSON object")
    return body


def prepare(body: dict[str, Any], protocol: WireProtocol, model: ModelSpec, *, own: bool) -> dict[str, Any]:
    """The body to send upstream to the given model; ``own``: to the vendor's own service.

    Raises:
        Refused: it asks the provider for something that reaches beyond the sandbox.
    """
    _refuse_hosted(body, protocol)
    prepared = {k: v for k, v in body.items() if k not in _DROPPED}
    prepared["model"] = _bare(model)
    if protocol == "embeddings":
        return prepared  # temperature and the like are the talking model's
    for name, value in model.params.items():
        _put(prepared, protocol, name, value, own)
    if protocol == "chat" and prepared.get("stream"):
        options = prepared.get("stream_options")
        prepared["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
    return prepared


def hides_usage(body: Mapping[str, Any], protocol: WireProtocol) -> bool:
    """Whether the client did not ask for the event that tells a chat's usage, which the gateway asks for."""
    options = body.get("stream_options")
    return protocol == "chat" and not (isinstance(options, dict) and options.get("include_usage"))


def _bare(model: ModelSpec) -> str:
    return model.name if model.simulated else model.name.partition("/")[2]


def _put(body: dict[str, Any], protocol: WireProtocol, name: str, value: Any, own: bool) -> None:
    """Set a parameter under the name that the protocol has for it."""
    if name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        asked_new = "max_completion_tokens" in body or own
        for other in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
            body.pop(other, None)
        chat = "max_completion_tokens" if asked_new else "max_tokens"
        body[{"chat": chat, "responses": "max_output_tokens"}.get(protocol, "max_tokens")] = value
    elif name == "reasoning_effort" and protocol == "responses":
        body["reasoning"] = {**(body.get("reasoning") or {}), "effort": value}
    elif name == "reasoning_effort" and protocol == "messages":
        body["output_config"] = {**(body.get("output_config") or {}), "effort": value}
    else:
        body[name] = value


def _refuse_hosted(body: Mapping[str, Any], protocol: WireProtocol) -> None:
    for name, what in _HOSTED_FIELDS.items():
        if body.get(name):
            raise Refused(400, "hosted_feature", f"{what} ({name}) is not available: a trial has no network")
    allowed = _CLIENT_TOOLS[protocol]
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        kind = str(tool.get("type") or "custom") if isinstance(tool, dict) else "custom"
        if not (kind.startswith(allowed) if protocol == "messages" else kind in allowed):
            raise Refused(400, "hosted_tool", f"the tool {kind} is not available: it is run by the provider")
    for url in _urls(body.get("messages")):
        raise Refused(400, "remote_content", f"{url[:80]} is not fetched: a trial has no network; send the content")
    for url in _urls(body.get("input") if protocol == "responses" else None):
        raise Refused(400, "remote_content", f"{url[:80]} is not fetched: a trial has no network; send the content")


def _urls(part: Any) -> Iterator[str]:
    """Addresses that the provider, or litellm here, would fetch. What a tool was called with is not looked at."""
    if isinstance(part, list):
        for item in part:
            yield from _urls(item)
    elif isinstance(part, dict) and part.get("type") not in ("tool_use", "function_call"):
        for key, value in part.items():
            if key in ("image_url", "file_url", "url", "video_url") and isinstance(value, str):
                if not value.startswith("data:"):
                    yield value
            elif isinstance(value, dict | list):
                yield from _urls(value)
