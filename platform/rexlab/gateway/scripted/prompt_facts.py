"""What the prompt says about the task: the folder to work in, and an experiment to try."""

import re

from rexlab.gateway.scripted.talk import Talk

_COMMAND = re.compile(r"Command: `(?P<command>[^`\n]+)`(?:, with \{seed\} = (?P<seed>[^,.\s]+))?")
_FOLDER = re.compile(r"working directory(?: is)?: *(?P<folder>/[^\s`]*)")
WORKSPACE = "/workspace"
_EARLIER = re.compile(r"^## An earlier attempt$", re.MULTILINE)


def experiment_command(talk: Talk) -> str | None:
    """The first visible experiment's command for its first seed, if the prompt shows one."""
    found = _COMMAND.search(talk.user_text)
    return found["command"].replace("{seed}", found["seed"] or "0") if found else None


def workspace(text: str) -> str:
    """The folder that a harness's own words name as working directory, or where sandboxes put it."""
    found = _FOLDER.search(text)
    return found["folder"].rstrip("/") if found else WORKSPACE


def starts_from_earlier(talk: Talk) -> bool:
    """Does the agent find an earlier attempt's changes? Then files are not what the script says they were before, and
    edits of the script's text would not apply."""
    return bool(_EARLIER.search(talk.user_text))
