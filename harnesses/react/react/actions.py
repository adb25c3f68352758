"""Reads the one action of an answer and carries it out in the workspace."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rexlab_kit.atif import cut_middle

from react.shell import run_shell

MAX_OBSERVATION = 10_000
_FENCE = re.compile(r"^[ \t]*```action[ \t]*\r?\n", re.MULTILINE)
_CLOSE = re.compile(r"\s*```")
_KEYS: dict[str, tuple[dict[str, type], dict[str, type]]] = {
    "view": ({"path": str}, {"start": int, "end": int}),
    "replace": ({"path": str, "old": str, "new": str}, {}),
    "write": ({"path": str, "content": str}, {}),
    "shell": ({"command": str}, {}),
    "submit": ({}, {"results": dict}),
}
"""For each action the keys it needs, and those it may have."""


class ActionError(Exception):
    """The answer holds no action that can be carried out; the text tells the model what is wrong."""


@dataclass(frozen=True)
class Action:
    """What the model wants done."""

    name: str
    arguments: dict[str, Any]


def parse_action(answer: str) -> Action:
    """The one action of an answer.

    Raises:
        ActionError: there is none, more than one, or one that is not as it should be.
    """
    fence = _FENCE.search(answer)
    if not fence:
        raise ActionError("Your answer has no action: end it with one block that begins with ```action.")
    try:
        # Not strict: models put line breaks into JSON strings as they are, and what they mean is plain.
        data, end = json.JSONDecoder(strict=False).raw_decode(answer, fence.end())
    except ValueError as error:
        raise ActionError(f"The action block is not a JSON object: {error}.") from error
    if not _CLOSE.match(answer, end):
        raise ActionError("After the JSON object, the action block must be closed with ```.")
    if _FENCE.search(answer, end):
        raise ActionError("Your answer has several actions; nothing was done. Give exactly one.")
    if not isinstance(data, dict) or data.get("action") not in _KEYS:
        raise ActionError(f'"action" must be one of {", ".join(_KEYS)}.')
    name = data.pop("action")
    needed, optional = _KEYS[name]
    for key in data.keys() - needed.keys() - optional.keys():
        raise ActionError(f'The action {name} has no key "{key}".')
    for key, kind in {**needed, **optional}.items():
        if key in needed and key not in data:
            raise ActionError(f'The action {name} needs the key "{key}".')
        if key in data and (not isinstance(data[key], kind) or isinstance(data[key], bool)):
            raise ActionError(f'The key "{key}" of the action {name} must be of type {kind.__name__}.')
    return Action(name, data)


def perform(action: Action, workspace: Path, shell_timeout_s: float) -> str:
    """Carry out an action other than submit; what it showed.

    Raises:
        ActionError: it cannot be done.
    """
    given = action.arguments
    try:
        match action.name:
            case "view":
                text = _view(workspace / given["path"], given.get("start"), given.get("end"))
            case "replace":
                text = _replace(_inside(workspace, given["path"]), given["old"], given["new"])
            case "write":
                text = _write(_inside(workspace, given["path"]), given["content"])
            case _:
                text = run_shell(given["command"], workspace, shell_timeout_s)
    except (OSError, ValueError) as error:
        raise ActionError(f"The action {action.name} failed: {error}") from error
    return cut_middle(text, MAX_OBSERVATION)


def check_results(results: dict[str, Any]) -> None:
    """Raises ActionError unless the results have the form ``{experiment: {metric: number or [numbers]}}``."""
    for experiment, metrics in results.items():
        if not isinstance(metrics, dict):
            raise ActionError(
                f'"results" must have the form {{experiment: {{metric: number}}}}; look at "{experiment}".'
            )
        for metric, value in metrics.items():
            for number in value if isinstance(value, list) else [value]:
                if isinstance(number, bool) or not isinstance(number, int | float):
                    raise ActionError(f'The result "{metric}" of "{experiment}" must be a number or a list of numbers.')


def _inside(workspace: Path, path: str) -> Path:
    target = (workspace / path).resolve()
    if not target.is_relative_to(workspace.resolve()):
        raise ActionError(f"{path} lies outside of the repository; only files in it can be changed.")
    return target


def _read(path: Path) -> str:
    # newline="": a file's own line breaks stay what they are when it is written back
    with path.open(encoding="utf-8", newline="") as handle:
        return handle.read()


def _view(path: Path, start: int | None, end: int | None) -> str:
    if path.is_dir():
        names = sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in path.iterdir())
        return "\n".join(names) or "(empty folder)"
    lines = _read(path).splitlines()
    first = max(start or 1, 1)
    last = min(end or len(lines), len(lines))
    shown = [f"{number:6}\t{lines[number - 1]}" for number in range(first, last + 1)]
    return "\n".join(shown) or f"(no such lines: the file has {len(lines)})"


def _replace(path: Path, old: str, new: str) -> str:
    text = _read(path)
    found = text.count(old) if old else 0
    if found != 1:
        raise ActionError(
            f'"old" must stand in the file exactly once; it stands there {found} times. Nothing was changed.'
        )
    path.write_text(text.replace(old, new), "utf-8", newline="")
    return "Replaced."


def _write(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8", newline="")
    return f"Written: {len(content.splitlines())} lines."
