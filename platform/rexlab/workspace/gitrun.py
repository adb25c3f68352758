"""Running git on the pristine repository: closed environment, our configuration only, limits on time and memory.

Host-side git is never pointed at a workspace: not at its ``.git``, not at its files. All it sees is the base's bare
repository plus a scratch index and a scratch object folder, so whatever hooks, filters, attributes or configuration an
agent leaves behind are data to it, never instructions.
"""

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from rexlab.errors import InfrastructureError
from rexlab.workspace.held import held_folder, sweep_held
from rexlab.workspace.model import Base
from rexlab.workspace.paths import quote

TIMEOUT_S = 120.0
MEMORY_BYTES = 4 * 1024**3
_MEMORY = Path("/dev/shm")
_PREFIX = "rexlab-git-"

CONFIG = """\
[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogallrefupdates = false
\tattributesFile = /dev/null
\thooksPath = /dev/null
\tautocrlf = false
\tprotectHFS = true
\tprotectNTFS = true
\tbigFileThreshold = 32m
\tpackedGitWindowSize = 64m
\tpackedGitLimit = 512m
[gc]
\tauto = 0
"""

# info/attributes outranks every .gitattributes. No macro, and "!" (unspecified) where git refuses "-".
ATTRIBUTES = "* -text -ident -filter !eol !working-tree-encoding !diff !merge !whitespace !conflict-marker-size\n"


class GitFailedError(Exception):
    """git ended with an error; what that means is for the caller to say."""

    def __init__(self, command: str, code: int, stderr: bytes) -> None:
        lines = stderr.decode("utf-8", "replace").strip().splitlines()
        first = next((line for line in lines if line.startswith(("error: ", "fatal: "))), lines[0] if lines else "")
        self.reason = first.removeprefix("error: ").removeprefix("fatal: ") or f"exit code {code}"
        super().__init__(f"git {command}: {self.reason}")


class GitTimeoutError(GitFailedError):
    """git took longer than any honest patch needs."""

    def __init__(self, command: str) -> None:
        super().__init__(command, -1, b"error: took longer than %d s" % TIMEOUT_S)


@cache
def _git() -> str:
    found = shutil.which("git")
    if found is None:
        raise InfrastructureError("git is not on PATH; install it (Debian: apt-get install git)")
    return found


def _memory_limit() -> tuple[int, int]:
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(hard, MEMORY_BYTES)
    return limit, limit


def run_git(git_dir: Path, *args: str, stdin: bytes | IO[bytes] = b"", extra: dict[str, str] | None = None) -> bytes:
    """Run one git command on a repository of ours and return what it prints; input is bytes or an open file.

    Raises:
        GitFailedError: it ended with an error, or went over the limits.
        InfrastructureError: there is no git.
    """
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        **(extra or {}),
    }
    pipe = subprocess.PIPE
    given, source = (stdin, pipe) if isinstance(stdin, bytes) else (None, stdin)
    with subprocess.Popen(
        [_git(), *args],
        env=env,
        cwd=git_dir,
        stdin=source,
        stdout=pipe,
        stderr=pipe,
        process_group=0,  # an interrupt typed at the terminal is ours: git ended by it looks like a bad patch
    ) as process:
        # Before its input is sent: git allocates what a patch declares.
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, _memory_limit())
        try:
            out, err = process.communicate(given, timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise GitTimeoutError(args[0]) from error
    if process.returncode:
        raise GitFailedError(args[0], process.returncode, err)
    return out


@dataclass(frozen=True)
class Scratch:
    """A private index and object folder over a base; the base itself is only read."""

    base: Base
    folder: Path

    @property
    def objects(self) -> Path:
        """Where new objects go."""
        return self.folder / "objects"

    def git(self, *args: str, stdin: bytes = b"") -> bytes:
        """Run git on the base with this index and these objects."""
        extra = {
            "GIT_INDEX_FILE": str(self.folder / "index"),
            "GIT_OBJECT_DIRECTORY": str(self.objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.fsdecode(quote(os.fsencode(self.base.git_dir / "objects"))),
        }
        return run_git(self.base.git_dir, *args, stdin=stdin, extra=extra)


def _scratch_parent(expected: int) -> Path | None:
    """Memory where it is plentiful (a folder costs milliseconds to remove from some disks), else the usual place."""
    try:
        room = os.statvfs(_MEMORY)
    except OSError:
        return None
    fits = room.f_bavail * room.f_frsize > 4 * expected + 64 * 1024**2
    return _MEMORY if fits and os.access(_MEMORY, os.W_OK) else None


def sweep_scratch() -> list[str]:
    """Remove what killed processes left of these folders; returns their names."""
    return [*sweep_held(_PREFIX, _MEMORY), *sweep_held(_PREFIX)]


@contextlib.contextmanager
def scratch(base: Base, expected: int) -> Iterator[Scratch]:
    """A scratch index that starts as the base's, and room for ``expected`` bytes of objects; gone afterwards."""
    with held_folder(_PREFIX, _scratch_parent(expected)) as folder:
        made = Scratch(base, folder)
        made.objects.mkdir()
        shutil.copyfile(base.git_dir / "index", made.folder / "index")
        yield made
