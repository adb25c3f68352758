"""Background jobs: ``rexlab`` commands that go on when whoever started them has gone, each with a log.

A job is a folder below ``home/jobs``: what was asked (``job.json``), what it printed (``log``), how it ended
(``exit``), and ``lock``, which its processes hold for as long as any of them lives, so that no process id is trusted.
"""

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from rexlab.settings import Settings, require_writable

JobState = Literal["running", "done", "failed", "lost"]
"""``lost``: it left no exit code; killed, or the machine was restarted."""
_SCRIPT = 'trap : INT; "$@" >>"$0/log" 2>&1; echo $? >"$0/exit.part"; mv "$0/exit.part" "$0/exit"'
"""Runs the command and keeps its exit code, after Ctrl-C too; ``$0`` is the job's folder."""
_SECRET = ("REXLAB_UI_TOKEN",)
"""Variables that no job needs."""


@dataclass(frozen=True)
class Job:
    """A command that was started in the background."""

    id: str
    kind: str
    """What it does, in a word: run, check, calibrate."""
    subject: str
    """What it is about: a run's id, a task's folder."""
    arguments: list[str]
    """Of ``rexlab``."""
    started_at: float
    """Seconds since the epoch."""
    pid: int
    """Of the group's leader."""
    folder: str

    @property
    def log(self) -> Path:
        """What it printed so far, both streams."""
        return Path(self.folder) / "log"

    @property
    def exit_code(self) -> int | None:
        """None: it has not ended, or was lost."""
        try:
            return int((Path(self.folder) / "exit").read_text())
        except FileNotFoundError:
            return None

    @property
    def state(self) -> JobState:
        if _is_held(Path(self.folder) / "lock"):
            return "running"
        code = self.exit_code
        return "lost" if code is None else "done" if code == 0 else "failed"


def start_job(settings: Settings, arguments: Sequence[str], *, kind: str, subject: str) -> Job:
    """Start ``rexlab ARGUMENTS`` in a session of its own, in the current folder.

    Raises:
        InputError: the home cannot be written.
    """
    require_writable(settings.home)
    name = f"{time.strftime('%y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
    folder = settings.home / "jobs" / name
    folder.mkdir(parents=True)
    (folder / "log").touch()
    command = [sys.executable, "-c", "from rexlab.cli import main; main()", *arguments]
    environment = {k: v for k, v in os.environ.items() if k not in _SECRET}
    environment |= {"REXLAB_HOME": str(settings.home), "PYTHONUNBUFFERED": "1", "COLUMNS": "120"}
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, str(folder), *command],
            env=environment,
            start_new_session=True,
            pass_fds=[lock.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        job = Job(name, kind, subject, list(arguments), time.time(), process.pid, str(folder))
        beside = folder / "job.json.part"
        beside.write_text(json.dumps(asdict(job)), "utf-8")
        beside.rename(folder / "job.json")
    threading.Thread(target=process.wait, name=f"job {name}", daemon=True).start()  # or it stays a zombie
    return job


def list_jobs(settings: Settings, kind: str | None = None, subject: str | None = None) -> list[Job]:
    """Jobs of this kind about this subject, or all, the newest first."""
    jobs = [_load(folder) for folder in _folders(settings.home / "jobs")]
    wanted = [j for j in jobs if kind in (None, j.kind) and subject in (None, j.subject)]
    return sorted(wanted, key=lambda j: (j.started_at, j.id), reverse=True)


def end_job(job: Job) -> None:
    """Ask a running job to stop, as Ctrl-C does: trials at work are put back, and what is finished stays."""
    if job.state == "running":
        with suppress(ProcessLookupError):
            os.killpg(job.pid, signal.SIGINT)


def _folders(jobs: Path) -> list[Path]:
    """Of jobs whose start was recorded."""
    return [file.parent for file in jobs.glob("*/job.json")]


def _load(folder: Path) -> Job:
    kept = json.loads((folder / "job.json").read_text("utf-8"))
    return Job(**{**kept, "folder": str(folder)})


def _is_held(lock: Path) -> bool:
    """Whether some process holds the lock."""
    try:
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
