"""react: a thought and one action, a JSON object in a block fenced with ```action."""

import json
from typing import Any

from rexlab.gateway.contract import Script, ScriptedFile
from rexlab.gateway.scripted.dialects.base import REFUSAL, PlannedDialect
from rexlab.gateway.scripted.edits import edits_between
from rexlab.gateway.scripted.prompt_facts import experiment_command, starts_from_earlier
from rexlab.gateway.scripted.talk import Move, Talk

OPENING = "You are a research engineer working step by step"


class React(PlannedDialect):
    """No tools are offered: all is in the text."""

    def recognises(self, talk: Talk) -> bool:
        return talk.system.startswith(OPENING)

    def plan(self, talk: Talk, script: Script) -> list[Move]:
        moves = [move for file in script.files for move in _write(talk, file)]
        if command := experiment_command(talk):
            moves.append(_act("Now I try an experiment.", "shell", command=command))
        return [*moves, _act("The work is done.", "submit")]

    def botched_plan(self, talk: Talk, script: Script) -> list[Move]:
        path = script.files[0].path if script.files else "README.md"
        lost = _act("I change the file.", "replace", path=path, old="def nowhere_in_this_file():", new="pass")
        return [
            Move("I change the file now."),
            Move(lost.text.replace('"}', "")),
            lost,
            _act("I could not change the file.", "submit"),
        ]

    def refuse(self, talk: Talk) -> Move:
        """Text alone would be answered with a complaint about the form."""
        return _act(REFUSAL, "submit")

    def idle(self, talk: Talk) -> Move:
        return _act("I look around.", "view", path=".")


def _write(talk: Talk, file: ScriptedFile) -> list[Move]:
    if not file.before or starts_from_earlier(talk):
        return [_act(f"I write {file.path}.", "write", path=file.path, content=file.after)]
    edits = [
        _act(f"I change {file.path}.", "replace", path=file.path, old=edit.old, new=edit.new)
        for edit in edits_between(file.before, file.after)
    ]
    return [_act(f"I look at {file.path}.", "view", path=file.path), *edits]


def _act(thought: str, action: str, **keys: Any) -> Move:
    return Move(f"{thought}\n\n```action\n{json.dumps({'action': action, **keys}, ensure_ascii=False)}\n```")
