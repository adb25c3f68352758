"""RExBench's three metrics of a submitted patch, and their means over runs.

* **Final Success**: the numbers are in their target ranges; here: the grade's outcome is ``passed``.
* **Execution Success**: the experiments ran to their end, whatever they printed.
* **File Recall**: of the files that the reference patch edits, the share that the submitted patch edits too.

Source: Edwards, Lee et al. 2025, "RExBench: Can coding agents autonomously implement AI research extensions?"
(arXiv:2506.22598). Means over runs come with the standard error of the mean, sd / sqrt(n).
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import stdev

from rexlab.store.models import Outcome
from rexlab.workspace.paths import unquote

_HUNK = re.compile(rb"@@ -\d+(?:,(\d{1,9}))? \+\d+(?:,(\d{1,9}))? @@")


@dataclass(frozen=True)
class RexbenchScore:
    """The metrics of one run."""

    final_success: bool
    execution_success: bool
    file_recall: float | None
    """From 0 to 1; None when the reference edits no file."""


@dataclass(frozen=True)
class Mean:
    """A mean over runs."""

    value: float
    sem: float | None
    """Standard error of the mean; None for fewer than two runs."""


@dataclass(frozen=True)
class Edited:
    """A file that a patch edits: the name before, and after."""

    old: str | None
    """None for a new file."""
    new: str | None
    """None for a deleted one."""

    @property
    def names(self) -> set[str]:
        """Both, where they differ."""
        return {name for name in (self.old, self.new) if name is not None}


def score(outcome: Outcome, patch: bytes, reference: bytes) -> RexbenchScore:
    """Score one graded patch against the reference patch."""
    return RexbenchScore(
        final_success=outcome is Outcome.PASSED,
        execution_success=outcome.ran,
        file_recall=file_recall(patch, reference),
    )


def file_recall(patch: bytes, reference: bytes) -> float | None:
    """The share of the reference's files that the patch edits; a renamed file counts by its old name or its new one."""
    wanted = edited_files(reference)
    if not wanted:
        return None
    edited = {name for file in edited_files(patch) for name in file.names}
    return sum(bool(file.names & edited) for file in wanted) / len(wanted)


def edited_files(patch: bytes) -> list[Edited]:
    """The files that a git diff, or a plain unified diff, edits; read from its header lines, nothing is applied.

    Lines inside of hunks that look like headers are skipped, so a file's text cannot name another file.
    """
    sections: list[list[bytes]] = []
    for line in _header_lines(patch):
        follows = bool(sections) and not any(known.startswith(b"--- ") for known in sections[-1])
        if line.startswith(b"diff --git ") or (line.startswith(b"--- ") and not follows):
            sections.append([])
        if sections:
            sections[-1].append(line)
    files = [_edited(section) for section in sections]
    return [file for file in files if file.names]


def summarise(values: Sequence[float]) -> Mean | None:
    """Mean and standard error; None without a value."""
    if not values:
        return None
    sem = stdev(values) / sqrt(len(values)) if len(values) > 1 else None
    return Mean(sum(values) / len(values), sem)


def _header_lines(patch: bytes) -> Iterator[bytes]:
    """The lines outside of hunks; a hunk says how many lines it has."""
    old = new = 0
    for line in patch.split(b"\n"):
        if old > 0 or new > 0:
            old -= line[:1] in (b" ", b"-", b"")
            new -= line[:1] in (b" ", b"+", b"")
        elif hunk := _HUNK.match(line):
            old, new = int(hunk[1] or 1), int(hunk[2] or 1)
        else:
            yield line.rstrip(b"\r")


def _edited(section: list[bytes]) -> Edited:
    """What one file's header lines say; the more precise ones come later and win."""
    old: str | None = None
    new: str | None = None
    for line in section:
        word, _, rest = line.partition(b" ")
        match word:
            case b"diff":
                old = new = _same_name(rest.removeprefix(b"--git "))
            case b"---":
                old = _name(rest)
            case b"+++":
                new = _name(rest)
            case b"rename" | b"copy":
                direction, _, path = rest.partition(b" ")
                plain = os.fsdecode(unquote(path))
                old, new = (plain, new) if direction == b"from" else (old, plain)
            case b"new":
                old = None if rest.startswith(b"file mode") else old
            case b"deleted":
                new = None if rest.startswith(b"file mode") else new
    return Edited(old, new)


def _same_name(names: bytes) -> str | None:
    """The name in ``a/NAME b/NAME``; None when the two differ, which later lines then tell."""
    middle = len(names) // 2
    first, second = _name(names[:middle]), _name(names[middle + 1 :])
    return first if names[middle : middle + 1] == b" " and first == second else None


def _name(text: bytes) -> str | None:
    """A header's path without what git puts first; None for /dev/null."""
    path = unquote(text.split(b"\t")[0].rstrip() if not text.startswith(b'"') else text)
    if path == b"/dev/null":
        return None
    return os.fsdecode(path[2:] if path[:2] in (b"a/", b"b/") else path)
