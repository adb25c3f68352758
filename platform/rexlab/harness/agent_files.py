"""Files of the user that a command parameter names: shown to the sandbox one by one, and nothing beside them."""

import re
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from rexlab.errors import InputError
from rexlab.harness.manifest import Harness, ParamValue
from rexlab.settings import bundled, load_settings

INSIDE = "/opt/rexlab/agent"
_SYSTEM = ("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "run", "sbin", "sys", "usr", "var")
"""Folders of the root that are the system's: what a command names there, it means inside."""


def agent_files(harness: Harness, params: Mapping[str, ParamValue]) -> dict[str, Path]:
    """Files and folders that the harness's command parameters name, by the name they get inside.

    A folder that holds the current one, the user's home or the tasks is never shown: too much else lies in it. Nor is
    anything of rexlab's own home: results and other trials lie there.

    Raises:
        InputError: the command cannot be split into words, or two files have the same name.
    """
    found: dict[str, Path] = {}
    for command in _commands(harness, params).values():
        for word in _words(command):
            path = _shown(word)
            if path is None:
                continue
            if found.get(path.name, path) != path:
                raise InputError(f"the command names two files called {path.name!r}; rename one of them")
            found[path.name] = path
    return found


def copy_files(files: Mapping[str, Path], folder: Path) -> None:
    """Copy them below ``folder``: the agent gets the version that was there when its trial began."""
    folder.mkdir()
    for name, path in files.items():
        if path.is_dir():
            shutil.copytree(path, folder / name, symlinks=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
        else:
            shutil.copy2(path, folder / name)


def command_variables(
    harness: Harness, params: Mapping[str, ParamValue], inside: Callable[[str], str]
) -> dict[str, str]:
    """``REXLAB_PARAM_<NAME>`` per command parameter: the command with the shown files' words replaced by their place
    inside, and everything else, shell syntax too, as it was typed."""
    variables = {}
    for name, command in _commands(harness, params).items():
        places = {w: inside(f"{INSIDE}/{path.name}") for w in _words(command) if (path := _shown(w)) is not None}
        variables[f"REXLAB_PARAM_{name.upper()}"] = _replace_words(command, places)
    return variables


def _replace_words(command: str, places: Mapping[str, str]) -> str:
    """In one pass, so that nothing is looked for in what was just put in."""
    if not places:
        return command
    words = "|".join(re.escape(word) for word in sorted(places, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])(?:{words})(?![\w./-])", lambda match: places[match[0]], command)


def _commands(harness: Harness, params: Mapping[str, ParamValue]) -> dict[str, str]:
    return {p.name: str(params[p.name]) for p in harness.manifest.param if p.type == "command"}


def _words(command: str) -> set[str]:
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        return set(lexer)
    except ValueError as error:
        raise InputError(f"the command {command!r} is no shell command: {error}") from error


def _shown(word: str) -> Path | None:
    path = Path(word)
    if not ("/" in word or path.suffix) or "\0" in word or not path.exists():
        return None
    real = path.resolve()
    if len(real.parts) < 2 or real.parts[1] in _SYSTEM:
        return None
    own = load_settings().home.resolve()
    if real.is_relative_to(own):
        return None
    kept_out = (own, Path.cwd().resolve(), Path.home().resolve(), bundled("tasks").resolve())
    if real.is_dir() and any(other.is_relative_to(real) for other in kept_out):
        return None
    return real
