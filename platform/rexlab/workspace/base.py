"""The masked base: a prepared folder as one fresh commit, and fresh copies of it for agent and grader."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from rexlab.errors import InfrastructureError, InputError
from rexlab.workspace.gitrun import ATTRIBUTES, CONFIG, GitFailedError, run_git
from rexlab.workspace.model import Base
from rexlab.workspace.nofollow import FOLDER, TreeWriter, open_regular, read_chunks
from rexlab.workspace.paths import quote, show
from rexlab.workspace.tree import EXECUTABLE, LINK, Entry, Listing, list_tree, listing_digest

# Fixed, so that the same tree gives the same commit id on every machine.
_COMMIT = (
    b"commit refs/heads/main\n"
    b"author rexlab <rexlab@localhost> 946684800 +0000\n"
    b"committer rexlab <rexlab@localhost> 946684800 +0000\n"
    b"data 14\nInitial commit\n"
)

_WORKSPACE_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = false
\tlogallrefupdates = true
[user]
\tname = agent
\temail = agent@localhost
[gc]
\tauto = 0
[commit]
\tgpgsign = false
"""


def make_base(tree: Path, dest: Path) -> Base:
    """Make a base of a folder whose code is already prepared (masked, without caches or history).

    All files go in, ignored or not, byte for byte; of modes the executable bit. Anything named ``.git`` and empty
    folders are left out. ``dest`` must not exist; it appears whole or not at all.

    Raises:
        InputError: the folder holds a special file, a link that leads out of it, or a name no patch could carry.
        InfrastructureError: the base could not be written.
    """
    if dest.exists():
        raise InfrastructureError(f"{dest} exists already; a base is made once and never changed")
    listing = list_tree(tree)
    dest.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{dest.name}-", dir=dest.parent))
    try:
        (building / "files").mkdir()
        _copy_files(tree, listing, building / "files")
        _reject_links_outside(building / "files", listing)
        commit = _make_repository(building, listing)
        (building / "listing").write_bytes(b"".join(_record(path, entry) for path, entry in listing.items()))
        (building / "commit").write_text(commit)
        building.rename(dest)
    except (OSError, GitFailedError) as error:
        raise InfrastructureError(f"the base {dest} could not be made: {error}") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return load_base(dest)


def load_base(path: Path) -> Base:
    """The base made earlier in this folder.

    Raises:
        InfrastructureError: there is none, or it is incomplete.
    """
    try:
        commit = (path / "commit").read_text()
        listing = _read_listing(path, commit)
    except (OSError, ValueError) as error:
        raise InfrastructureError(f"{path} holds no usable base: {error}") from error
    return Base(path, commit, listing_digest(listing), sum(entry.size for entry in listing.values()))


def base_listing(base: Base) -> Listing:
    """The files of a base, sorted by path; kept in memory, since a base never changes."""
    return _read_listing(base.path, base.commit)


def plain_copy(base: Base, dest: Path) -> None:
    """Copy the base's files, without git, into a fresh folder (made if missing, empty otherwise).

    Raises:
        InfrastructureError: the folder is not empty, or the copy fails.
    """
    with fresh_folder(dest):
        _copy_files(base.files, base_listing(base), dest)


def checkout(base: Base, workspace: Path) -> None:
    """Make a fresh workspace: the files, and a ``.git`` of its own with the one commit, for the agent to use.

    Raises:
        InfrastructureError: the folder is not empty, or the copy fails.
    """
    with fresh_folder(workspace):
        _copy_files(base.files, base_listing(base), workspace)
        shutil.copytree(base.git_dir, workspace / ".git", copy_function=shutil.copyfile)
        (workspace / ".git" / "config").write_text(_WORKSPACE_CONFIG)


@contextmanager
def fresh_folder(folder: Path) -> Iterator[None]:
    """Make sure that a folder is there and empty; failures to write it are the platform's own.

    Raises:
        InfrastructureError: it is not empty, or writing fails inside.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink() or any(folder.iterdir()):
            raise InfrastructureError(f"{folder} must be a fresh, empty folder")
        yield
    except OSError as error:
        raise InfrastructureError(f"{folder} could not be written: {error}") from error


def write_base_file(writer: TreeWriter, source_fd: int, path: bytes, entry: Entry) -> None:
    """Copy one file or link of a listed tree; ``source_fd`` is its root."""
    if entry.mode == LINK:
        writer.link(path, os.readlink(path, dir_fd=source_fd))
    else:
        chunks = read_chunks(os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=source_fd), entry.size)
        writer.write(path, executable=entry.mode == EXECUTABLE, chunks=chunks)


def _copy_files(source: Path, listing: Listing, dest: Path) -> None:
    source_fd = os.open(source, FOLDER)
    try:
        with TreeWriter(dest) as writer:
            for path, entry in listing.items():
                write_base_file(writer, source_fd, path, entry)
    finally:
        os.close(source_fd)


def _reject_links_outside(files: Path, listing: Listing) -> None:
    root = files.resolve()
    for path, entry in listing.items():
        if entry.mode == LINK and not (root / os.fsdecode(path)).resolve().is_relative_to(root):
            raise InputError(f"the code holds a link that leads out of it: {show(path)}")


def _make_repository(building: Path, listing: Listing) -> str:
    git_dir = building / "git"
    for folder in ("objects", "refs/heads", "info"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    (git_dir / "config").write_text(CONFIG)
    (git_dir / "info" / "attributes").write_text(ATTRIBUTES)
    with tempfile.TemporaryFile(dir=building) as stream:
        for chunk in _import_stream(building / "files", listing):
            stream.write(chunk)
        stream.seek(0)
        run_git(git_dir, "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--depth=0", stdin=stream)
    run_git(git_dir, "read-tree", "refs/heads/main")
    return run_git(git_dir, "rev-parse", "refs/heads/main").decode().strip()


def _import_stream(files: Path, listing: Listing) -> Iterator[bytes]:
    """The tree as ``git fast-import`` wants it: every content with its length before it, so none can be a command."""
    root = os.open(files, FOLDER)
    try:
        for number, (path, entry) in enumerate(listing.items(), start=1):
            yield b"blob\nmark :%d\ndata %d\n" % (number, entry.size)
            if entry.mode == LINK:
                yield os.readlink(path, dir_fd=root)
            else:
                yield from read_chunks(open_regular(root, path), entry.size)
            yield b"\n"
        yield _COMMIT
        for number, (path, entry) in enumerate(listing.items(), start=1):
            yield b"M %o :%d %s\n" % (entry.mode, number, quote(path))
    finally:
        os.close(root)


def _record(path: bytes, entry: Entry) -> bytes:
    return b"%o %s %s %d\t%s\0" % (entry.mode, entry.blob.encode(), entry.sha256.encode(), entry.size, path)


@lru_cache(maxsize=16)
def _read_listing(folder: Path, commit: str) -> Listing:
    listing = {}
    for record in (folder / "listing").read_bytes().split(b"\0")[:-1]:
        head, path = record.split(b"\t", 1)
        mode, blob, sha256, size = head.decode().split(" ")
        listing[path] = Entry(int(mode, 8), blob, sha256, int(size))
    return MappingProxyType(dict(sorted(listing.items())))
