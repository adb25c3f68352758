"""What the scripted model is told: every file as the agent finds it and as it shall be, and each masked function."""

from collections.abc import Sequence
from pathlib import Path
from textwrap import dedent

from rexlab.gateway.contract import SCRIPTED, ModelSpec, Script, ScriptedFile, ScriptedFunction
from rexlab.harness.reference import exact_files, extension_files, mutated_files
from rexlab.task.functions import scan
from rexlab.task.load import Task
from rexlab.workspace import Base

WRONG = f"{SCRIPTED}/wrong"
LEARNS = f"{SCRIPTED}/learns"
"""Wrong in the first attempt of a strategy, right in all later ones."""


def script_for(
    model: ModelSpec,
    task: Task,
    functions: Sequence[str],
    base: Base,
    found: Path,
    scratch: Path,
    *,
    seed: int,
    attempt: int,
) -> Script:
    """The script of a scripted model; an empty one for a real model, which is told nothing.

    ``found`` is the code as the agent finds it: the masked base, or that with an earlier attempt's changes.
    Reference bodies stay in the gateway: no sandbox ever sees the script, only what the model answers.
    """
    if not model.simulated:
        return Script()
    wrong = model.name == WRONG or (model.name == LEARNS and attempt == 1)
    if task.manifest.task.kind == "extension":
        after = extension_files(task, base, scratch)
    elif wrong:
        after = mutated_files(task, functions, 1.0, seed)
    else:
        after = exact_files(task, functions)
    files = [
        ScriptedFile(path=path, before=_text(found / path), after=content.decode())
        for path, content in after.files.items()
    ]
    return Script(
        files=tuple(files),
        functions=tuple(_function(task, name, after.files[task.function(name).path]) for name in functions),
    )


def _function(task: Task, name: str, source: bytes) -> ScriptedFunction:
    section = task.function(name)
    found = scan(source, section.path).find(section.qualname)
    text = source[found.start : found.body_end].decode()
    return ScriptedFunction(id=section.id, path=section.path, qualname=section.qualname, source=dedent(text))


def _text(path: Path) -> str | None:
    return path.read_bytes().decode() if path.is_file() else None
