"""Patch in: checking a patch against its base, and making the folder that the grader runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rexlab.errors import InfrastructureError, PatchRejectedError
from rexlab.workspace.base import base_listing, fresh_folder, write_base_file
from rexlab.workspace.changes import Change, blob_contents, blob_sizes, changed_files, read_changes
from rexlab.workspace.gitrun import GitFailedError, GitTimeoutError, Scratch, scratch
from rexlab.workspace.model import MAX_NEW_FILES, MAX_PATCH_BYTES, Applied, Base, ChangedFile, Dropped
from rexlab.workspace.nofollow import FOLDER, TreeWriter
from rexlab.workspace.patch_scan import Limits, scan_patch
from rexlab.workspace.paths import path_problem, show
from rexlab.workspace.policy import ApplyPolicy, judge
from rexlab.workspace.tree import EXECUTABLE, LINK, REGULAR, Listing, entry_of, listing_digest

# What the headers of many small files may take.
_HEADERS = 16 * 1024**2
_MODES = {0, REGULAR, EXECUTABLE, LINK}


def inspect_patch(base: Base, data: bytes, *, max_bytes: int = MAX_PATCH_BYTES) -> tuple[ChangedFile, ...]:
    """Check a patch, from ``capture`` or from anywhere, and list what it changes; an empty one changes nothing.

    The patch is applied to a scratch index, so no file outside of a private folder is touched, whatever it says.

    Raises:
        PatchFormatError: it is no git diff.
        PatchRejectedError: it does not apply to the base, reaches outside the workspace or into ``.git``, brings a
            submodule, or is too large; the text names the path.
        InfrastructureError: git or the disk failed.
    """
    if not data.strip():
        return ()
    with _applied_to_index(base, data, max_bytes) as work:
        changes = read_changes(work, renames=True)
        return changed_files(changes, _checked_sizes(work, changes, max_bytes))


def changed_contents(base: Base, data: bytes, *, max_bytes: int = MAX_PATCH_BYTES) -> dict[str, bytes | None]:
    """What the files that a patch changes hold afterwards, by path; nothing is written outside of a private folder.

    None stands for a file that is deleted, or a plain one no more; a renamed one is deleted there and new here.

    Raises:
        PatchFormatError, PatchRejectedError, InfrastructureError: as ``inspect_patch``.
    """
    if not data.strip():
        return {}
    with _applied_to_index(base, data, max_bytes) as work:
        changes = read_changes(work, renames=False)
        _checked_sizes(work, changes, max_bytes)
        plain = [change for change in changes if change.new_mode in (REGULAR, EXECUTABLE)]
        contents = blob_contents(work, sorted({change.blob for change in plain}))
    after: dict[str, bytes | None] = {os.fsdecode(change.path): None for change in changes}
    return after | {os.fsdecode(change.path): contents[change.blob] for change in plain}


def apply(base: Base, data: bytes, dest: Path, policy: ApplyPolicy) -> Applied:
    """Write the base's files with the allowed changes of a patch into a fresh folder.

    Only regular files, and links that the base has itself, are written, each newly created inside ``dest``. Changes
    that the policy forbids are left out one by one and reported.

    Raises:
        PatchFormatError, PatchRejectedError, InfrastructureError: as ``inspect_patch``; nothing is written then.
    """
    listing = base_listing(base)
    kept: list[Change] = []
    left_out: list[tuple[Change, Dropped]] = []
    contents: dict[str, bytes] = {}
    if data.strip():
        with _applied_to_index(base, data, policy.max_bytes) as work:
            changes = read_changes(work, renames=False)
            _checked_sizes(work, changes, policy.max_bytes)
            kept, left_out = judge(policy, listing, changes)
            contents = blob_contents(work, sorted({change.blob for change in changes if change.new_mode}))
    new = {change.path: (change.new_mode, contents[change.blob]) for change in kept if change.new_mode}
    result = dict(listing)
    for change in kept:
        result.pop(change.path, None)
    result.update((path, entry_of(mode, content)) for path, (mode, content) in new.items())
    _write(base, result, new, dest)
    dropped = tuple(replace(item, data=contents.get(change.blob, b"")) for change, item in left_out)
    return Applied(tuple(os.fsdecode(change.path) for change in kept), dropped, listing_digest(result))


@contextmanager
def _applied_to_index(base: Base, data: bytes, max_bytes: int) -> Iterator[Scratch]:
    # A diff holds old and new text, at worst doubled by line marks; so do its binary parts once they are inflated.
    limits = Limits(files=MAX_NEW_FILES + 2 * len(base_listing(base)), unfolded=4 * (max_bytes + base.size) + _HEADERS)
    unfolded = scan_patch(data, base_listing(base), limits)
    try:
        with scratch(base, unfolded + base.size) as work:
            command = ("apply", "--cached", "--binary", "--whitespace=nowarn", "-p1")
            try:
                work.git(*command, "-", stdin=data)
            except GitFailedError as error:
                if not isinstance(error, GitTimeoutError) and _is_ours(work, command, data):
                    raise
                raise PatchRejectedError(f"the patch does not apply to the masked code: {error.reason}") from error
            yield work
    except GitTimeoutError as error:
        raise PatchRejectedError(f"the patch is too costly to read: {error}") from error
    except (GitFailedError, OSError) as error:
        raise InfrastructureError(f"the patch could not be applied: {error}") from error


def _is_ours(work: Scratch, command: tuple[str, ...], data: bytes) -> bool:
    """Whether the failure was ours (a full disk), because the same patch passes when nothing is written."""
    try:
        work.git(*command, "--check", "-", stdin=data)
    except GitFailedError:
        return False
    return True


def _checked_sizes(work: Scratch, changes: list[Change], max_bytes: int) -> dict[str, int]:
    added = 0
    for change in changes:
        if problem := path_problem(change.path):
            raise PatchRejectedError(f"the patch changes {show(change.path)}, which {problem}")
        if change.new_mode not in _MODES:
            kind = "a submodule" if change.new_mode == 0o160000 else f"of mode {change.new_mode:o}"
            raise PatchRejectedError(f"the patch makes {show(change.path)} {kind}; only plain files can be graded")
        added += change.status in ("A", "R")
    if added > MAX_NEW_FILES:
        raise PatchRejectedError(f"the patch brings {added:,} new files, the limit is {MAX_NEW_FILES:,}")
    sizes = blob_sizes(work, changes)
    total = sum(sizes[change.blob] for change in changes if change.new_mode)
    if total > max_bytes:
        raise PatchRejectedError(f"the changed files hold {total:,} bytes, the limit is {max_bytes:,}")
    return sizes


def _write(base: Base, result: Listing, new: dict[bytes, tuple[int, bytes]], dest: Path) -> None:
    source = os.open(base.files, FOLDER)
    try:
        with fresh_folder(dest), TreeWriter(dest) as writer:
            for path, entry in sorted(result.items()):
                if path in new:
                    mode, content = new[path]
                    writer.write(path, executable=mode == EXECUTABLE, chunks=[content])
                else:
                    write_base_file(writer, source, path, entry)
    finally:
        os.close(source)
