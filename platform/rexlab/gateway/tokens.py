"""Reads what a call used from its answer, whole or streamed, in each protocol; what is not said stays unknown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rexlab.gateway.contract import Protocol as WireProtocol


@dataclass(frozen=True)
class Tokens:
    """Tokens of one call."""

    input: int
    """Cached ones included."""
    output: int
    """Reasoning included."""
    cached: int = 0
    """Of the input: read from the provider's cache."""
    written: int = 0
    """Of the input: written to the provider's cache."""
    written_1h: int = 0
    """Of the written ones: to be kept for an hour, which costs more."""
    reasoning: int = 0
    """Of the output."""


def read_tokens(protocol: WireProtocol, usage: object) -> Tokens | None:
    """The protocol's ``usage`` object; None when it is missing or lacks a number."""
    if not isinstance(usage, Mapping):
        return None
    if protocol == "messages":
        return _anthropic(usage)
    given = _whole(usage, "prompt_tokens", "input_tokens")
    written = _whole(usage, "completion_tokens", "output_tokens")
    if protocol == "embeddings" and written is None:
        written = 0
    if given is None or written is None:
        return None
    inputs = _part(usage, "prompt_tokens_details", "input_tokens_details")
    outputs = _part(usage, "completion_tokens_details", "output_tokens_details")
    return Tokens(
        given,
        written,
        cached=_whole(inputs, "cached_tokens") or 0,
        written=_whole(inputs, "cache_creation_tokens") or 0,
        reasoning=_whole(outputs, "reasoning_tokens") or 0,
    )


def document_tokens(protocol: WireProtocol, document: Mapping[str, Any]) -> Tokens | None:
    """What a whole answer says."""
    return read_tokens(protocol, document.get("usage"))


def document_length(protocol: WireProtocol, document: Mapping[str, Any]) -> int:
    """Characters the model wrote, roughly: for estimates."""
    key = {"chat": "choices", "messages": "content", "responses": "output", "embeddings": ""}[protocol]
    return len(json.dumps(document.get(key))) if key else 0


@dataclass
class StreamReading:
    """What the events of a stream say, one by one."""

    protocol: WireProtocol
    tokens: Tokens | None = None
    ended: bool = False
    """The event that ends a whole answer has come."""
    finished: bool = False
    """The model has ended; of a chat, usage and the last event may still come."""
    error: dict[str, Any] | None = None
    """An event that says that the provider failed."""
    length: int = 0
    """Characters the model wrote."""
    only_usage: bool = False
    """The last event told a chat's usage and nothing else."""
    _usage: dict[str, Any] = field(default_factory=dict)

    def see(self, data: bytes) -> None:
        """Take in one event's data; what is no JSON object says nothing."""
        self.only_usage = False
        if not data:
            return
        if data.strip() == b"[DONE]":
            self.ended = True
            return
        try:
            event = json.loads(data)
        except ValueError:
            return
        if isinstance(event, dict):
            {"chat": self._chat, "messages": self._messages, "responses": self._responses}[self.protocol](event)

    def _chat(self, event: dict[str, Any]) -> None:
        if event.get("error"):
            self.error = event
        choices = event.get("choices") or []
        for choice in choices:
            delta = choice.get("delta") or {}
            self.length += sum(len(delta.get(k) or "") for k in ("content", "reasoning_content", "refusal"))
            for call in delta.get("tool_calls") or []:
                self.length += len((call.get("function") or {}).get("arguments") or "")
            self.finished = self.finished or bool(choice.get("finish_reason"))
        if tokens := read_tokens("chat", event.get("usage")):
            self.tokens = tokens
            self.only_usage = not choices

    def _messages(self, event: dict[str, Any]) -> None:
        match event.get("type"):
            case "message_start":
                self._usage.update(event.get("message", {}).get("usage") or {})
            case "content_block_delta":
                delta = event.get("delta") or {}
                self.length += sum(len(delta.get(k) or "") for k in ("text", "partial_json", "thinking"))
            case "message_delta":
                self._usage.update({k: v for k, v in (event.get("usage") or {}).items() if v is not None})
                self.tokens = read_tokens("messages", self._usage)
                self.finished = True
            case "message_stop":
                self.ended = True
            case "error":
                self.error = event

    def _responses(self, event: dict[str, Any]) -> None:
        kind = str(event.get("type", ""))
        if kind.endswith(".delta"):
            self.length += len(event["delta"]) if isinstance(event.get("delta"), str) else 0
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            answer = event.get("response") or {}
            self.tokens = read_tokens("responses", answer.get("usage"))
            self.ended = self.finished = True
            if kind == "response.failed":
                self.error = event
        elif kind == "error":
            self.error = event


def _anthropic(usage: Mapping[str, Any]) -> Tokens | None:
    """Anthropic counts what was read from and written to the cache beside the input, not in it."""
    fresh, output = _whole(usage, "input_tokens"), _whole(usage, "output_tokens")
    if fresh is None or output is None:
        return None
    cached = _whole(usage, "cache_read_input_tokens") or 0
    written = _whole(usage, "cache_creation_input_tokens") or 0
    hour = _whole(_part(usage, "cache_creation"), "ephemeral_1h_input_tokens") or 0
    return Tokens(fresh + cached + written, output, cached=cached, written=written, written_1h=hour)


def _whole(mapping: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = mapping.get(name)
        if isinstance(value, int) and value >= 0:
            return value
    return None


def _part(mapping: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        value = mapping.get(name)
        if isinstance(value, Mapping):
            return value
    return {}
