"""agentless: one request per masked function, answered with one block of Python that holds the whole function."""

import re

from rexlab.gateway.contract import Script, ScriptedFunction
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.talk import Move, Talk

_ASKED = re.compile(r"^Function: (?P<qualname>.+)\nFile: (?P<path>.+)$", re.MULTILINE)


class Agentless(Dialect):
    """The request names the function and its file."""

    def recognises(self, talk: Talk) -> bool:
        return not talk.tools and bool(_ASKED.search(talk.user_text))

    def answer(self, talk: Talk, script: Script) -> Move:
        function = _asked_for(talk, script)
        if function is None:
            return Move("I do not know this function.")
        return Move(f"This is the function.\n\n{fenced(function.source)}")

    def malformed(self, talk: Talk, script: Script) -> Move:
        """Python that stops in the middle of its signature."""
        function = _asked_for(talk, script)
        name = function.qualname.rpartition(".")[2] if function else "unknown"
        return Move(f"```python\ndef {name}(self, values[:\n    return\n```")


def fenced(source: str) -> str:
    """A block of Python, in a fence that is longer than any inside."""
    longest = max((len(run) for run in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source.rstrip()}\n{fence}\n"


def _asked_for(talk: Talk, script: Script) -> ScriptedFunction | None:
    """The function that the request's last such lines name: the code shown before them may hold any text."""
    asked = list(_ASKED.finditer(talk.user_text))[-1]
    wanted = (asked["qualname"].strip(), asked["path"].strip())
    return next((f for f in script.functions if (f.qualname, f.path) == wanted), None)
