"""Turns the SDK's events into a trajectory, as they come."""

import json
from pathlib import Path
from typing import Any

from openhands.sdk.conversation.conversation_stats import ConversationStats
from openhands.sdk.event import ActionEvent, Event, MessageEvent, SystemPromptEvent
from openhands.sdk.event.condenser import Condensation, CondensationRequest
from openhands.sdk.event.llm_convertible.observation import ObservationBaseEvent
from openhands.sdk.llm import content_to_str
from rexlab_kit.atif import Metrics, Observation, ToolCall, Trajectory


class Record:
    """Collects what belongs to one answer of the model into one step, and writes the file after each."""

    def __init__(self, trajectory: Trajectory, path: Path) -> None:
        self.too_long = False
        """The conversation had to be shortened, and has not been."""
        self._trajectory = trajectory
        self._path = path
        self._stats: ConversationStats | None = None
        self._actions: list[ActionEvent] = []
        self._observations: list[Observation] = []

    def usage_of(self, stats: ConversationStats) -> None:
        """Where the tokens of each answer stand."""
        self._stats = stats

    def add(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case ActionEvent():
                if self._actions and event.llm_response_id != self._actions[0].llm_response_id:
                    self._flush()
                self._actions.append(event)
            case ObservationBaseEvent():
                text = "\n".join(content_to_str(event.to_llm_message().content))
                self._observations.append(Observation(event.tool_call_id, text))
            case SystemPromptEvent():
                dynamic = f"\n\n{event.dynamic_context.text}" if event.dynamic_context else ""
                self._trajectory.extra["tools"] = [tool.name for tool in event.tools]
                self._trajectory.system(event.system_prompt.text + dynamic, event.timestamp)
            case MessageEvent():
                self._flush()
                self._message(event)
            case CondensationRequest():
                self.too_long = True
            case Condensation():
                self.too_long = False
                self._flush()
                text = f"[OpenHands' summary of earlier events, which it replaces]\n{event.summary or ''}"
                self._trajectory.agent(text, metrics=self._metrics(event.llm_response_id), timestamp=event.timestamp)

    def finish(self) -> None:
        """Write what is left."""
        self._flush()
        self._trajectory.write(self._path)

    def _message(self, event: MessageEvent) -> None:
        text = "\n".join(content_to_str([*event.llm_message.content, *event.extended_content]))
        if event.source != "agent":
            self._trajectory.user(text, event.timestamp)
            return
        metrics = self._metrics(event.llm_response_id)
        self._trajectory.agent(text, event.reasoning_content, metrics=metrics, timestamp=event.timestamp)

    def _flush(self) -> None:
        """Close the step of the last answer that called tools."""
        if not self._actions:
            return
        first = self._actions[0]
        self._trajectory.agent(
            "\n".join(content_to_str(first.thought)),
            first.reasoning_content,
            [
                ToolCall(action.tool_call_id, action.tool_name, _arguments(action.tool_call.arguments))
                for action in self._actions
            ],
            self._observations,
            self._metrics(first.llm_response_id),
            first.timestamp,
        )
        self._actions, self._observations = [], []
        self._trajectory.write(self._path)

    def _metrics(self, response_id: str | None) -> Metrics | None:
        for metrics in self._stats.usage_to_metrics.values() if self._stats else ():
            for usage in metrics.token_usages:
                if usage.response_id == response_id:
                    return Metrics(usage.prompt_tokens, usage.completion_tokens, usage.cache_read_tokens)
        return None


def _arguments(text: str) -> dict[str, Any]:
    """What the model sent; when it is no JSON object, as it is."""
    try:
        arguments = json.loads(text)
    except ValueError:
        return {"raw": text}
    return arguments if isinstance(arguments, dict) else {"raw": text}
