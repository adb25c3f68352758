"""Shell commands that write a file exactly, whatever it holds."""

import base64
import shlex

MARK = "END_OF_FILE"
CHUNK = 60_000
"""Characters per command: Linux takes no argument of more than 128 KiB, and a character may be four bytes of it."""


def write_commands(path: str, text: str, forbidden: str = MARK) -> list[str]:
    """Commands that leave ``text``, as UTF-8, in ``path``: one, or several for a large file.

    ``forbidden`` must not stand in a command: text that holds it is written encoded.
    """
    chunks = [text[i : i + CHUNK] for i in range(0, len(text), CHUNK)] or [""]
    commands = [_write(path, chunk, ">" if i == 0 else ">>", forbidden) for i, chunk in enumerate(chunks)]
    if len(commands) == 1:
        return commands
    # Two parts may be the same text, and no two commands may be, or nobody could tell how far the writing is.
    return [f"{command}\n# part {i} of {len(chunks)}" for i, command in enumerate(commands, 1)]


def _write(path: str, chunk: str, arrow: str, forbidden: str) -> str:
    name = shlex.quote(path)
    folder = f"mkdir -p -- {shlex.quote(path.rsplit('/', 1)[0])} && " if "/" in path and arrow == ">" else ""
    plain = chunk.endswith("\n") and not any(c in chunk for c in "\r\0")
    if plain and MARK not in chunk and forbidden not in chunk:
        return f"{folder}cat {arrow} {name} <<'{MARK}'\n{chunk}{MARK}"
    # A here-document always ends with a newline, and terminals may change a carriage return.
    return f"{folder}printf %s {base64.b64encode(chunk.encode()).decode()} | base64 -d {arrow} {name}"
