"""mini-swe-agent: shell commands, as calls of the tool ``bash`` or, without tools, as one fenced block per answer."""

import re

from rexlab.gateway.contract import Script
from rexlab.gateway.scripted.dialects.base import REFUSAL, PlannedDialect
from rexlab.gateway.scripted.prompt_facts import experiment_command
from rexlab.gateway.scripted.shell import write_commands
from rexlab.gateway.scripted.talk import Move, Talk, ToolUse

SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
_FENCE = re.compile(r"```(mswea_bash_command|bash)\n")


class MiniSweAgent(PlannedDialect):
    """It ends when a command prints the line that its prompt names, and only then."""

    def recognises(self, talk: Talk) -> bool:
        return SUBMIT in talk.user_text or SUBMIT in talk.system

    def plan(self, talk: Talk, script: Script) -> list[Move]:
        moves = [
            self._move(talk, f"I write {file.path}.", command)
            for file in script.files
            for command in write_commands(file.path, file.after, forbidden="```")
        ]
        if command := experiment_command(talk):
            moves.append(self._move(talk, "I try an experiment.", command))
        return [*moves, self._submit(talk)]

    def botched_plan(self, talk: Talk, script: Script) -> list[Move]:
        unfinished = "python - <<'EOF\nprint('no end'"
        if "bash" not in talk.tools:
            return [Move("I run ls.\n"), self._move(talk, "I write the file.", unfinished), self._submit(talk)]
        return [
            Move("I list the files.", (ToolUse("bash", {"command": "ls -la"}, broken=True),)),
            Move("I list the files.", (ToolUse("bash", {"cmd": "ls -la"}),)),
            self._move(talk, "I write the file.", unfinished),
            self._submit(talk),
        ]

    def refuse(self, talk: Talk) -> Move:
        """Text alone would be answered with a complaint about the form, for ever."""
        return self._move(talk, REFUSAL, SUBMIT)

    def idle(self, talk: Talk) -> Move:
        return self._move(talk, "I look around.", "ls -la")

    def _submit(self, talk: Talk) -> Move:
        return self._move(talk, "I am done.", SUBMIT)

    def _move(self, talk: Talk, thought: str, command: str) -> Move:
        if "bash" in talk.tools:
            return Move(thought, (ToolUse("bash", {"command": command}),))
        found = _FENCE.search(f"{talk.system}\n{talk.user_text}")
        return Move(f"THOUGHT: {thought}\n\n```{found[1] if found else 'bash'}\n{command}\n```")
