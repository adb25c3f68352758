"""One step of a trajectory as parts to read: message, reasoning, tool calls, observations, metrics."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rexlab.dashboard.texts import one_line

_SHELL = {"bash", "shell", "sh", "terminal", "execute_bash", "run_command", "exec", "local_shell"}
_COMMANDS = {"command", "cmd", "script", "commands"}
_PLACES = ("path", "file_path", "filename", "file")
_LANGUAGES = {
    ".py": "python", ".sh": "bash", ".toml": "toml", ".json": "json", ".md": "markdown", ".yaml": "yaml",
    ".yml": "yaml", ".diff": "diff", ".patch": "diff", ".c": "c", ".cpp": "cpp", ".js": "javascript", ".r": "r",
}  # fmt: skip
_SHORT = 200
_METRICS = {
    "prompt_tokens": "tokens in",
    "completion_tokens": "tokens out",
    "cached_tokens": "of them cached",
    "cost_usd": "cost in USD",
}


@dataclass(frozen=True)
class Part:
    """A text with a heading; ``language`` None: plain text."""

    title: str
    text: str
    language: str | None = None


def parts(step: Any) -> list[Part]:
    """What a step says, in the order in which it happened; also what is not as the format wants it."""
    if not isinstance(step, dict):
        return [Part("not a step", written(step))]
    return list(_parts(step))


def _parts(step: dict[str, Any]) -> Iterator[Part]:
    rest = dict(step)
    for key in ("step_id", "timestamp", "source", "model_name"):
        rest.pop(key, None)
    for key, title in (("reasoning_content", "reasoning"), ("message", "message")):
        text = content(rest.pop(key, None))
        if text.strip():
            yield Part(title, text)
    for call in entries(rest.pop("tool_calls", None)):
        yield from _call(call)
    observation = rest.pop("observation", None)
    results = observation.get("results") if isinstance(observation, dict) else observation
    for result in entries(results):
        text = content(result.get("content")) if isinstance(result, dict) and "content" in result else content(result)
        yield Part("observation", text or "(nothing)")
    if metrics := rest.pop("metrics", None):
        yield Part("metrics", _metrics(metrics))
    if rest := {key: value for key, value in rest.items() if value not in (None, "", [], {})}:
        yield Part("further fields", written(rest), "json")


def content(value: Any) -> str:
    """A message as text: a string, or a list of parts of which some are text."""
    if value is None:
        return ""
    if isinstance(value, list) and value:
        return "\n".join(
            entry["text"] if isinstance(entry, dict) and isinstance(entry.get("text"), str) else written(entry)
            for entry in value
        )
    return written(value)


def entries(value: Any) -> list[Any]:
    """A list as it is, one thing as a list of it, nothing as an empty one."""
    if isinstance(value, list):
        return value
    return [] if value in (None, "", {}) else [value]


def tool_name(call: Any) -> str:
    """The tool that a call is of; empty where it does not say."""
    if not isinstance(call, dict):
        return ""
    name = call.get("function_name") or call.get("name") or ""
    return one_line(name, 60) if isinstance(name, str) else ""


def written(value: Any) -> str:
    """A string as it is, everything else as indented JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    except (RecursionError, ValueError):
        return "(nested too deeply to be shown)"


def _call(call: Any) -> Iterator[Part]:
    name = tool_name(call)
    if not name:
        yield Part("tool call", written(call), "json")
        return
    arguments = call.get("arguments")
    if not isinstance(arguments, dict):
        yield Part(f"tool call: {name}", written(arguments), "bash" if name.lower() in _SHELL else None)
        return
    short = {key: value for key, value in arguments.items() if key not in _COMMANDS and _is_short(value)}
    lines = "\n".join(f"{key}: {written(value)}" for key, value in short.items())
    if lines or not arguments:
        yield Part(f"tool call: {name}", lines or "(no arguments)")
    place = next((str(arguments[key]) for key in _PLACES if key in arguments), "")
    for key, value in arguments.items():
        if key not in short:
            yield Part(f"tool call: {name}, {one_line(key, 60)}", written(value), _language(key, value, place))


def _is_short(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _SHORT and "\n" not in value
    return value is None or isinstance(value, int | float)


def _language(key: str, value: Any, place: str) -> str | None:
    if not isinstance(value, str):
        return "json"
    if key in _COMMANDS:
        return "bash"
    if key in ("diff", "patch"):
        return "diff"
    return _LANGUAGES.get(PurePosixPath(place).suffix.lower())


def _metrics(metrics: Any) -> str:
    if not isinstance(metrics, dict):
        return written(metrics)
    return "\n".join(
        f"{_METRICS.get(key, key)}: {f'{value:,}' if isinstance(value, int) else written(value)}"
        for key, value in metrics.items()
        if value is not None
    )
