"""What a trial costs a cluster: how many are sent and taken through Redis, and claimed and recorded on PostgreSQL, in a
second, with 1,000 to 100,000 waiting; and from these costs, by simulation, what a thousand workers would saturate.

    python benchmarks/scale.py [--trials 1000,10000,100000] [--workers 4] [--concurrency 2] [--seconds 15]

Needs redis-server and PostgreSQL's programs (Debian: apt-get install redis-server postgresql); it starts servers of its
own, with nothing written through to the disk. Workers are `rexlab worker` whose trials only sleep (`scale_worker.py`).
Sender, workers and both servers share this machine's processors, so that throughput is a lower bound; what each of them
takes of the processor for one trial is measured too.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import psutil
from scale_servers import ROOT, Postgres, RedisServer, both_servers
from scale_simulation import Costs, report
from scale_worker import claim_and_record
from sqlalchemy import Engine, func
from sqlmodel import select

from rexlab.cluster.app import make_app
from rexlab.cluster.keeper import list_key
from rexlab.cluster.send import send, send_run
from rexlab.execution.plan import plan_run
from rexlab.execution.request import RunRequest, spec_of
from rexlab.settings import Settings
from rexlab.store.database import open_engine, reading
from rexlab.store.dispatching import Queued, queued_trials
from rexlab.store.leases import claim, renew
from rexlab.store.models import State, TrialRow
from rexlab.store.queries import cancel_requested
from rexlab.store.records import save_run

SENT_PER_S, RECORDED_PER_S = 200, 100
SLEEP_S = 0.02
SURPLUS = 1200
WARM = 50
"""Trials before counting begins: processes have started and connected by then."""


@dataclass(frozen=True)
class Measured:
    """One store with so many trials waiting."""

    waiting: int
    sent_per_s: float
    recorded_per_s: float
    """Claimed and recorded by processes that do nothing else."""
    whole_per_s: float
    """Taken from Redis, claimed, slept and recorded by workers."""
    broker_ms: float
    """Redis's processor time for one trial; so are the others."""
    database_ms: float
    worker_ms: float


def main() -> None:
    """Measure, print, simulate; exit code 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", default="1000,10000,100000")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--concurrency", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=15.0)
    asked = parser.parse_args()
    counts = [int(text) for text in asked.trials.split(",")]
    with tempfile.TemporaryDirectory() as name, both_servers(Path(name)) as (postgres, broker):
        print(f"{os.cpu_count()} processors, {asked.workers} workers of {asked.concurrency}, trials sleep {SLEEP_S} s")
        titles = ("waiting", "sent/s", "recorded/s", "whole/s", "Redis ms", "PostgreSQL ms", "worker ms")
        print("".join(f"{title:>14}" for title in titles))
        found = []
        for count in counts:
            measured = measure(Path(name), postgres, broker, count, asked)
            found.append(measured)
            rates = (measured.sent_per_s, measured.recorded_per_s, measured.whole_per_s)
            costs = (measured.broker_ms, measured.database_ms, measured.worker_ms)
            print(f"{count:>14,}" + "".join(f"{r:>14.0f}" for r in rates) + "".join(f"{c:>14.2f}" for c in costs))
        print("recorded: claimed and recorded by as many processes as workers, which do nothing else")
        print("whole: taken from Redis by workers, claimed, slept and recorded; ms: processor time for one of these")
        taken = taken_per_s(Path(name), postgres, broker, asked)
        print(f"messages taken by the workers when nothing is left to run: {taken:.0f}/s")
        beat_ms = heartbeat_ms(Path(name), postgres)
        print(f"PostgreSQL's processor time for a renewed lease and a question for cancellation: {beat_ms:.2f} ms")
    held = all(m.sent_per_s >= SENT_PER_S and m.recorded_per_s >= RECORDED_PER_S for m in found) and taken >= SENT_PER_S
    print(f"wanted: {SENT_PER_S} sent/s and taken/s, {RECORDED_PER_S} recorded/s: {'held' if held else 'MISSED'}")
    if len(found) > 1:
        slopes = [f"{slope(found, name):+.3f}" for name in ("sent_per_s", "recorded_per_s", "whole_per_s")]
        print(f"cost of sent, recorded, whole grows as (trials waiting)^s: s = {', '.join(slopes)} (0: constant)")
    last = found[-1]
    report(Costs(last.broker_ms, last.database_ms, beat_ms, 1000 / last.sent_per_s))
    sys.exit(not held)


def measure(folder: Path, postgres: Postgres, broker: RedisServer, count: int, asked: argparse.Namespace) -> Measured:
    """Queue so many trials and some more; record the surplus, send the others, let workers work for some seconds."""
    settings, engine, run_id = planned(folder, postgres, broker, count + SURPLUS)
    recorded = recorded_per_s(settings, engine, run_id, asked.workers)
    began = time.perf_counter()
    send_run(make_app(settings), engine, run_id, "normal")
    sent = count / (time.perf_counter() - began)
    servers = {
        "broker": server_of("redis-server", str(broker.port)),
        "database": server_of("postgres", str(postgres.port)),
    }
    with workers(settings, asked) as pool:
        while finished(engine) < SURPLUS + WARM:
            time.sleep(0.05)
        before, spent = finished(engine), processor_s(servers, pool)
        began = time.perf_counter()
        while time.perf_counter() - began < asked.seconds and finished(engine) < SURPLUS + count:
            time.sleep(0.1)
        seconds = time.perf_counter() - began
        done = finished(engine) - before
        after = processor_s(servers, pool)
    ms = {name: 1000 * (after[name] - spent[name]) / done for name in after}
    engine.dispose()
    return Measured(count, sent, recorded, done / seconds, ms["broker"], ms["database"], ms["workers"])


def recorded_per_s(settings: Settings, engine: Engine, run_id: str, processes: int) -> float:
    """Trials that so many processes claim and record in a second, the first of each not counted."""
    ids = [trial.trial_id for trial in queued_trials(engine, run_id, SURPLUS)]
    shares = [ids[number::processes] for number in range(processes)]
    with get_context("spawn").Pool(processes) as pool:
        pool.starmap(claim_and_record, [(settings.store_url, share[:1]) for share in shares], chunksize=1)
        began = time.perf_counter()
        pool.starmap(claim_and_record, [(settings.store_url, share[1:]) for share in shares], chunksize=1)
        seconds = time.perf_counter() - began
    return (len(ids) - processes) / seconds


def taken_per_s(folder: Path, postgres: Postgres, broker: RedisServer, asked: argparse.Namespace) -> float:
    """Messages of finished trials that the workers take in a second: Redis, Celery, and one look into the store."""
    settings, engine, run_id = planned(folder, postgres, broker, 1)
    with workers(settings, asked):
        app = make_app(settings)
        send_run(app, engine, run_id, "normal")
        while finished(engine) < 1:
            time.sleep(0.05)
        with reading(engine) as session:
            (trial_id,) = session.exec(select(TrialRow.id)).all()
        many = [Queued(trial_id, 0, 256)] * 4000
        began = time.perf_counter()
        send(app, many, "normal")
        with broker.client() as client:
            while client.llen(list_key("cpu", "normal")) or client.hlen("unacked"):
                time.sleep(0.02)
        seconds = time.perf_counter() - began
    engine.dispose()
    return len(many) / seconds


def heartbeat_ms(folder: Path, postgres: Postgres, beats: int = 500) -> float:
    """PostgreSQL's processor time for what a worker at work asks of it now and then."""
    _, engine, run_id = planned(folder, postgres, None, 1)
    with reading(engine) as session:
        (trial_id,) = session.exec(select(TrialRow.id)).all()
    held = claim(engine, trial_id, 600.0)
    assert held is not None
    server = {"database": server_of("postgres", str(postgres.port))}
    before = processor_s(server, [])["database"]
    for _ in range(beats):
        renew(engine, [held], 600.0)
        cancel_requested(engine, run_id)
    spent = processor_s(server, [])["database"] - before
    engine.dispose()
    return 1000 * spent / beats


def planned(folder: Path, postgres: Postgres, broker: RedisServer | None, count: int) -> tuple[Settings, Engine, str]:
    """A new store with a run of so many trials, and an empty broker."""
    if broker is not None:
        broker.flush()
    settings = Settings(
        home=folder / "home",
        tasks_path=str(ROOT / "tests" / "data" / "tasks"),
        sandbox="process",
        database_url=postgres.database(),
        broker_url=broker.url if broker else "redis://127.0.0.1/0",  # type: ignore[arg-type]
    )
    engine = open_engine(settings.store_url)
    request = RunRequest(("moments",), harness="noop", limit=1, trials=count, executor="celery")
    plan = plan_run(spec_of(request, settings))
    save_run(engine, plan.run, plan.variants, plan.agents, plan.trials)
    return settings, engine, plan.run.id


@contextmanager
def workers(settings: Settings, asked: argparse.Namespace) -> Iterator[list[psutil.Process]]:
    """Worker processes, asked to end at the end."""
    assert settings.broker_url is not None
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REXLAB_")} | {
        "REXLAB_HOME": str(settings.home),
        "REXLAB_TASKS_PATH": settings.tasks_path,
        "REXLAB_SANDBOX": settings.sandbox,
        "REXLAB_DATABASE_URL": str(settings.database_url),
        "REXLAB_BROKER_URL": settings.broker_url.get_secret_value(),
        "REXLAB_BENCH_SLEEP_S": str(SLEEP_S),
    }
    command = [sys.executable, str(ROOT / "benchmarks" / "scale_worker.py"), "worker", "--queues", "cpu"]
    command += ["--concurrency", str(asked.concurrency)]
    log = settings.home / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        started = [
            subprocess.Popen(command, env=environment, stdout=output, stderr=output) for _ in range(asked.workers)
        ]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def finished(engine: Engine) -> int:
    """Trials that are recorded."""
    with reading(engine) as session:
        return session.exec(select(func.count()).where(TrialRow.state == State.FINISHED)).one()


def server_of(name: str, port: str) -> psutil.Process:
    """The server process that listens at this port."""
    for process in psutil.process_iter(["name", "cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if process.info["name"] == name and (
            port in words or any(c.laddr.port == int(port) for c in process.net_connections())
        ):
            return process
    raise SystemExit(f"no {name} listens at {port}")


def processor_s(servers: dict[str, psutil.Process], pool: list[psutil.Process]) -> dict[str, float]:
    """Processor time that each has used so far, with its children, in seconds."""
    return {name: tree_s([process]) for name, process in servers.items()} | {"workers": tree_s(pool)}


def tree_s(roots: list[psutil.Process]) -> float:
    """Of these processes and all below them, dead ones that were waited for included."""
    total = 0.0
    for root in roots:
        for process in [root, *root.children(recursive=True)]:
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def slope(found: list[Measured], what: str) -> float:
    """Of the logarithm of a trial's cost over that of the number waiting."""
    waiting = np.log([m.waiting for m in found])
    cost = np.log([1 / getattr(m, what) for m in found])
    return float(np.polyfit(waiting, cost, 1)[0])


if __name__ == "__main__":
    main()
