"""Turns mini-swe-agent's list of messages into a trajectory."""

import json
from typing import Any

from rexlab_kit.atif import Metrics, ToolCall, Trajectory


class Recording:
    """Takes the messages of a run that goes on, each once."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self._taken = 0

    def take(self, messages: list[dict[str, Any]]) -> None:
        """Record what came since the last time; results of tool calls go to the step that made them."""
        for message in messages[self._taken :]:
            text = _text(message.get("content"))
            match message["role"]:
                case "system":
                    self.trajectory.system(text)
                case "assistant":
                    self._answer(message, text)
                case "tool":
                    self._observe(message["tool_call_id"], text)
                case "user":
                    # the answer that could not be read stands beside the complaint about it
                    if response := message.get("extra", {}).get("response"):
                        self._unreadable(response)
                    self.trajectory.user(text)
                case "exit":
                    self._exit(message, text)
        self._taken = len(messages)

    def _answer(self, message: dict[str, Any], text: str) -> None:
        calls = [
            ToolCall(call["id"], call["function"]["name"], _arguments(call["function"]["arguments"]))
            for call in message.get("tool_calls") or ()
        ]
        usage = message.get("extra", {}).get("response", {}).get("usage")
        self.trajectory.agent(text, message.get("reasoning_content"), calls, metrics=_metrics(usage))

    def _unreadable(self, response: Any) -> None:
        if isinstance(response, str):
            self.trajectory.agent(response)
            return
        message = response["choices"][0]["message"]
        calls = json.dumps(message.get("tool_calls") or [])
        text = "\n".join(part for part in (_text(message.get("content")), calls if calls != "[]" else "") if part)
        self.trajectory.agent(text, message.get("reasoning_content"), metrics=_metrics(response.get("usage")))

    def _observe(self, call_id: str, text: str) -> None:
        step = self.trajectory.steps[-1]
        results = step.setdefault("observation", {"results": []})["results"]
        results.append({"source_call_id": call_id, "content": text})

    def _exit(self, message: dict[str, Any], text: str) -> None:
        status = message.get("extra", {}).get("exit_status", "")
        self.trajectory.notes = f"mini-swe-agent ended: {status}" + (f"\n{text}" if text and text != status else "")


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return content or ""


def _arguments(text: str) -> dict[str, Any]:
    arguments = json.loads(text)  # mini-swe-agent has read it already
    return arguments if isinstance(arguments, dict) else {"arguments": arguments}


def _metrics(usage: dict[str, Any] | None) -> Metrics | None:
    if not usage:
        return None
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Metrics(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0, cached)
