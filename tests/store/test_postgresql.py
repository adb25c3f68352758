"""PostgreSQL: bad settings are told in a line, a restart is waited for, writers keep out of each other's way."""

import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from tests.support.postgres import Postgres, postgres_server
from tests.support.stored import plan_run

from rexlab.errors import InputError, StoreError
from rexlab.gateway.process import start_gateway
from rexlab.settings import Settings
from rexlab.store.changes import revisions
from rexlab.store.database import open_engine, reading, writing
from rexlab.store.leases import claim, release, renew, requeue_dead
from rexlab.store.models import EventRow, Outcome, RunRow, TrialRow
from rexlab.store.queries import events_of, find_trial, list_trials, unfinished_trials
from rexlab.store.records import cancel_queued, queue_retries, save_result, save_run

pytestmark = pytest.mark.postgres
MOST_S = 5.0
SECRET = "hush-hush"


@pytest.fixture
def url(postgres_url: str) -> str:
    """Here, stores in PostgreSQL alone."""
    return postgres_url


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """A server that may be stopped."""
    with postgres_server() as server:
        yield server


def refusal(url: str) -> str:
    """What is said of a store that cannot be opened; it takes no longer than a person waits."""
    began = time.monotonic()
    with pytest.raises(StoreError) as error:
        open_engine(url)
    assert time.monotonic() - began < MOST_S
    sentence = str(error.value)
    assert "\n" not in sentence
    for secret in (SECRET, make_url(url).password):
        assert secret is None or secret not in sentence
    return sentence


def test_a_port_where_nobody_listens_is_told(url: str) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        for host in ("127.0.0.1", "localhost"):
            said = refusal(f"postgresql://me:{SECRET}@{host}:{port}/db")
            assert said.startswith(f"cannot open the store postgresql://me:***@{host}:{port}/db: ")
            assert "Connection refused" in said


def test_a_host_that_has_no_address_is_told() -> None:
    said = refusal(f"postgresql://me:{SECRET}@no-such-host.invalid/db")
    assert said.startswith("cannot open the store postgresql://me:***@no-such-host.invalid/db: ")
    assert "resolve" in said or "not known" in said


@contextmanager
def black_hole() -> Iterator[int]:
    """A port whose machine swallows whatever is sent to it: the queue of those who wait for an answer is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def test_a_host_that_swallows_everything_and_one_that_says_nothing_are_told() -> None:
    with black_hole() as port:
        assert refusal(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db").endswith("connection timeout expired")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        assert refusal(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db").endswith("connection timeout expired")


def test_a_wrong_password_and_a_missing_database_are_told(postgres: Postgres) -> None:
    right = make_url(postgres.url("postgres"))
    wrong = right.set(password=SECRET).render_as_string(hide_password=False)
    assert refusal(wrong).endswith('FATAL:  password authentication failed for user "rexlab"')
    missing = right.set(database="nowhere").render_as_string(hide_password=False)
    assert refusal(missing).endswith('FATAL:  database "nowhere" does not exist')


def test_a_password_in_the_query_is_never_shown(postgres: Postgres) -> None:
    place = f"127.0.0.1:{postgres.port}/postgres?user=rexlab&"
    said = refusal(f"postgresql://{place}password={SECRET}")
    assert said.startswith(f"cannot open the store postgresql://{place}password=***: ")
    with pytest.raises(InputError) as error:
        open_engine(f"postgresql://host:port/db?password={SECRET}")
    assert SECRET not in str(error.value)
    with pytest.raises(InputError) as error:
        open_engine(f"mysql://me:{SECRET}@host/db")
    assert str(error.value).endswith("mysql://me:***@host/db' cannot be used: rexlab stores in SQLite or PostgreSQL")


def test_the_password_may_be_in_the_query(url: str) -> None:
    parsed = make_url(url)
    place = f"{parsed.host}:{parsed.port}/{parsed.database}"
    engine = open_engine(f"postgresql+psycopg://{place}?user={parsed.username}&password={parsed.password}")
    assert revisions(engine) == {}
    engine.dispose()


def test_a_plain_address_is_opened_with_the_driver_that_is_there_and_the_connections_have_a_name(url: str) -> None:
    engine = open_engine(url.replace("postgresql+psycopg://", "postgresql://"))
    with reading(engine) as session:
        assert session.connection().execute(text("SHOW application_name")).scalar() == "rexlab"
    engine.dispose()
    engine = open_engine(f"{url}?application_name=mine")
    with reading(engine) as session:
        assert session.connection().execute(text("SHOW application_name")).scalar() == "mine"
    engine.dispose()


def test_a_reader_sees_one_moment_and_cannot_write(engine: Engine, plan: Callable[..., list[str]]) -> None:
    plan(1)
    with reading(engine) as reader:
        before = reader.get(RunRow, "r1")
        assert before is not None
        plan(1, "r2")
        assert reader.get(RunRow, "r2") is None
    with pytest.raises(StoreError, match="read-only transaction"), reading(engine) as reader:
        reader.add(EventRow(trial_id="r1-00001", at=0, kind="x"))
        reader.flush()


def test_text_that_postgresql_cannot_hold_is_kept_without_it(engine: Engine, plan: Callable[..., list[str]]) -> None:
    (trial, *_) = plan(1)
    with writing(engine) as session:
        session.add(EventRow(trial_id=trial, at=0, kind="x", message="a\0b\N{SNOWMAN}"))
        row = session.get(TrialRow, trial)
        assert row is not None
        row.claims = {"a\0": "\0", "\ud800": 1}
        row.detail = "\0"
        session.add(row)
    assert events_of(engine, trial)[0].message == "a\N{REPLACEMENT CHARACTER}b\N{SNOWMAN}"
    found = find_trial(engine, trial).trial
    assert (found.claims, found.detail) == ({"a\0": "\0", "\ud800": 1}, "\N{REPLACEMENT CHARACTER}")


def in_threads(*tasks: Callable[[], object]) -> list[object]:
    """Start all at one moment; their results, or what they raised."""
    gate = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> object:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [future.result() for future in [pool.submit(run, task) for task in tasks]]


def test_two_retries_at_one_moment_queue_every_trial_once(engine: Engine) -> None:
    ids = plan_run(engine, trials=20)
    for trial in ids:
        held = claim(engine, trial, 60.0)
        assert held is not None
        save_result(engine, held, outcome=Outcome.INFRA_ERROR, detail="", timings={}, flags=[], sandbox="")
    new = in_threads(*[lambda: queue_retries(engine, "r1", [Outcome.INFRA_ERROR])] * 4)
    assert sorted(map(len, new)) == [0, 0, 0, 20]  # type: ignore[arg-type]
    replaced = Counter(r.trial.replaces_id for r in list_trials(engine, ["r1"]))
    assert replaced == Counter(ids)


def test_runs_planned_at_one_moment_share_their_variants_and_agents(
    engine: Engine, plan: Callable[..., list[str]]
) -> None:
    def save(number: int) -> None:
        variants, agents = plan.variants(), plan.agents()  # type: ignore[attr-defined]
        many = [v.model_copy(update={"id": f"v{n}"}) for n in range(50) for v in variants[:1]]
        trial = TrialRow(id=f"r{number}-1", run_id=f"r{number}", position=1, variant_id="v0", agent_id="a1", attempt=1,
                         seed=2**32 - 1)  # fmt: skip
        save_run(engine, plan.run(f"r{number}"), many[:: (-1) ** number], agents, [trial])  # type: ignore[attr-defined]

    in_threads(*[lambda n=n: save(n) for n in range(6)])  # type: ignore[misc]
    assert sorted(revisions(engine)) == [f"r{n}" for n in range(6)]
    assert find_trial(engine, "r0-1").trial.seed == 2**32 - 1


def test_writers_of_all_kinds_at_one_moment_neither_block_nor_overwrite_each_other(engine: Engine) -> None:
    """All at once, over and over, on the same rows: every trial ends once, and the run counts every end."""
    ids = plan_run(engine, trials=120)
    recorded: list[str] = []
    done = threading.Event()

    def work() -> None:
        try:
            take_all()
        finally:
            done.set()

    def take_all() -> None:
        for trial in ids:
            held = claim(engine, trial, 60.0)
            if held is None:
                continue
            renew(engine, [held], 60.0)
            if len(recorded) % 7 == 3:
                release(engine, held, "stopped")
                held = claim(engine, trial, 60.0)
                if held is None:
                    continue
            save_result(engine, held, outcome=Outcome.PASSED, detail="", timings={}, flags=[], sandbox="")
            recorded.append(trial)

    def keep() -> None:
        while not done.is_set():
            assert requeue_dead(engine, "r1") == []

    def cancel() -> int:
        while len(recorded) < 50 and not done.wait(0.005):
            pass
        return cancel_queued(engine, "r1")

    cancelled = in_threads(work, work, work, keep, cancel)[-1]
    outcomes = Counter(r.outcome for r in list_trials(engine, ["r1"]))
    assert len(recorded) == len(set(recorded)) == outcomes[Outcome.PASSED]
    assert outcomes[Outcome.CANCELLED] == cancelled
    assert outcomes.total() == 120
    assert not outcomes[None]
    assert revisions(engine)["r1"] == len(recorded) + 1


def test_a_restarted_server_is_waited_for(own_server: Postgres) -> None:
    engine = open_engine(own_server.database())
    ids = plan_run(engine, trials=4)
    held = claim(engine, ids[0], 60.0)
    assert held is not None
    own_server.restart()
    assert renew(engine, [held], 60.0) == [held]  # the connections that were kept are dead, and replaced
    own_server.stop(signal.SIGQUIT)  # as if it had crashed
    later = threading.Timer(1.0, own_server.start)
    later.start()
    try:
        save_result(engine, held, outcome=Outcome.PASSED, detail="", timings={}, flags=[], sandbox="")
    finally:
        later.join()
    assert find_trial(engine, ids[0]).trial.outcome is Outcome.PASSED
    assert unfinished_trials(engine, "r1") == ids[1:]
    engine.dispose()


def test_a_server_that_stays_away_is_a_store_error(own_server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rexlab.store.postgresql.RETURN_S", 0.5)
    engine = open_engine(own_server.database())
    own_server.stop()
    with pytest.raises(StoreError, match=r"^the store refused a write: .*Connection refused$"):
        claim(engine, "r1-00001", 60.0)
    with pytest.raises(StoreError, match=r"^the store cannot be read: .*Connection refused$"):
        unfinished_trials(engine, "r1")
    engine.dispose()


def test_a_transaction_that_a_restart_breaks_off_is_an_error_and_leaves_nothing(own_server: Postgres) -> None:
    engine = open_engine(own_server.database())
    (trial, *_) = plan_run(engine, trials=1)
    with pytest.raises(StoreError, match=r"^the store refused a write: "), writing(engine) as session:
        session.add(EventRow(trial_id=trial, at=0, kind="x"))
        session.flush()
        own_server.restart()
    assert events_of(engine, trial) == []
    engine.dispose()


def test_an_engine_may_be_used_on_both_sides_of_a_fork(engine: Engine) -> None:
    ids = plan_run(engine, trials=30)
    children = []
    for number in range(3):
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                won = [trial for trial in ids if claim(engine, trial, 60.0)]
                code = 0 if len(won) <= 30 else 2
            finally:
                os._exit(code)
        children.append(pid)
        assert len(list_trials(engine, ["r1"])) == 30, number
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0, 0]
    assert unfinished_trials(engine, "r1") == []
    assert all(len(events_of(engine, trial)) == 1 for trial in ids)


def test_a_password_that_stands_in_the_environment_reaches_the_gateway_too(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = str(make_url(url).password)
    monkeypatch.setenv("PGPASSWORD", password)
    bare = url.replace(f":{password}@", "@")
    open_engine(bare).dispose()
    with start_gateway(Settings(home=tmp_path, database_url=bare)) as gateway:
        assert gateway is not None
