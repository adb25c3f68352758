"""Patch out: the difference between a workspace and its base, as a git diff."""

import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from rexlab.errors import InfrastructureError, PatchRejectedError
from rexlab.workspace.base import base_listing
from rexlab.workspace.changes import changed_files, listing_sizes, read_changes
from rexlab.workspace.gitrun import GitFailedError, GitTimeoutError, Scratch, scratch
from rexlab.workspace.model import ARTIFACTS, MAX_PATCH_BYTES, Base, Patch
from rexlab.workspace.nofollow import FOLDER, open_regular, read_chunks
from rexlab.workspace.paths import Patterns, parents, patterns, show
from rexlab.workspace.survey import Survey, survey, too_large
from rexlab.workspace.tree import LINK, Listing, blob_id, file_mode

_GONE = "0" * 40


def capture(
    base: Base, workspace: Path, *, excludes: Sequence[str] = ARTIFACTS, max_bytes: int = MAX_PATCH_BYTES
) -> Patch:
    """Everything that the files of a workspace differ in from its base, whatever the agent did to its ``.git``.

    The files are read by us and compared with the base's listing; git sees only their contents, as blobs. What a
    ``.gitignore`` hides is captured all the same. Paths that ``excludes`` (gitignore-style) match are taken as
    unchanged. Links are captured as links. No process may be writing to the workspace any more.

    Raises:
        PatchRejectedError: the changed files hold more than ``max_bytes``, or are too many, or nested too deep.
        InfrastructureError: git or the disk failed.
    """
    listing = base_listing(base)
    hidden = patterns(tuple(excludes))
    seen = survey(workspace, listing, hidden, max_bytes)
    try:
        with scratch(base, seen.changed_bytes + base.size) as work:
            taken = _take_contents(workspace, listing, seen, work, max_bytes)
            gone = [path for path in listing if path not in seen.files and not _left_alone(path, seen, hidden)]
            if not taken and not gone:
                return Patch(b"", notes=tuple(seen.notes))
            lines = [b"0 %s\t%s\0" % (_GONE.encode(), path) for path in gone]
            lines += [b"%o %s\t%s\0" % (mode, blob.encode(), path) for path, (mode, blob, _) in taken.items()]
            work.git("update-index", "-z", "--index-info", stdin=b"".join(lines))
            sizes = listing_sizes(listing) | {blob: size for _, blob, size in taken.values()}
            files = changed_files(read_changes(work, renames=True), sizes)
            return Patch(_diff(work), files, tuple(seen.notes))
    except GitTimeoutError as error:
        raise PatchRejectedError(f"the changes are too costly to compare: {error}") from error
    except (GitFailedError, OSError) as error:
        raise InfrastructureError(f"the workspace could not be captured: {error}") from error


def _diff(work: Scratch) -> bytes:
    return work.git(
        "diff-index", "--cached", "--patch", "--binary", "--full-index", "--find-renames",
        "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", work.base.commit,
    )  # fmt: skip


def _take_contents(
    workspace: Path, listing: Listing, seen: Survey, work: Scratch, max_bytes: int
) -> dict[bytes, tuple[int, str, int]]:
    """Mode, blob id and size of each file that differs; its content is in the scratch objects afterwards."""
    taken: dict[bytes, tuple[int, str, int]] = {}
    total = 0
    root = os.open(workspace, FOLDER)
    try:
        for path, found in list(seen.files.items()):
            known = listing.get(path)
            mode = LINK if found.mode == LINK else file_mode(found.mode)
            try:
                if known is not None and known.size == found.size:
                    blob = blob_id(found.size, _content(root, path, found.target, mode, found.size))
                    if blob == known.blob:
                        if mode != known.mode:
                            taken[path] = mode, blob, found.size
                        continue
                total += found.size
                if total > max_bytes:
                    raise too_large(total, max_bytes)
                data = b"".join(_content(root, path, found.target, mode, found.size))
            except PermissionError:
                seen.unknown.add(path)
                seen.notes.append(f"{show(path)} cannot be read and was taken as unchanged")
                continue
            taken[path] = mode, _store_blob(work.objects, data), len(data)
    finally:
        os.close(root)
    return taken


def _content(root: int, path: bytes, target: bytes, mode: int, size: int) -> Iterable[bytes]:
    return [target] if mode == LINK else read_chunks(open_regular(root, path), size)


def _store_blob(objects: Path, data: bytes) -> str:
    """Write a loose git object; in process, since one git process per file would be most of the time."""
    blob = blob_id(len(data), [data])
    folder = objects / blob[:2]
    folder.mkdir(exist_ok=True)
    (folder / blob[2:]).write_bytes(zlib.compress(b"blob %d\0" % len(data) + data, 1))
    return blob


def _left_alone(path: bytes, seen: Survey, hidden: Patterns) -> bool:
    """Whether a file that was not found is to be taken as unchanged, not as deleted."""
    return hidden.match(path) or path in seen.unknown or any(folder in seen.unknown for folder in parents(path))
