"""OpenHands (its Software Agent SDK): calls of the tools ``file_editor``, ``terminal`` and ``finish``.

Its editor reads files with universal newlines and writes line feeds, and makes no folders: what needs more is written
in the terminal, where there is one.
"""

from rexlab.gateway.contract import Script, ScriptedFile
from rexlab.gateway.scripted.dialects.base import REFUSAL, PlannedDialect
from rexlab.gateway.scripted.edits import edits_between
from rexlab.gateway.scripted.prompt_facts import experiment_command, starts_from_earlier, workspace
from rexlab.gateway.scripted.shell import write_commands
from rexlab.gateway.scripted.talk import Move, Talk, ToolUse

EDITOR, TERMINAL, FINISH = "file_editor", "terminal", "finish"
EXPERIMENT_TIMEOUT_S = 600


class OpenHands(PlannedDialect):
    """With a terminal or without."""

    def recognises(self, talk: Talk) -> bool:
        return EDITOR in talk.tools and FINISH in talk.tools

    def plan(self, talk: Talk, script: Script) -> list[Move]:
        moves = [move for file in script.files for move in self._write(talk, file)]
        command = experiment_command(talk)
        if command and TERMINAL in talk.tools:
            use = ToolUse(TERMINAL, {"command": command, "timeout": EXPERIMENT_TIMEOUT_S})
            moves.append(Move("Now I try an experiment.", (use,)))
        return [*moves, _finish("The work is done.")]

    def botched_plan(self, talk: Talk, script: Script) -> list[Move]:
        path = f"{_folder(talk)}/{script.files[0].path if script.files else 'README.md'}"
        lost = {"command": "str_replace", "path": path, "old_str": "def nowhere_in_this_file():", "new_str": "pass"}
        return [
            Move("I change the file.", (ToolUse(EDITOR, lost),)),
            Move("I change the file.", (ToolUse(EDITOR, lost, broken=True),)),
            Move("I change the file.", (ToolUse(EDITOR, {"command": "rewrite", "path": path}),)),
            _finish("I could not change the file."),
        ]

    def refuse(self, talk: Talk) -> Move:
        return _finish(REFUSAL)

    def idle(self, talk: Talk) -> Move:
        """Another place each time, or OpenHands takes the agent for stuck and stops it."""
        line = len(talk.answers) + 1
        thought = f"I should look at part {line} of the problem first."
        if "think" in talk.tools:
            return Move("", (ToolUse("think", {"thought": thought}),))
        return Move(thought, (ToolUse(EDITOR, {"command": "view", "path": _folder(talk)}),))

    def _write(self, talk: Talk, file: ScriptedFile) -> list[Move]:
        path = f"{_folder(talk)}/{file.path}"
        unfit = file.before is None or "\r" in file.before + file.after or starts_from_earlier(talk)
        if unfit and TERMINAL in talk.tools:
            commands = write_commands(path, file.after)
            return [Move(f"I write {path}.", (ToolUse(TERMINAL, {"command": command}),)) for command in commands]
        after = file.after.replace("\r\n", "\n")
        if file.before is None:
            return [_edit(path, "create", file_text=after)]
        before = file.before.replace("\r\n", "\n")
        if not before:
            return [_edit(path, "insert", insert_line=0, new_str=after.removesuffix("\n"))]
        replaced = [
            _edit(path, "str_replace", old_str=edit.old, new_str=edit.new) for edit in edits_between(before, after)
        ]
        return [Move(f"I look at {path}.", (ToolUse(EDITOR, {"command": "view", "path": path}),)), *replaced]


def _folder(talk: Talk) -> str:
    return workspace(talk.tools[EDITOR])


def _edit(path: str, command: str, **arguments: str | int) -> Move:
    return Move(f"I change {path}.", (ToolUse(EDITOR, {"command": command, "path": path, **arguments}),))


def _finish(message: str) -> Move:
    return Move("", (ToolUse(FINISH, {"message": message}),))
