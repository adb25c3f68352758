"""What the harnesses do with an answer, as far as it decides on the outcome: edits in a folder, told by their code."""

import json
import re
import subprocess
from pathlib import Path

from rexlab.gateway.scripted.talk import ToolUse

_BLOCK = re.compile(r"<{7} SEARCH\n(?P<old>.*?)^={7}\n(?P<new>.*?)^>{7} REPLACE\n", re.DOTALL | re.MULTILINE)


def apply_whole(answer: str, folder: Path, opening: str, closing: str) -> None:
    """aider's whole format: a line with the name before each fence; a line that begins with a fence ends the file."""
    lines = answer.splitlines(keepends=True)
    name, content = "", list[str]()
    for previous, line in zip(["", *lines], lines, strict=False):
        if not line.startswith((opening, closing)):
            content.append(line)
        elif name:
            _write(folder / name, "".join(content))
            name = ""
        else:
            name, content = previous.strip(), []


def apply_diff(answer: str, folder: Path) -> None:
    """aider's diff format: the first place where all lines of SEARCH stand is replaced; an empty SEARCH appends."""
    for piece in re.split(r"(?=^\S+\n(?:`{3,}|<\w+>)python\n<{7} SEARCH)", answer, flags=re.MULTILINE)[1:]:
        path, found = folder / piece.split("\n")[0], _BLOCK.search(piece)
        assert found, piece
        old, new = _unwrapped(found["old"], path), _unwrapped(found["new"], path)
        text = _read(path) if path.exists() else ""
        if not old.strip():
            _write(path, text + new)
            continue
        assert f"\n{old}" in f"\n{text}", f"{path}: SEARCH does not match"
        _write(path, f"\n{text}".replace(f"\n{old}", f"\n{new}", 1)[1:])


def _unwrapped(part: str, path: Path) -> str:
    """aider's strip_quoted_wrapping: a first line that ends with the file's name goes, and a last empty one."""
    lines = part.splitlines()
    if lines and lines[0].strip().endswith(path.name):
        lines = lines[1:]
    joined = "\n".join(lines)
    return joined if not joined or joined.endswith("\n") else f"{joined}\n"


def apply_call(call: ToolUse, folder: Path, inside: str) -> str:
    """A tool call of mini-swe-agent, OpenHands or Claude Code; ``inside`` is the folder's name to the agent."""
    given = {k: v.replace(inside, str(folder)) if k in PATHS else v for k, v in call.arguments.items()}
    match call.name:
        case "bash" | "Bash" | "terminal":
            done = subprocess.run(["sh", "-c", given["command"]], cwd=folder, capture_output=True, text=True)
            return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        case "file_editor":
            return _file_editor(given)
        case "Read":
            return _read(Path(given["file_path"]))
        case "Edit":
            path = Path(given["file_path"])
            windows = "\r\n" in _read(path)
            edited = _replaced(_read(path).replace("\r\n", "\n"), given["old_string"], given["new_string"])
            _write(path, edited.replace("\n", "\r\n") if windows else edited)
        case "Write":
            _write(Path(given["file_path"]), given["content"])
        case other:
            raise AssertionError(f"no such tool: {other}")
    return "done"


PATHS = ("path", "file_path", "command")


def _file_editor(given: dict[str, str]) -> str:
    path = Path(given["path"])
    assert path.is_absolute()
    match given["command"]:
        case "view":
            return path.read_text("utf-8")
        case "create":
            assert not path.exists() and path.parent.is_dir()
            _write(path, given["file_text"])
        case "str_replace":
            # The editor reads with universal newlines.
            _write(path, _replaced(path.read_text("utf-8"), given["old_str"], given["new_str"]))
        case "insert":
            assert path.read_text("utf-8") == ""
            _write(path, given["new_str"] + "\n")
    return "done"


def apply_action(answer: str, folder: Path) -> str:
    """react's one action."""
    head, _, rest = answer.partition("```action\n")
    assert head.strip()
    action, end = json.JSONDecoder().raw_decode(rest)
    assert rest[end:].strip() == "```"
    match action["action"]:
        case "view":
            return _read(folder / action["path"])
        case "replace":
            _write(folder / action["path"], _replaced(_read(folder / action["path"]), action["old"], action["new"]))
        case "write":
            _write(folder / action["path"], action["content"])
    return str(action.get("command") or action["action"])


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def _read(path: Path) -> str:
    with path.open(encoding="utf-8", newline="") as handle:
        return handle.read()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="")
