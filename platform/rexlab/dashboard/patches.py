"""What an agent wrote beside the reference: function by function, or file by file where a task is an extension."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rexlab.dashboard.patches_text import decoded, parsed, text_of, unified
from rexlab.errors import InputError, PatchFormatError, PatchRejectedError
from rexlab.execution.prepare import masked_base
from rexlab.settings import Settings
from rexlab.task.functions import Function
from rexlab.task.load import Task
from rexlab.task.manifest import FunctionSection
from rexlab.workspace import MAX_PATCH_BYTES, Base, OutputError, OutputMissingError, changed_contents, read_output
from rexlab.workspace.paths import show

MAX_FILES = 100
"""Of an extension's patch that are compared one by one; the patch as text has them all."""
_REFERENCE, _AGENT = "reference", "agent"


@dataclass(frozen=True)
class FunctionVersions:
    """One masked function three times: as the authors wrote it, as the agent found it, and as the agent left it."""

    id: str
    """``path:qualname``"""
    path: str
    qualname: str
    reference: str
    masked: str
    """Empty where the function stood inside another masked one: then the agent never saw it."""
    submitted: str | None
    """None: the patched file has none that could be shown; ``problem`` says why."""
    problem: str
    """One sentence on what is not as it should be; empty when all is."""
    diff: str
    """Unified, from the reference to the agent's version; empty where they are equal, or cannot be compared."""

    @property
    def untouched(self) -> bool:
        """Whether the agent left the function as it found it."""
        return self.submitted is not None and self.submitted == self.masked


@dataclass(frozen=True)
class FileVersions:
    """One file that the reference patch or the agent's changes."""

    path: str
    reference: str
    """What the reference patch changes in it, as a unified diff; empty where it leaves the file alone."""
    submitted: str
    """What the agent's changes in it, likewise."""
    diff: str
    """From the file as the reference leaves it to the file as the agent does; empty where one of them has none."""
    problem: str
    """One sentence on what cannot be compared; empty when all can."""


def function_versions(task: Task, functions: Sequence[str], patch: bytes, settings: Settings) -> list[FunctionVersions]:
    """Every masked function beside its reference, after the patch was applied to the masked code in memory.

    Agent code is parsed, never imported or run.

    Args:
        task: As it was when the trial was planned.
        functions: Ids of the masked functions.
        patch: The agent's.
        settings: Where the masked code is kept.

    Raises:
        InputError: the patch does not apply, or is none.
        InfrastructureError: git or the disk failed.
    """
    base = masked_base(task, functions, settings)
    changed = _contents(base, patch)
    return [_function(task, task.function(name), base, changed) for name in functions]


def file_versions(task: Task, patch: bytes, settings: Settings) -> tuple[list[FileVersions], int]:
    """The files that an extension's reference patch changes, then those that the agent's alone does.

    Returns:
        At most ``MAX_FILES``, and how many more there are.

    Raises:
        InputError: the patch does not apply, or is none.
        InfrastructureError: git or the disk failed.
    """
    base = masked_base(task, (), settings)
    reference, submitted = _contents(base, task.reference_patch), _contents(base, patch)
    paths = list(dict.fromkeys([*sorted(reference), *sorted(submitted)]))
    return [_file(path, base, reference, submitted) for path in paths[:MAX_FILES]], max(0, len(paths) - MAX_FILES)


def _contents(base: Base, patch: bytes) -> dict[str, bytes | None]:
    try:
        return changed_contents(base, patch)
    except (PatchRejectedError, PatchFormatError) as error:
        raise InputError(str(error)) from error


def _function(
    task: Task, section: FunctionSection, base: Base, changed: Mapping[str, bytes | None]
) -> FunctionVersions:
    path = section.path
    reference = (task.code / path).read_bytes()
    whole, problem = parsed(reference, path)
    if whole is None:  # a reference that is too large to be shown in the time that a page has
        return FunctionVersions(section.id, path, section.qualname, "", "", None, problem, "")
    function = whole.find(section.qualname)
    original = text_of(function, reference, whole.encoding)
    before = (base.files / path).read_bytes()
    masked, _ = _version(function, before, path)
    after = changed.get(path, before)
    submitted, problem = (
        (None, f"the patch leaves no file {path}") if after is None else _version(function, after, path)
    )
    diff = ""
    if submitted is not None:
        diff, too_long = unified(original, submitted, _REFERENCE, _AGENT)
        problem = problem or too_long
    return FunctionVersions(section.id, path, section.qualname, original, masked or "", submitted, problem, diff)


def _version(reference: Function, source: bytes, path: str) -> tuple[str | None, str]:
    """The function of this name in another version of its file, and what is odd about it."""
    module, problem = parsed(source, path)
    if module is None:
        return None, problem
    found = [f for f in module.functions if f.qualname == reference.qualname]
    if not found:
        return None, f"the patched {path} defines no {reference.qualname}"
    if len(found) == reference.occurrences:
        return text_of(found[reference.occurrence - 1], source, module.encoding), ""
    return (
        text_of(found[-1], source, module.encoding),
        f"the patched {path} defines {reference.qualname} {len(found)} times, the reference "
        f"{reference.occurrences} times; the last one is shown",
    )


def _file(
    path: str, base: Base, reference: Mapping[str, bytes | None], submitted: Mapping[str, bytes | None]
) -> FileVersions:
    problems: dict[str, None] = {}

    def text(data: bytes | None, when: str) -> str | None:
        found, problem = ("", "") if data is None else decoded(data)
        if problem:
            problems[f"{when}, {problem}"] = None
        return None if problem else found

    def diff(before: str | None, after: str | None, before_name: str, after_name: str) -> str:
        if before is None or after is None:
            return ""
        found, problem = unified(before, after, before_name, after_name)
        if problem:
            problems[problem] = None
        return found

    try:
        original = text(read_output(base.files, path, MAX_PATCH_BYTES), "before the patch")
    except OutputMissingError:
        original = ""
    except OutputError as error:
        original = None
        problems[str(error)] = None
    wanted = text(reference[path], "in the reference") if path in reference else None
    got = text(submitted[path], "after the patch") if path in submitted else None
    return FileVersions(
        path=show(path),
        reference=diff(original, wanted, "before", _REFERENCE),
        submitted=diff(original, got, "before", _AGENT),
        diff=diff(wanted, got, _REFERENCE, _AGENT),
        problem="; ".join(problems),
    )
