"""Preview a mask: what an agent would see changed, and what would still give a masked body away."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from rexlab.task.leaks import Leak, RemovedBody, scan_leaks
from rexlab.task.load import Task
from rexlab.task.masking import Maskable, body_of, mask_tree


@dataclass(frozen=True)
class MaskPreview:
    """What masking some functions does to a task's code."""

    diffs: list[tuple[str, str]]
    """Each file that changes, and how, as a unified diff; in the order of the files' names."""
    leaks: list[Leak]
    """Places of the masked code that give a removed body away, the most similar ones first."""
    notes: list[str]
    """What was not searched, in words."""


def preview_mask(task: Task, chosen: Sequence[Maskable]) -> MaskPreview:
    """Mask a copy of the task's code, look at it, and throw it away.

    Raises:
        FunctionNotFoundError: a file or function is not in the code.
        MaskingError: a file cannot be masked, or the code cannot be copied.
    """
    with TemporaryDirectory(prefix="rexlab-mask-") as folder:
        return write_mask(task, chosen, Path(folder) / "code")


def write_mask(task: Task, chosen: Sequence[Maskable], place: Path) -> MaskPreview:
    """The same, with the masked code kept in ``place``, which must not exist yet."""
    mask_tree(task.code, place, chosen)
    paths = sorted({str(PurePosixPath(f.path)) for f in chosen})
    removed = [
        RemovedBody(f.path, f.qualname, body_of((task.code / f.path).read_bytes(), f.qualname, f.path)) for f in chosen
    ]
    leaks = scan_leaks(place, removed)
    return MaskPreview([(path, _diff(task.code, place, path)) for path in paths], list(leaks), leaks.notes)


def _diff(before: Path, after: Path, path: str) -> str:
    old = (before / path).read_text("utf-8", "replace").splitlines(keepends=True)
    new = (after / path).read_text("utf-8", "replace").splitlines(keepends=True)
    lines = unified_diff(old, new, f"a/{path}", f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
