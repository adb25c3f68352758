"""Nothing recognised: a short text with the code of each function, in fences."""

from rexlab.gateway.contract import Script
from rexlab.gateway.scripted.dialects.agentless import fenced
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.talk import Move, Talk


class Plain(Dialect):
    """The last resort."""

    def recognises(self, talk: Talk) -> bool:
        return True

    def answer(self, talk: Talk, script: Script) -> Move:
        blocks = [f"`{f.qualname}` in `{f.path}`:\n\n{fenced(f.source)}" for f in script.functions]
        return Move("\n".join(["Here is the code.\n", *blocks]))

    def malformed(self, talk: Talk, script: Script) -> Move:
        """A fence that is opened and never closed, around code that stops in the middle."""
        code = script.functions[0].source if script.functions else "def answer(:"
        return Move(f"```python\n{code[: len(code) // 2]}")
