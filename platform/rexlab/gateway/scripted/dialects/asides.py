"""Asides: what harnesses ask beside the task, and a judge's question."""

from rexlab.gateway.contract import Script
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.talk import Move, Talk

TITLE = "Implement the missing functions"
SUMMARY = "The task was read and work on it has begun; the files hold what was written so far."
_SUMMARY_ASKED = (
    "You keep the notes of a research engineer",  # react
    "*Briefly* summarize this partial conversation",  # aider
    "You are maintaining a context-aware state summary",  # OpenHands
    "Your task is to create a detailed summary of the conversation",  # Claude Code
)
_CLAUDE = ("You are Claude Code", "You are a Claude agent")


class Summary(Dialect):
    """A harness that shortens its conversation."""

    def recognises(self, talk: Talk) -> bool:
        said = f"{talk.system}\n{talk.turns[-1].text if talk.turns else ''}"
        return any(phrase in said for phrase in _SUMMARY_ASKED)

    def begun(self, talk: Talk) -> bool:
        return True

    def answer(self, talk: Talk, script: Script) -> Move:
        return Move(SUMMARY)

    def malformed(self, talk: Talk, script: Script) -> Move:
        return Move(SUMMARY)


class Title(Dialect):
    """Claude Code without its tools: it wants a title, or to know whether it can reach a model."""

    def recognises(self, talk: Talk) -> bool:
        return not talk.tools and any(phrase in talk.system for phrase in _CLAUDE)

    def begun(self, talk: Talk) -> bool:
        return True

    def answer(self, talk: Talk, script: Script) -> Move:
        return Move(f'{{"title": "{TITLE}"}}' if '"title"' in talk.system else TITLE)

    def malformed(self, talk: Talk, script: Script) -> Move:
        return Move('{"title": ')


class Judge(Dialect):
    """A judge of attempts, who compares the patch with the script, if there is one."""

    def recognises(self, talk: Talk) -> bool:
        return talk.system.startswith("You judge attempts")

    def begun(self, talk: Talk) -> bool:
        return True

    def answer(self, talk: Talk, script: Script) -> Move:
        wanted = {line.strip() for f in script.functions for line in f.source.splitlines() if line.strip()}
        if not wanted:
            return Move("Score: 5\nI cannot tell.")
        shown = {line[1:].strip() for line in talk.user_text.splitlines() if line[:1] in ("+", " ")}
        return Move(f"Score: {10 * len(wanted & shown) // len(wanted)}\nLines that I miss: {len(wanted - shown)}.")

    def malformed(self, talk: Talk, script: Script) -> Move:
        return Move("It seems to be rather good.")
