"""What a dialect is: it recognises a harness by its request and knows how to answer it, rightly or not."""

from abc import ABC, abstractmethod

from rexlab.gateway.contract import Script
from rexlab.gateway.scripted.talk import Move, Talk, progress

REFUSAL = "I am sorry, but I cannot help with this request."
IDLE = "Let me think about this a little longer before I change anything."
EXAMPLE_CHARACTERS = 50_000


class Dialect(ABC):
    """One harness's form of answers. Stateless: all it goes by is the request."""

    @abstractmethod
    def recognises(self, talk: Talk) -> bool:
        """Does this request come from the harness?"""

    @abstractmethod
    def answer(self, talk: Talk, script: Script) -> Move:
        """The next move of a model that does what the script says."""

    @abstractmethod
    def malformed(self, talk: Talk, script: Script) -> Move:
        """The next move of a model whose edits do not parse or do not apply."""

    def begun(self, talk: Talk) -> bool:
        """Has the model said something of its own yet? Prompts may hold made-up answers as examples, short ones."""
        return any(len(turn.text) > EXAMPLE_CHARACTERS for turn in talk.answers)

    def refuse(self, talk: Talk) -> Move:
        """Decline and end."""
        return Move(REFUSAL)

    def idle(self, talk: Talk) -> Move:
        """A harmless move that leads nowhere."""
        return Move(IDLE)


class PlannedDialect(Dialect):
    """A harness that is led through a fixed list of moves, one per request."""

    @abstractmethod
    def plan(self, talk: Talk, script: Script) -> list[Move]:
        """All moves, the last of which ends the trial."""

    @abstractmethod
    def botched_plan(self, talk: Talk, script: Script) -> list[Move]:
        """The moves of a model that gets the form wrong; the last one is repeated for as long as it is asked."""

    def begun(self, talk: Talk) -> bool:
        return bool(talk.answers)

    def answer(self, talk: Talk, script: Script) -> Move:
        plan = self.plan(talk, script)
        return plan[min(progress(plan, talk), len(plan) - 1)]

    def malformed(self, talk: Talk, script: Script) -> Move:
        plan = self.botched_plan(talk, script)
        return plan[min(len(talk.answers), len(plan) - 1)]
