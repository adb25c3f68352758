"""aider: whole file listings, or SEARCH/REPLACE blocks. One answer per request; files must be in the chat first.

aider reads files with universal newlines and ends each with a newline when it writes: carriage returns and a missing
final newline cannot be kept through it.
"""

import re
from dataclasses import dataclass

from rexlab.gateway.contract import Script, ScriptedFile
from rexlab.gateway.scripted.dialects.base import Dialect
from rexlab.gateway.scripted.edits import Edit, edits_between
from rexlab.gateway.scripted.talk import Move, Talk

_MARKER = re.compile(r"<{5,9} SEARCH>?\s*|={5,9}\s*|>{5,9} REPLACE\s*")
DONE = "The files already are as they should be; nothing is left to change."


@dataclass(frozen=True)
class _Fence:
    opening: str
    closing: str


class Aider(Dialect):
    """What both edit formats have in common: which files are in the chat, and how they stand."""

    opening: re.Pattern[str]
    closing: re.Pattern[str]
    """How the format's instructions tell which fence to use; aider takes another when ``` stands in a file."""

    def recognises(self, talk: Talk) -> bool:
        return bool(self.opening.search(talk.system))

    def answer(self, talk: Talk, script: Script) -> Move:
        fence = self._fence(talk)
        files = [_as_aider_writes(file) for file in script.files]
        shown = {file.path: _shown(talk, file, fence) for file in files}
        if missing := [f.path for f in files if f.before is not None and shown[f.path] is None]:
            names = "\n".join(missing)
            return Move(f"I need to edit these files; please add them to the chat:\n\n{names}\n")
        open_files = [file for file in files if shown[file.path] != file.after]
        if not open_files:
            return Move(DONE)
        blocks = [self.render(file, shown[file.path], fence) for file in open_files]
        return Move("Here is what was asked for.\n\n" + "\n".join(blocks))

    def render(self, file: ScriptedFile, current: str | None, fence: _Fence) -> str:
        """The edits of one file, from its current text (None: there is none)."""
        raise NotImplementedError

    def _fence(self, talk: Talk) -> _Fence:
        opening, closing = self.opening.search(talk.system), self.closing.search(talk.system)
        return _Fence(opening[1] if opening else "```", closing[1] if closing else "```")


class AiderWhole(Aider):
    """Edit format ``whole``."""

    opening = re.compile(r"Second line: opening (\S+)")
    closing = re.compile(r"Final line: closing (\S+)")

    def render(self, file: ScriptedFile, current: str | None, fence: _Fence) -> str:
        return f"{file.path}\n{fence.opening}\n{file.after}{fence.closing}\n"

    def malformed(self, talk: Talk, script: Script) -> Move:
        """Code without name and fence: nothing that aider could save."""
        return Move("\n\n".join(file.after for file in script.files).replace("```", "") or "def")


class AiderDiff(Aider):
    """Edit format ``diff``."""

    opening = re.compile(r"opening fence and code language, eg: (\S+)python")
    closing = re.compile(r"The closing fence: (\S+)")

    def render(self, file: ScriptedFile, current: str | None, fence: _Fence) -> str:
        if not current:
            edits = [Edit("", file.after)]
        else:
            edits = edits_between(current, file.after, lambda edit: _suits(edit, file.path, fence))
        return "\n".join(_block(file.path, edit, fence) for edit in edits)

    def malformed(self, talk: Talk, script: Script) -> Move:
        """A SEARCH part that stands in no file, then one without an end."""
        fence = self._fence(talk)
        paths = [file.path for file in script.files if file.before is not None] or ["README.md"]
        lost = "\n".join(_block(p, Edit("def nowhere_in_this_file():\n", "pass\n"), fence) for p in paths)
        if any("nowhere_in_this_file" in turn.text for turn in talk.answers):
            lost = lost.replace(">>>>>>> REPLACE\n", "")
        return Move(f"Here is the change.\n\n{lost}")


def _block(path: str, edit: Edit, fence: _Fence) -> str:
    change = f"<<<<<<< SEARCH\n{edit.old}=======\n{edit.new}>>>>>>> REPLACE\n"
    return f"{path}\n{fence.opening}python\n{change}{fence.closing}\n"


def _suits(edit: Edit, path: str, fence: _Fence) -> bool:
    """Can aider 0.86 read the edit as it is meant? It drops a first line that ends in the file's name, a last line
    that is empty and a fence around all; an empty SEARCH appends; and its markers end a part wherever they stand."""
    if not edit.old.strip() or edit.old.endswith("\n\n") != edit.new.endswith("\n\n"):
        return False
    for part in (edit.old, edit.new):
        lines = part.split("\n")[:-1]
        if any(_MARKER.fullmatch(line.strip()) for line in lines):
            return False
        if lines and lines[0].strip().endswith(path.rsplit("/", 1)[-1]):
            return False
        if lines and lines[0].startswith(fence.opening) and lines[-1].startswith(fence.closing):
            return False
    return True


def _as_aider_writes(file: ScriptedFile) -> ScriptedFile:
    return ScriptedFile(
        path=file.path,
        before=None if file.before is None else _unix(file.before),
        after=_unix(file.after),
    )


def _unix(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text if text.endswith("\n") or not text else f"{text}\n"


def _shown(talk: Talk, file: ScriptedFile, fence: _Fence) -> str | None:
    """The file's text as aider shows it, ended by a newline; None when it is not in the chat."""
    head = f"\n{file.path}\n{fence.opening}\n"
    text = f"\n{talk.user_text}"
    at = text.rfind(head)
    if at < 0:
        return None
    rest = text[at + len(head) :]
    for known in (file.after, file.before):
        if known is not None and any(rest.startswith(f"{k}{fence.closing}") for k in (known, known.removesuffix("\n"))):
            return known
    end = rest.find(f"\n{fence.closing}")
    return rest[: end + 1] if end >= 0 else None
