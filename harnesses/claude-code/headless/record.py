"""Turns the lines Claude Code prints (``stream-json``) into a trajectory, as they come."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rexlab_kit.atif import Metrics, Observation, ToolCall, Trajectory

_SYNTHETIC = "<synthetic>"
"""The model's name on messages that Claude Code wrote itself: errors of the API."""


@dataclass
class _Answer:
    """One answer of the model, which comes in pieces, and what its tools gave back."""

    timestamp: str | None
    synthetic: bool
    text: list[str] = field(default_factory=list)
    thinking: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)


class Record:
    """Collects answers by their ids; one becomes a step once its tools have answered and the next one begins."""

    def __init__(self, trajectory: Trajectory, path: Path) -> None:
        self.result: dict[str, Any] = {}
        """The last ``result`` line."""
        self._trajectory = trajectory
        self._path = path
        self._open: dict[str, _Answer] = {}

    def add(self, event: dict[str, Any]) -> None:
        """Take in one line."""
        match event.get("type"):
            case "system" if event.get("subtype") == "init":
                self._trajectory.session_id = event["session_id"]
                self._trajectory.extra["tools"] = event.get("tools", [])
            case "assistant":
                self._assistant(event)
            case "stream_event":
                self._streamed(event)
            case "user":
                self._user(event)
            case "result":
                self.result = event

    def finish(self) -> None:
        """Write what is left."""
        for identity in list(self._open):
            self._close(identity)
        self._trajectory.write(self._path)

    def _assistant(self, event: dict[str, Any]) -> None:
        message = event["message"]
        identity = message["id"]
        if identity not in self._open:
            self._close_answered()
            self._open[identity] = _Answer(event.get("timestamp"), message.get("model") == _SYNTHETIC)
        answer = self._open[identity]
        for key, value in (message.get("usage") or {}).items():
            answer.usage.setdefault(key, value)
        for block in message.get("content", []):
            match block.get("type"):
                case "text":
                    answer.text.append(block["text"])
                case "thinking":
                    answer.thinking.append(block["thinking"])
                case "tool_use":
                    answer.calls.append(ToolCall(block["id"], block["name"], block["input"]))

    def _streamed(self, event: dict[str, Any]) -> None:
        """The end of an answer's stream says how many tokens it had; its beginning could not know."""
        piece = event.get("event", {})
        answer = self._open.get(event.get("api_message_id", ""))
        if piece.get("type") == "message_delta" and answer:
            answer.usage |= {key: value for key, value in piece.get("usage", {}).items() if value is not None}

    def _user(self, event: dict[str, Any]) -> None:
        content = event["message"]["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            if block.get("type") != "tool_result":
                self._close_answered()
                self._trajectory.user(_text([block]), event.get("timestamp"))
                continue
            called = block.get("tool_use_id")
            for answer in self._open.values():
                if any(call.id == called for call in answer.calls):
                    answer.observations.append(Observation(called, _text(block.get("content"))))
        self._trajectory.write(self._path)

    def _close_answered(self) -> None:
        for identity in [i for i, answer in self._open.items() if len(answer.observations) >= len(answer.calls)]:
            self._close(identity)

    def _close(self, identity: str) -> None:
        answer = self._open.pop(identity)
        usage = {key: value or 0 for key, value in answer.usage.items()}
        cached = usage.get("cache_read_input_tokens", 0)
        prompt = usage.get("input_tokens", 0) + cached + usage.get("cache_creation_input_tokens", 0)
        self._trajectory.agent(
            "\n".join(answer.text),
            "\n".join(answer.thinking) or None,
            answer.calls,
            answer.observations,
            None if answer.synthetic else Metrics(prompt, usage.get("output_tokens", 0), cached),
            answer.timestamp,
        )


def _text(content: Any) -> str:
    """A tool's result, or a message, as text; what is no text is named."""
    if isinstance(content, str):
        return content
    return "\n".join(
        block.get("text", f"[{block.get('type', 'block')}]") for block in content or [] if isinstance(block, dict)
    )
