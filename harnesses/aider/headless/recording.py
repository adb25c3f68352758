"""Records each request of aider and its answer as a trajectory, while it runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rexlab_kit.atif import Metrics, Trajectory

_SECTIONS = ("system", "repo", "readonly_files", "chat_files", "cur")
"""Parts of a prompt that say something about this task; the examples of the edit format do not."""


class Recording:
    """Listens to aider's coder, the object that talks to the model."""

    def __init__(self, trajectory: Trajectory, path: Path) -> None:
        self._trajectory = trajectory
        self._path = path
        self._said: set[tuple[str, str]] = set()
        self.answers = 0
        self.failure: Exception | None = None
        """What the last request ended with, when it was not an answer."""

    def attach(self, coder: type) -> None:
        """Listen to every coder of this class and those below it."""
        send, format_messages, apply_updates = coder.send, coder.format_messages, coder.apply_updates  # type: ignore[attr-defined]
        recording = self

        def listening_format(self: Any) -> Any:
            chunks = format_messages(self)
            recording._asked(chunks)
            return chunks

        def listening_send(self: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
            sent, received = self.message_tokens_sent, self.message_tokens_received
            try:
                yield from send(self, *args, **kwargs)
            except Exception as error:
                recording.failure = error
                raise
            finally:
                tokens = (self.message_tokens_sent - sent, self.message_tokens_received - received)
                recording._answered(self.partial_response_content or "", self.reasoning_tag_name, tokens)
            recording.failure = None
            recording.answers += 1

        def listening_apply(self: Any) -> Any:
            edited = apply_updates(self)
            recording._applied(edited or (), self.reflected_message)
            return edited

        coder.send = listening_send  # type: ignore[attr-defined]
        coder.format_messages = listening_format  # type: ignore[attr-defined]
        coder.apply_updates = listening_apply  # type: ignore[attr-defined]

    def _asked(self, chunks: Any) -> None:
        """The part of a prompt that is new. Its assistant messages are old answers, or fillers of aider's."""
        for section in _SECTIONS:
            for message in getattr(chunks, section):
                text = _text(message["content"])
                if message["role"] != "assistant" and (message["role"], text) not in self._said:
                    self._said.add((message["role"], text))
                    if message["role"] == "system":
                        self._trajectory.system(text)
                    else:
                        self._trajectory.user(text)
        self._trajectory.write(self._path)

    def _answered(self, answer: str, reasoning_tag: str, tokens: tuple[int, int]) -> None:
        if not answer:
            return
        reasoning, message = _split(answer, reasoning_tag)
        self._trajectory.agent(message, reasoning, metrics=Metrics(*tokens))
        self._trajectory.write(self._path)

    def _applied(self, edited: Any, complaint: str | None) -> None:
        """aider edits after the answer was recorded: what came of it is added to that step."""
        text = complaint or "".join(f"edited {path}\n" for path in sorted(edited))
        step = self._trajectory.steps[-1]
        if text and step["source"] == "agent":
            step["observation"] = {"results": [{"source_call_id": None, "content": text}]}
            self._trajectory.write(self._path)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content)


def _split(answer: str, tag: str) -> tuple[str | None, str]:
    """Reasoning and message; aider keeps both in one text, the reasoning between tags."""
    before, opened, rest = answer.partition(f"<{tag}>")
    if not opened:
        return None, answer
    reasoning, _, message = rest.partition(f"</{tag}>")
    return reasoning.strip(), (before + message).strip()
