"""Read a request of any protocol into a Talk. What cannot be read is left out: the harness sent it, not a user."""

import json
from collections.abc import Iterable
from typing import Any

from rexlab.gateway.contract import Protocol
from rexlab.gateway.scripted.talk import Side, Talk, ToolUse, Turn


def read_talk(protocol: Protocol, body: dict[str, Any]) -> Talk:
    """The conversation in a request for chat completions, responses or messages."""
    if protocol == "responses":
        return _read_responses(body)
    return _read_messages(body)


def _read_messages(body: dict[str, Any]) -> Talk:
    """Chat completions and Anthropic's messages: near enough to be read by the same code."""
    system = [flatten(body.get("system"))] if body.get("system") else []
    turns: list[Turn] = []
    for message in body.get("messages") or []:
        role, content = message.get("role"), message.get("content")
        if role in ("system", "developer"):
            system.append(flatten(content))
        elif role in ("tool", "function"):
            turns.append(Turn("user", results=(flatten(content),)))
        else:
            blocks = [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []
            calls = [
                *_chat_calls(message.get("tool_calls") or []),
                *(ToolUse(b.get("name", ""), b.get("input") or {}) for b in blocks if b.get("type") == "tool_use"),
            ]
            results = tuple(flatten(b.get("content")) for b in blocks if b.get("type") == "tool_result")
            side: Side = "assistant" if role == "assistant" else "user"
            turns.append(Turn(side, flatten(content), tuple(calls), results))
    return Talk("\n".join(system), tuple(turns), _tools(body.get("tools") or []))


def _read_responses(body: dict[str, Any]) -> Talk:
    system = [body["instructions"]] if body.get("instructions") else []
    turns: list[Turn] = []
    items = body.get("input") or []
    if isinstance(items, str):
        items = [{"role": "user", "content": items}]
    for item in items:
        match item.get("type", "message"):
            case "function_call":
                call = ToolUse(item.get("name", ""), _arguments(item.get("arguments")))
                turns.append(Turn("assistant", calls=(call,)))
            case "function_call_output":
                turns.append(Turn("user", results=(flatten(item.get("output")),)))
            case "message":
                if item.get("role") in ("system", "developer"):
                    system.append(flatten(item.get("content")))
                else:
                    side: Side = "assistant" if item.get("role") == "assistant" else "user"
                    turns.append(Turn(side, flatten(item.get("content"))))
    return Talk("\n".join(system), tuple(turns), _tools(body.get("tools") or []))


def flatten(content: Any) -> str:
    """The text of a message's content: a string, or the text blocks of a list."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (b if isinstance(b, str) else b.get("text") for b in content if isinstance(b, str | dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _chat_calls(calls: Iterable[dict[str, Any]]) -> list[ToolUse]:
    functions = [call.get("function") or {} for call in calls]
    return [ToolUse(f.get("name", ""), _arguments(f.get("arguments"))) for f in functions]


def _arguments(text: Any) -> dict[str, Any]:
    """A call's arguments; those that were broken on purpose come back and are none."""
    try:
        value = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _tools(tools: Iterable[dict[str, Any]]) -> dict[str, str]:
    functions = [tool.get("function") or tool for tool in tools]
    return {str(f.get("name", "")): str(f.get("description", "")) for f in functions}
