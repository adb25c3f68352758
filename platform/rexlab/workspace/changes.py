"""Reading from git what differs between a base and a scratch index."""

import os
from dataclasses import dataclass
from typing import cast

from rexlab.workspace.gitrun import Scratch
from rexlab.workspace.model import ChangedFile, Status
from rexlab.workspace.tree import Listing


@dataclass(frozen=True, slots=True)
class Change:
    """One line of ``git diff-index --raw``."""

    status: Status
    path: bytes
    old_mode: int
    new_mode: int
    blob: str
    """The new content's id, all zeros for a deleted file."""
    source: bytes | None = None


def read_changes(scratch: Scratch, *, renames: bool) -> list[Change]:
    """What the scratch index changes, sorted by path as git sorts."""
    find = "--find-renames" if renames else "--no-renames"
    raw = scratch.git("diff-index", "--cached", "--raw", "-z", "--full-index", find, scratch.base.commit)
    fields = iter(raw.split(b"\0")[:-1])
    changes = []
    for head in fields:
        old_mode, new_mode, _, blob, letter = head.decode()[1:].split(" ")
        path, source = next(fields), None
        if letter[0] == "R":
            path, source = next(fields), path
        status = cast(Status, letter[0])
        changes.append(Change(status, path, int(old_mode, 8), int(new_mode, 8), blob, source))
    return changes


def blob_sizes(scratch: Scratch, changes: list[Change]) -> dict[str, int]:
    """The size of every new content, by blob id."""
    wanted = sorted({change.blob for change in changes if change.new_mode})
    if not wanted:
        return {}
    out = scratch.git("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin="\n".join(wanted).encode() + b"\n")
    return {blob: int(size) for blob, size in (line.split() for line in out.decode().splitlines())}


def blob_contents(scratch: Scratch, blobs: list[str]) -> dict[str, bytes]:
    """The contents of some blobs; ask for their sizes first."""
    if not blobs:
        return {}
    out = scratch.git("cat-file", "--batch=%(objectname) %(objectsize)", stdin="\n".join(blobs).encode() + b"\n")
    contents, at = {}, 0
    while at < len(out):
        end = out.index(b"\n", at)
        blob, size = out[at:end].decode().split()
        contents[blob] = out[end + 1 : end + 1 + int(size)]
        at = end + 1 + int(size) + 1
    return contents


def changed_files(changes: list[Change], sizes: dict[str, int]) -> tuple[ChangedFile, ...]:
    """The changes as the record that callers see."""
    return tuple(
        ChangedFile(
            path=os.fsdecode(change.path),
            status=change.status,
            old_mode=change.old_mode,
            new_mode=change.new_mode,
            size=sizes[change.blob] if change.new_mode else 0,
            source=None if change.source is None else os.fsdecode(change.source),
        )
        for change in changes
    )


def listing_sizes(listing: Listing) -> dict[str, int]:
    """The size of every content of a base, by blob id."""
    return {entry.blob: entry.size for entry in listing.values()}
