"""Reference bodies for the harnesses that may have them, whole or with seeded mistakes."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rexlab.task.load import Task
from rexlab.task.mutants import mutants
from rexlab.workspace import ApplyPolicy, Base, apply


@dataclass(frozen=True)
class ReferenceFiles:
    """What a reference harness is handed."""

    files: dict[str, bytes]
    """Content by path relative to the code's root."""
    mutations: dict[str, str]
    """Change made, in words, by function id; empty for exact bodies."""


def exact_files(task: Task, functions: Sequence[str]) -> ReferenceFiles:
    """The reference version of every file in which a function is masked."""
    paths = {task.function(name).path for name in functions}
    return ReferenceFiles({path: (task.code / path).read_bytes() for path in sorted(paths)}, {})


def extension_files(task: Task, base: Base, scratch: Path) -> ReferenceFiles:
    """Every file that an extension task's reference patch adds or changes, as the patch leaves it.

    Raises:
        PatchRejectedError: the reference patch does not apply to the task's own code.
    """
    applied = apply(base, task.reference_patch, scratch, ApplyPolicy())
    changed = (path for path in applied.changed if (scratch / path).is_file())
    return ReferenceFiles({path: (scratch / path).read_bytes() for path in changed}, {})


def mutated_files(task: Task, functions: Sequence[str], probability: float, seed: int) -> ReferenceFiles:
    """Reference files in which each masked function is wrong with the given probability, independently.

    The same seed gives the same mistakes on every machine.
    """
    files = dict(exact_files(task, functions).files)
    mutations: dict[str, str] = {}
    for name in sorted(functions):
        draw = random.Random(f"{seed}:{name}")  # noqa: S311  (reproducible, not secret)
        if draw.random() >= probability:
            continue
        function = task.function(name)
        choices = mutants(files[function.path], function.qualname)
        if choices:
            chosen = draw.choice(choices)
            files[function.path] = chosen.source
            mutations[name] = f"{chosen.operator}, line {chosen.line}: {chosen.description}"
    return ReferenceFiles(files, mutations)


def write_files(reference: ReferenceFiles, folder: Path) -> None:
    """Lay the files out below ``folder`` as they lie in the code."""
    for path, content in reference.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
