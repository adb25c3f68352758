"""What the model sees of earlier steps: all of them, the last ones, or the last ones and a summary of the others."""

from collections.abc import Callable
from typing import Protocol

from rexlab_kit.atif import cut_middle

Message = dict[str, str]
MAX_ANSWER = 100_000


class Memory(Protocol):
    """Holds the steps of one trial."""

    def add(self, answer: str, observation: str) -> None:
        """Take a step in."""
        ...

    def messages(self) -> list[Message]:
        """The steps, as far as they are remembered, as messages in order."""
        ...


class FullMemory:
    """Remembers everything."""

    def __init__(self) -> None:
        self._steps: list[list[Message]] = []

    def add(self, answer: str, observation: str) -> None:
        # Providers refuse messages that are empty; a huge one would come back with every request from now on.
        said = cut_middle(answer, MAX_ANSWER) if answer.strip() else "(an empty answer)"
        self._steps.append([{"role": "assistant", "content": said}, {"role": "user", "content": observation}])

    def messages(self) -> list[Message]:
        return [message for step in self._steps for message in step]


class WindowMemory(FullMemory):
    """Remembers the last steps."""

    def __init__(self, window: int) -> None:
        super().__init__()
        self._window = window

    def add(self, answer: str, observation: str) -> None:
        super().add(answer, observation)
        del self._steps[: -self._window]


class SummaryMemory(FullMemory):
    """Remembers the last ``window`` to ``2 window - 1`` steps as they were, and of all before them a summary."""

    def __init__(self, window: int, summarise: Callable[[str, list[Message]], str]) -> None:
        """``summarise(notes, messages)`` gives notes that replace the old ones and the messages."""
        super().__init__()
        self._window = window
        self._summarise = summarise
        self._notes = ""

    def messages(self) -> list[Message]:
        if len(self._steps) >= 2 * self._window:
            leaving = [message for step in self._steps[: self._window] for message in step]
            self._notes = self._summarise(self._notes, leaving)
            del self._steps[: self._window]
        steps = super().messages()
        if not self._notes:
            return steps
        return [
            {"role": "assistant", "content": f"My notes on the steps so far:\n\n{self._notes}"},
            {"role": "user", "content": "Go on from there."},
            *steps,
        ]
