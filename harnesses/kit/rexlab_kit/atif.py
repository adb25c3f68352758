"""Writes trajectories in ATIF, Harbor's agent trajectory interchange format, version 1.4."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSION = "ATIF-v1.4"
MAX_CHARS = 100_000


@dataclass(frozen=True)
class ToolCall:
    """One action of the agent."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Observation:
    """What an action showed; ``call_id`` None: no tool call led to it."""

    call_id: str | None
    content: str


@dataclass(frozen=True)
class Metrics:
    """Tokens of one answer, cached ones included in ``prompt``; cost in USD, None when it is not known."""

    prompt: int
    completion: int
    cached: int = 0
    cost_usd: float | None = None


class Trajectory:
    """The steps of one agent, in order; ids count from 1.

    ``timestamp`` arguments are ISO 8601; left out, the step is dated now.
    """

    def __init__(self, agent: str, version: str, model: str, extra: dict[str, Any] | None = None) -> None:
        """``extra``: settings of the agent that the format has no place for."""
        self.name = agent
        self.version = version
        self.model = model
        self.extra = extra or {}
        self.notes = ""
        self.session_id = str(uuid.uuid4())
        self.steps: list[dict[str, Any]] = []

    def system(self, text: str, timestamp: str | None = None) -> None:
        """A system prompt."""
        self._add("system", text, timestamp)

    def user(self, text: str, timestamp: str | None = None) -> None:
        """A message to the agent."""
        self._add("user", text, timestamp)

    def agent(
        self,
        message: str,
        reasoning: str | None = None,
        tool_calls: Sequence[ToolCall] = (),
        observations: Sequence[Observation] = (),
        metrics: Metrics | None = None,
        timestamp: str | None = None,
    ) -> None:
        """An answer of the model, what it did, and what that showed."""
        step = self._add("agent", message, timestamp)
        step["model_name"] = self.model
        if reasoning:
            step["reasoning_content"] = cut_middle(reasoning)
        if tool_calls:
            step["tool_calls"] = [
                {"tool_call_id": call.id, "function_name": call.name, "arguments": _shorten(call.arguments)}
                for call in tool_calls
            ]
        if observations:
            step["observation"] = {
                "results": [
                    {"source_call_id": seen.call_id, "content": cut_middle(seen.content)} for seen in observations
                ]
            }
        if metrics:
            step["metrics"] = {
                "prompt_tokens": metrics.prompt,
                "completion_tokens": metrics.completion,
                "cached_tokens": metrics.cached,
                "cost_usd": metrics.cost_usd,
            }

    def document(self) -> dict[str, Any]:
        """The whole trajectory, as the format wants it; its cost is null unless every answer's cost is known."""
        metrics = [step["metrics"] for step in self.steps if "metrics" in step]
        costs = [m["cost_usd"] for m in metrics]
        document: dict[str, Any] = {
            "schema_version": VERSION,
            "session_id": self.session_id,
            "agent": {"name": self.name, "version": self.version, "model_name": self.model, "extra": self.extra},
            "steps": self.steps,
            "final_metrics": {
                "total_prompt_tokens": sum(m["prompt_tokens"] for m in metrics),
                "total_completion_tokens": sum(m["completion_tokens"] for m in metrics),
                "total_cached_tokens": sum(m["cached_tokens"] for m in metrics),
                "total_cost_usd": None if None in costs else sum(costs),
                "total_steps": len(self.steps),
            },
        }
        if self.notes:
            document["notes"] = self.notes
        return document

    def write(self, path: Path | str) -> None:
        """Write the trajectory so far; a file of an earlier call stays whole until the new one is."""
        target = Path(path)
        new = target.with_name(f".{target.name}.new")
        new.write_text(json.dumps(self.document(), indent=1, default=str), "utf-8", errors="backslashreplace")
        new.replace(target)

    def _add(self, source: str, message: str, timestamp: str | None) -> dict[str, Any]:
        step: dict[str, Any] = {
            "step_id": len(self.steps) + 1,
            "timestamp": timestamp or datetime.now(UTC).isoformat(timespec="milliseconds"),
            "source": source,
            "message": cut_middle(message),
        }
        self.steps.append(step)
        return step


def cut_middle(text: str, limit: int = MAX_CHARS) -> str:
    """The text, or where it is longer than ``limit`` its beginning and its end around a marker."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[... {len(text) - 2 * half} characters left out ...]\n{text[-half:]}"


def _shorten(value: Any) -> Any:
    match value:
        case str():
            return cut_middle(value)
        case dict():
            return {str(key): _shorten(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_shorten(entry) for entry in value]
    return value
