"""Claude Code: calls of its tools Read, Edit, Write and Bash; a text without a call ends the trial."""

import re

from rexlab.gateway.contract import Script, ScriptedFile
from rexlab.gateway.scripted.dialects.asides import SUMMARY
from rexlab.gateway.scripted.dialects.base import PlannedDialect
from rexlab.gateway.scripted.edits import edits_between
from rexlab.gateway.scripted.prompt_facts import experiment_command, starts_from_earlier, workspace
from rexlab.gateway.scripted.shell import write_commands
from rexlab.gateway.scripted.talk import Move, Talk, ToolUse

EXPERIMENT_TIMEOUT_MS = 600_000
_TRAILING_BLANKS = re.compile(r"[ \t]+\r?$", re.MULTILINE)
"""Edit and Write take them away."""


class ClaudeCode(PlannedDialect):
    """A file must be read before it may be changed."""

    def recognises(self, talk: Talk) -> bool:
        return {"Read", "Edit", "Write"} <= talk.tools.keys()

    def begun(self, talk: Talk) -> bool:
        """What it shortened is gone but for the summary, which it gives back as the user's words."""
        return super().begun(talk) or SUMMARY in talk.user_text

    def plan(self, talk: Talk, script: Script) -> list[Move]:
        folder = workspace(talk.system)
        moves = [move for file in script.files for move in _write(talk, f"{folder}/{file.path}", file)]
        command = experiment_command(talk)
        if command and "Bash" in talk.tools:
            arguments = {"command": command, "timeout": EXPERIMENT_TIMEOUT_MS}
            moves.append(Move("Now I try an experiment.", (ToolUse("Bash", arguments),)))
        return [*moves, Move("The work is done.")]

    def botched_plan(self, talk: Talk, script: Script) -> list[Move]:
        path = f"{workspace(talk.system)}/{script.files[0].path if script.files else 'README.md'}"
        lost = {"file_path": path, "old_string": "def nowhere_in_this_file():", "new_string": "pass"}
        return [
            Move("I change the file.", (ToolUse("Edit", lost),)),
            Move("I change the file.", (ToolUse("Edit", lost, broken=True),)),
            Move("I change the file.", (ToolUse("Edit", {"path": path}),)),
            Move("I could not change the file."),
        ]

    def idle(self, talk: Talk) -> Move:
        if "Bash" in talk.tools:
            return Move("I look around.", (ToolUse("Bash", {"command": "ls -la"}),))
        return Move("I look around.", (ToolUse("Read", {"file_path": f"{workspace(talk.system)}/README.md"}),))


def _write(talk: Talk, path: str, file: ScriptedFile) -> list[Move]:
    if _TRAILING_BLANKS.search(file.after) and "Bash" in talk.tools:
        return [Move(f"I write {path}.", (ToolUse("Bash", {"command": c}),)) for c in write_commands(path, file.after)]
    read = Move(f"I read {path}.", (ToolUse("Read", {"file_path": path}),))
    whole = Move(f"I write {path}.", (ToolUse("Write", {"file_path": path, "content": file.after}),))
    if file.before is None:
        return [whole]
    edits = edits_between(_unix(file.before), _unix(file.after)) if file.before else []
    if not edits or starts_from_earlier(talk):
        return [read, whole]
    return [read, *(Move(f"I change {path}.", (ToolUse("Edit", _arguments(path, e.old, e.new)),)) for e in edits)]


def _unix(text: str) -> str:
    """Claude Code shows and edits files with line feeds, and puts the file's own line ends back."""
    return text.replace("\r\n", "\n")


def _arguments(path: str, old: str, new: str) -> dict[str, str]:
    return {"file_path": path, "old_string": old, "new_string": new}
