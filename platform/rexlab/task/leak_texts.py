"""The texts that a codebase holds: files, notebook cells, archive members, versions in git."""

import bz2
import gzip
import html
import io
import json
import lzma
import os
import re
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

Kind = Literal["copy", "near_copy", "compiled", "history", "notebook"]

LARGEST = 5_000_000
"""Bytes of one file, archive member or version in git that are still searched."""
_MOST_MEMBERS = 20_000
_DEEPEST_ARCHIVE = 2
_COMPILED = (".pyc", ".pyo", ".so", ".pyd", ".nbi", ".nbc")


@dataclass(frozen=True)
class Blob:
    """Something to search: a file, or a part of one."""

    name: str
    """Its path relative to the code; a part follows after ``!``."""
    data: bytes
    kind: Kind | None = None
    """What a find in it is called, where that does not depend on how much is found."""

    @property
    def path(self) -> PurePosixPath:
        """The innermost path: the member's, in an archive."""
        return PurePosixPath(self.name.rpartition("!")[2])

    @property
    def compiled(self) -> bool:
        """Whether this is a compiled module."""
        return self.path.name.endswith(_COMPILED)


def blobs(code: Path, skipped: list[str]) -> Iterator[Blob]:
    """Every file of a folder, with what archives and git repositories in it hold.

    Args:
        code: The folder.
        skipped: Where to note, in words, what could not be searched.
    """
    for folder, names, files in os.walk(code):
        names.sort()
        here = Path(folder)
        for repository in [n for n in names if n == ".git"] + ([""] if _is_bare(names, files) else []):
            yield from _versions(here / repository, code, skipped)
        names[:] = [n for n in names if n != ".git"]
        for name in [*names, *files]:
            if name in (".hg", ".bzr") or (name == ".git" and name in files):
                skipped.append(f"{(here / name).relative_to(code)}: history that is not searched; remove it")
        for name in sorted(files):
            path = here / name
            if path.is_file() and not path.is_symlink():
                yield from _file(path, str(path.relative_to(code)), skipped)


def text_of(blob: Blob) -> str | None:
    """The text to compare, with the same lines as the file where that is possible; None for binary data."""
    text = _decode(blob.data)
    if text is None:
        return None
    suffix = blob.path.suffix.lower()
    if suffix in (".ipynb", ".json", ".jsonl"):
        return _json_strings(text)
    if suffix in (".html", ".htm"):
        return html.unescape(re.sub(r"<[^<>\n]*>", "", text))
    if suffix in (".patch", ".diff", ".rej"):
        return re.sub(r"(?m)^[-+ ]", "", text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _file(path: Path, name: str, skipped: list[str]) -> Iterator[Blob]:
    archive = _opener(name)
    try:
        size = path.stat().st_size
        if size > LARGEST and archive is None:
            skipped.append(f"{name}: {size:,} bytes, more than {LARGEST:,}; not searched")
            return
        with path.open("rb") as file:
            if archive is not None:
                yield from _members(file, name, 1, skipped)
            else:
                yield Blob(name, file.read(), "notebook" if name.endswith(".ipynb") else None)
    except OSError as error:
        skipped.append(f"{name}: cannot be read: {error}")


Opener = Callable[[IO[bytes], str], Iterator[tuple[str, bytes | None]]]
"""Gives the members of an archive; None for one that is too large."""


def _opener(name: str) -> Opener | None:
    lower = name.lower()
    if lower.endswith((".zip", ".whl", ".egg", ".pyz", ".jar", ".npz")):
        return _zip_members
    if lower.endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tar.xz", ".txz")):
        return _tar_members
    if lower.endswith((".gz", ".bz2", ".xz")):
        return _packed
    return None


def _members(file: IO[bytes], name: str, depth: int, skipped: list[str]) -> Iterator[Blob]:
    opener = _opener(name)
    if opener is None:
        return
    try:
        for count, (member, data) in enumerate(opener(file, name)):
            if count >= _MOST_MEMBERS:
                skipped.append(f"{name}: more than {_MOST_MEMBERS:,} members; the rest is not searched")
                return
            inner = f"{name}!{member}"
            if data is None:
                skipped.append(f"{inner}: more than {LARGEST:,} bytes; not searched")
            elif _opener(member) is None:
                yield Blob(inner, data, "notebook" if member.endswith(".ipynb") else None)
            elif depth < _DEEPEST_ARCHIVE:
                yield from _members(io.BytesIO(data), inner, depth + 1, skipped)
            else:
                skipped.append(f"{inner}: an archive in an archive; not searched")
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        skipped.append(f"{name}: cannot be opened: {error}")
    except (tarfile.TarError, lzma.LZMAError, zlib.error) as error:
        skipped.append(f"{name}: cannot be opened: {error}")


def _zip_members(file: IO[bytes], _: str) -> Iterator[tuple[str, bytes | None]]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                with archive.open(info) as member:
                    yield info.filename, _limited(member)


def _tar_members(file: IO[bytes], _: str) -> Iterator[tuple[str, bytes | None]]:
    with tarfile.open(fileobj=file) as archive:
        for info in archive:
            if info.isfile() and (member := archive.extractfile(info)) is not None:
                yield info.name, _limited(member)


def _packed(file: IO[bytes], name: str) -> Iterator[tuple[str, bytes | None]]:
    module = {".gz": gzip, ".bz2": bz2, ".xz": lzma}[PurePosixPath(name.lower()).suffix]
    with module.open(file) as member:
        yield PurePosixPath(name.rpartition("!")[2]).stem, _limited(member)


def _limited(member: IO[bytes]) -> bytes | None:
    data = member.read(LARGEST + 1)
    return data if len(data) <= LARGEST else None


def _is_bare(names: list[str], files: list[str]) -> bool:
    return {"objects", "refs"} <= set(names) and "HEAD" in files


def _versions(repository: Path, code: Path, skipped: list[str]) -> Iterator[Blob]:
    """Every version of every file that a git repository holds, reachable or not."""
    name = str(repository.relative_to(code))
    # Nothing of the user's or the machine's configuration, and the repository may belong to anybody.
    environment = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    git = ["git", f"--git-dir={repository}", "cat-file"]
    try:
        listed = subprocess.run(
            [*git, "--batch-all-objects", "--unordered", "--batch-check"],
            env=environment,
            capture_output=True,
            check=True,
        ).stdout.decode()
        entries = [line.split() for line in listed.splitlines()]
        wanted = [e[0] for e in entries if e[1] == "blob" and int(e[2]) <= LARGEST]
        large = sum(e[1] == "blob" for e in entries) - len(wanted)
        if large:
            skipped.append(f"{name}: {large} versions of more than {LARGEST:,} bytes; not searched")
        content = subprocess.run(
            [*git, "--batch"], env=environment, capture_output=True, check=True, input="\n".join(wanted).encode()
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        skipped.append(f"{name}: git cannot read it: {error}")
        return
    at = 0
    for digest in sorted(wanted, key=wanted.index):
        header_end = content.index(b"\n", at)
        size = int(content[at:header_end].split()[2])
        yield Blob(f"{name}!{digest[:12]}", content[header_end + 1 : header_end + 1 + size], "history")
        at = header_end + 1 + size + 1


def _decode(data: bytes) -> str | None:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")  # takes any byte; code is mostly ASCII, whatever else the file holds


def _json_strings(text: str) -> str:
    """The strings in a JSON document, or in one per line, one after another; the text itself where it is no JSON."""
    try:
        documents = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            documents = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            return text
    found: list[str] = []
    stack = documents[::-1]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            # A notebook keeps a cell's lines as strings that bring their line breaks along.
            found.append(item if item.endswith("\n") else f"{item}\n")
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, dict):
            stack.extend(reversed(item.values()))
    return "".join(found)
