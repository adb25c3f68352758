"""A small cluster to break: a Redis, a database, workers, a run that its trials make last, and eyes on all of it."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, create_engine, text
from tests.support.cluster import WorkerProcess, await_that
from tests.support.redis import RedisServer
from tests.support.shell import Shell

HARNESSES = Path(__file__).parent / "harnesses"
LEASE_S = 3
PHASES = ("prepare", "solve", "grade")
_SOLVE_S, _GRADE_S = 0.8, 0.2
_WORK = re.compile(r"/work/([^/]+-\d+)-\d+/(\w+)")


class Bench:
    """What a scenario works with. ``finish`` waits for the run's end; ``tests.faults.verdict`` then judges."""

    def __init__(self, folder: Path, broker: RedisServer, database_url: str, sandbox: str = "bubblewrap") -> None:
        self.folder, self.broker, self.sandbox = folder, broker, sandbox
        self.tmp, self._bin = folder / "tmp", folder / "bin"
        self.tmp.mkdir(parents=True)
        self.shell = Shell(
            folder,
            {
                "REXLAB_BROKER_URL": broker.url,
                "REXLAB_DATABASE_URL": database_url,
                "REXLAB_HARNESSES_PATH": str(HARNESSES),
                "REXLAB_LEASE_S": str(LEASE_S),
                "REXLAB_SANDBOX": sandbox,
                "TMPDIR": str(self.tmp),
            },
        )
        url = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.store: Engine = create_engine(url, pool_pre_ping=True, isolation_level="AUTOCOMMIT")
        self.workers: list[WorkerProcess] = []
        self.watching: subprocess.Popen[bytes] | None = None
        self._watch_log = folder / "watching.log"
        self.seen: list[str] = []
        """What the scenario noticed, for the table."""

    @property
    def home(self) -> Path:
        return self.shell.home

    def close(self) -> None:
        """End everything, whatever state it is in."""
        self.open_gate()
        if self.watching is not None:
            self.watching.kill()
            self.watching.wait()
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.signal_all(signal.SIGKILL)
            worker.process.wait()
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.store.dispose()

    # workers and runs

    def worker(
        self, name: str, *, concurrency: int = 1, below: Sequence[str] = (), wait: bool = True, **variables: str
    ) -> WorkerProcess:
        """Start one, with variables of its own; below ``unshare`` it can be another machine's."""
        shell = Shell(self.folder, {**self.shell.variables, **variables})
        log = self.folder / f"{name}.log"
        started = WorkerProcess(shell, log, "--concurrency", str(concurrency), "--queues", "cpu", below=below)
        self.workers.append(started)
        if wait:
            started.await_ready()
        return started

    def run(self, *, trials: int = 1, limit: int = 2, solve_s: float = _SOLVE_S, grade_s: float = _GRADE_S) -> None:
        """Plan a run of ``limit`` variants, each ``trials`` times; send and watch it."""
        self.command(
            *("run", "moments", "--harness", "steady", "--masks", "1", "--limit", str(limit), "--trials", str(trials)),
            *("--param", f"steady.solve_s={solve_s}", "--param", f"steady.grade_s={grade_s}", "--executor", "celery"),
        )
        await_that(lambda: "sent to the workers" in self._watch_log.read_text() or self._ended())

    def command(self, *arguments: str) -> None:
        """A command that watches a run."""
        with self._watch_log.open("w") as log:
            self.watching = subprocess.Popen(
                [self.shell.command, *arguments],
                cwd=self.folder,
                env=self.shell.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _ended(self) -> bool:
        return self.watching is not None and self.watching.poll() is not None

    def finish(self, code: int = 0, patience_s: float = 90) -> str:
        """Wait until the watching has ended; what it said."""
        deadline = time.monotonic() + patience_s
        while not self._ended():
            assert time.monotonic() < deadline, f"the run does not end: {self.trials()}\n{self.said()}"
            time.sleep(0.1)
        said = self._watch_log.read_text()
        assert self.watching is not None
        assert self.watching.returncode == code, f"{self.watching.returncode}: {said}\n{self.said()}"
        assert "Traceback" not in said, said
        return said

    def said(self) -> str:
        """What all workers printed."""
        return "\n".join(f"--- {w.log.name}\n{w.said}" for w in self.workers)

    # what the store says

    def ask(self, query: str, **values: Any) -> list[Any]:
        """Rows of the store, as another program would read them."""
        with self.store.connect() as connection:
            return list(connection.execute(text(query), values).mappings().all())

    def trials(self) -> list[Any]:
        return self.ask("SELECT * FROM trial ORDER BY position")

    def trial(self, trial_id: str) -> Any:
        return self.ask("SELECT * FROM trial WHERE id = :id", id=trial_id)[0]

    def messages(self) -> list[str]:
        """Ids of the trials whose messages wait in Redis."""
        with self.broker.client() as client:
            lists = [str(key) for key in client.scan_iter("rexlab.*") if client.type(key) == "list"]
            waiting = [json.loads(text) for key in lists for text in client.lrange(key, 0, -1)]
        return [message["headers"]["id"] for message in waiting]

    def taken_messages(self) -> list[str]:
        """Ids of the trials whose messages Redis keeps for whoever took them, and gives out again hours later."""
        with self.broker.client() as client:
            return [json.loads(text)[0]["headers"]["id"] for text in client.hvals("unacked")]

    def events(self, trial_id: str) -> list[Any]:
        return self.ask("SELECT * FROM event WHERE trial_id = :id ORDER BY id", id=trial_id)

    # where a trial is

    def shut_gate(self) -> dict[str, str]:
        """Variables of a worker whose git waits until ``open_gate``: so long it prepares."""
        git = shutil.which("git")
        self._bin.mkdir(exist_ok=True)
        (self._bin / "shut").touch()
        wrapper = self._bin / "git"
        wrapper.write_text(
            f"#!/bin/sh\ntouch {self._bin}/reached\n"
            f'while [ -e {self._bin}/shut ]; do sleep 0.05; done\nexec {git} "$@"\n'
        )
        wrapper.chmod(0o755)
        return {"PATH": f"{self._bin}:{os.environ['PATH']}"}

    def open_gate(self) -> None:
        (self._bin / "shut").unlink(missing_ok=True)

    def await_phase(self, worker: WorkerProcess, phase: str, chance: random.Random | None = None) -> str:
        """Wait until a trial of this worker is in the phase (a seeded number of looks more); its id."""
        looks = 1 + (chance.randrange(5) if chance else 0)
        found = ""

        def reached() -> bool:
            nonlocal looks, found
            found = self._at(worker, phase)
            looks -= bool(found)
            return looks <= 0

        await_that(reached)
        return found

    def _at(self, worker: WorkerProcess, phase: str) -> str:
        claimed = self._claimed(worker)
        if phase == "prepare":
            waits = (self._bin / "reached").exists()
            return next((trial for trial, solved in claimed.items() if waits and not solved), "")
        at_work = self.at_work(worker)
        return next((trial for trial in claimed if at_work.get(trial) == phase), "")

    def _claimed(self, worker: WorkerProcess) -> dict[str, bool]:
        """Trials that processes of this worker have claimed, and whether the agent's patch is in the store."""
        pids = {str(p) for p in self.pids(worker)}
        return {
            t["id"]: t["solved_at"] is not None
            for t in self.trials()
            if t["state"] == "running" and t["lease_owner"].rsplit("|", 2)[1] in pids
        }

    def pids(self, worker: WorkerProcess) -> list[int]:
        """The worker's processes: the first one, its pool, all they started."""
        try:
            first = psutil.Process(worker.process.pid)
            return [first.pid, *(p.pid for p in first.children(recursive=True))]
        except psutil.NoSuchProcess:
            return []

    def pool(self, worker: WorkerProcess) -> list[int]:
        """The processes that run its trials."""
        return [p.pid for p in psutil.Process(worker.process.pid).children()]

    def at_work(self, worker: WorkerProcess) -> dict[str, str]:
        """Trials of which a program runs in a sandbox now: ``solve``, or ``grade``."""
        if self.sandbox == "docker":
            running = [name for name, state in self.containers().items() if state == "running"]
            return {"-".join(n.split("-")[:3]): "solve" if n.endswith("-agent") else "grade" for n in running}
        found = {}
        for process in self.bubblewraps(worker):
            with suppress(psutil.NoSuchProcess):
                place = _WORK.search(" ".join(process.cmdline()))
                if place and len(process.children(recursive=True)) > 1:  # the program's own, below bubblewrap's two
                    found[place[1]] = "grade" if place[2] == "grade" else "solve"
        return found

    def bubblewraps(self, worker: WorkerProcess) -> list[psutil.Process]:
        """The outermost process of each of the worker's sandboxes."""
        found = []
        for pid in self.pids(worker):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                parent = process.parent()
                if process.name() == "bwrap" and parent and parent.name() != "bwrap":
                    found.append(process)
        return found

    def containers(self) -> dict[str, str]:
        """Containers of this bench's run: name to state."""
        runs = tuple({t["run_id"] for t in self.trials()})
        form = '{{.Label "rexlab.name"}} {{.State}}'
        done = subprocess.run(
            ["docker", "ps", "-a", "--filter", "label=rexlab=1", "--format", form],
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(line.rsplit(" ", 1) for line in done.stdout.splitlines() if line.startswith(runs))

    def processes(self) -> list[psutil.Process]:
        """Every process that was started for this bench: by its variables, its command line or its folder."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                told = [*process.environ().values(), *process.cmdline(), process.cwd()]
                if process.pid != os.getpid() and any(str(self.folder) in word for word in told):
                    found.append(process)
        return found
