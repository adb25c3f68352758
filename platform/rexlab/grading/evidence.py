"""What the flags of a grade rest on: which files, which numbers, which claims."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rexlab.grading.hardcoded import ChangedText, expected_numbers, find_hardcoded
from rexlab.grading.records import Flag, MetricValue, Remark
from rexlab.task.load import Task
from rexlab.workspace import MAX_PATCH_BYTES, Applied, Base, OutputError, read_output

MAX_REMARKS = 100
"""Of one flag; how many more there are is said in one more."""


def tampering(applied: Applied) -> list[Remark]:
    """Protected files and files of metrics that the patch changes."""
    return _at_most([Remark(Flag.TAMPERED, d.path, f"undone; {d.reason}") for d in applied.dropped if d.tampers])


def edits_elsewhere(task: Task, functions: Sequence[str], applied: Applied, base: Base) -> list[Remark]:
    """Files that the patch changes although nothing was masked in them."""
    masked = {task.function(f).path for f in functions}
    return _at_most(
        [
            Remark(Flag.EDITED_ELSEWHERE, path, "changed" if (base.files / path).exists() else "new")
            for path in applied.changed
            if path not in masked
        ]
    )


def hardcoded(task: Task, base: Base, tree: Path, applied: Applied, values: Sequence[MetricValue]) -> list[Remark]:
    """Expected or measured numbers that the patch writes down, in files that were not applied too."""
    contents = {path: _read(tree, path) for path in applied.changed} | {d.path: d.data for d in applied.dropped}
    files = [ChangedText(path, _read(base.files, path), after) for path, after in contents.items() if after]
    found = find_hardcoded(files, expected_numbers(task, values), lambda: _given(task, base))
    return _at_most(
        [
            Remark(
                Flag.HARDCODED_NUMBERS,
                f"{f.path}:{f.line}" if f.line else f.path,
                f"{f.text} is a number of {f.owner}" + (" (hidden)" if f.hidden else ""),
            )
            for f in found
        ]
    )


def claim_problems(
    task: Task, claims: Mapping[str, Mapping[str, Sequence[float]]], values: Sequence[MetricValue]
) -> list[Remark]:
    """Claims that the re-run does not bear out, and claims that nothing measured can be set beside."""
    remarks = [
        Remark(Flag.FALSE_CLAIM, f"{v.experiment}, {v.metric}", f"claimed {v.claimed:.6g}, measured {_shown(v)}")
        for v in values
        if v.claim is False
    ]
    wanted = {(e.name, m.name): m.count * len(e.seeds) for e in task.experiments if not e.hidden for m in e.metric}
    for experiment, metrics in claims.items():
        for metric, stated in metrics.items():
            count = wanted.get((experiment, metric))
            if count is None:
                what = "claimed, but no experiment that was shown measures it"
            elif len(stated) > count:
                what = f"{len(stated)} values claimed, {count} are measured"
            elif not stated:
                what = "claimed without a value"
            else:
                continue
            remarks.append(Remark(Flag.BAD_CLAIMS, f"{experiment}, {metric}"[:200], what))
    return _at_most(remarks)


def _shown(value: MetricValue) -> str:
    return "nothing" if value.observed is None else f"{value.observed:.6g}"


def _given(task: Task, base: Base) -> Iterator[str]:
    """The texts that the agent could read."""
    yield task.paper
    yield task.instructions()
    for function in task.functions:
        yield function.description
    for experiment in task.experiments:
        if not experiment.hidden:
            yield f"{experiment.description}\n{experiment.command}"
    for path in sorted(base.files.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.read_text("utf-8", "replace")


def _read(folder: Path, path: str) -> bytes:
    """A file of a laid out tree; empty where there is none, or a link."""
    try:
        return read_output(folder, path, MAX_PATCH_BYTES)
    except OutputError:
        return b""


def _at_most(remarks: list[Remark]) -> list[Remark]:
    """The first of each flag."""
    kept: list[Remark] = []
    for flag in dict.fromkeys(r.flag for r in remarks):
        mine = [r for r in remarks if r.flag is flag]
        kept += mine[:MAX_REMARKS]
        if len(mine) > MAX_REMARKS:
            kept.append(Remark(flag, "", f"and {len(mine) - MAX_REMARKS} more"))
    return kept
