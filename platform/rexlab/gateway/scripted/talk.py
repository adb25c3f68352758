"""A conversation, whatever protocol it came in, and the next move in it. Plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["user", "assistant"]


@dataclass(frozen=True)
class ToolUse:
    """One call of a tool."""

    name: str
    arguments: dict[str, Any]
    broken: bool = False
    """The arguments are sent as text that is no JSON; where the protocol cannot do that, none are sent."""

    @property
    def text(self) -> str:
        """The arguments as JSON, or as something that was to become JSON."""
        whole = json.dumps(self.arguments, ensure_ascii=False)
        return whole[: max(1, len(whole) // 2)] if self.broken else whole


@dataclass(frozen=True)
class Turn:
    """What one side said."""

    role: Side
    text: str = ""
    calls: tuple[ToolUse, ...] = ()
    results: tuple[str, ...] = ()
    """What tools gave back."""


@dataclass(frozen=True)
class Move:
    """What the model says next."""

    text: str = ""
    calls: tuple[ToolUse, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A request: who was told what, and what may be called."""

    system: str = ""
    turns: tuple[Turn, ...] = ()
    tools: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the tools that may be called, by name."""

    @property
    def user_text(self) -> str:
        """All that the user said, in order."""
        return "\n".join(turn.text for turn in self.turns if turn.role == "user")

    @property
    def answers(self) -> tuple[Turn, ...]:
        """The model's turns, as far as the harness still shows them."""
        return tuple(turn for turn in self.turns if turn.role == "assistant")


def progress(plan: list[Move], talk: Talk) -> int:
    """How many moves of ``plan`` were made: found by the last one that the harness still shows, so that harnesses
    which forget or summarise the beginning do not get it again."""
    for turn in reversed(talk.answers):
        for index in reversed(range(len(plan))):
            if _was_made(plan[index], turn):
                return index + 1
    return 0


def _was_made(move: Move, turn: Turn) -> bool:
    if not move.calls:
        return not turn.calls and turn.text.rstrip().endswith(move.text.rstrip())
    wanted = move.calls[0]
    return any(
        call.name == wanted.name and all(_same(call.arguments.get(k), v) for k, v in wanted.arguments.items())
        for call in turn.calls
    )


def _same(shown: Any, sent: Any) -> bool:
    """Claude Code takes away blanks at the ends of lines before it shows a call again."""
    if isinstance(shown, str) and isinstance(sent, str):
        return [line.rstrip() for line in shown.splitlines()] == [line.rstrip() for line in sent.splitlines()]
    return bool(shown == sent)
