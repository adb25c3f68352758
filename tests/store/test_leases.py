"""Leases: one worker per trial, whatever threads, processes and deaths come between."""

import os
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from sqlalchemy import Engine, text
from tests.support.stored import plan_run

from rexlab.store import leases
from rexlab.store.database import open_engine
from rexlab.store.leases import (
    Claim,
    LeaseLostError,
    claim,
    is_dead,
    release,
    renew,
    requeue_dead,
    this_process,
)
from rexlab.store.models import Outcome, State
from rexlab.store.queries import events_of, find_trial, unfinished_trials
from rexlab.store.records import save_result, save_solved

LEASE_S = 60.0
Plan = Callable[..., list[str]]


def taken(engine: Engine, trial_id: str, lease_s: float = LEASE_S) -> Claim:
    held = claim(engine, trial_id, lease_s)
    assert held is not None
    return held


def finish(engine: Engine, held: Claim, outcome: Outcome = Outcome.PASSED) -> None:
    save_result(engine, held, outcome=outcome, detail="done", timings={}, flags=[], sandbox="process")


def expire(engine: Engine, trial_id: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE trial SET lease_expires = 1 WHERE id = :id"), {"id": trial_id})


def state(engine: Engine, trial_id: str) -> State:
    return find_trial(engine, trial_id).trial.state


def test_a_claim_takes_a_queued_trial_and_marks_it(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    before = time.time()
    assert taken(engine, trial) == Claim(trial, 1, solved=False)
    row = find_trial(engine, trial).trial
    assert (row.state, row.lease_owner, row.lease_epoch) == (State.RUNNING, this_process(), 1)
    assert row.started_at is not None
    assert row.lease_expires is not None
    assert before <= row.started_at <= time.time()
    assert row.lease_expires == pytest.approx(row.started_at + LEASE_S)
    assert [e.kind for e in events_of(engine, trial)] == ["claimed"]


def test_a_trial_at_work_a_finished_and_an_unknown_one_cannot_be_claimed(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    assert claim(engine, trial, LEASE_S) is None
    finish(engine, held)
    assert claim(engine, trial, LEASE_S) is None
    expire(engine, trial)
    assert claim(engine, trial, LEASE_S) is None
    assert claim(engine, "r1-99999", LEASE_S) is None


def test_threads_that_race_claim_each_trial_once(engine: Engine, plan: Plan) -> None:
    ids = plan(30)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda i: claim(engine, i, LEASE_S), ids * 4))
    assert Counter(c.trial_id for c in claims if c) == dict.fromkeys(ids, 1)


RACE = """
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.queries import unfinished_trials
engine = open_engine(arguments[0])
won = [t for t in unfinished_trials(engine, "r1") if claim(engine, t, 60.0)]
print(" ".join(won) or "-")
"""


def test_processes_that_race_claim_each_of_200_trials_once(
    engine: Engine, url: str, plan: Plan, in_processes: Callable[..., list[str]]
) -> None:
    ids = plan(200)
    won = in_processes(4, RACE, url)
    assert len(won) == 4
    assert Counter(t for line in won for t in line.split() if t != "-") == dict.fromkeys(ids, 1)
    owners = {find_trial(engine, t).trial.lease_owner for line in won for t in line.split()[:1] if t != "-"}
    assert len(owners) == sum(line != "-" for line in won)
    assert unfinished_trials(engine, "r1") == []
    assert all(len(events_of(engine, t)) == 1 for t in ids)


def test_an_expired_lease_can_be_claimed_and_raises_the_epoch(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    taken(engine, trial)
    expire(engine, trial)
    assert taken(engine, trial).epoch == 2
    assert claim(engine, trial, LEASE_S) is None
    assert [e.kind for e in events_of(engine, trial)] == ["claimed", "interrupted", "claimed"]


def save_patch(engine: Engine, held: Claim) -> None:
    save_solved(
        engine,
        held,
        agent_outcome=None,
        detail="",
        timings={"solve": 1.0},
        claims=None,
        claims_problem="",
        mutations=None,
        usage=None,
        selection=None,
        file_recall=None,
        notes=[],
        artifacts=[],
    )


def test_a_worker_that_lost_its_lease_cannot_record_anything(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    stale = taken(engine, trial)
    expire(engine, trial)
    fresh = taken(engine, trial)
    for write in (finish, save_patch):
        with pytest.raises(LeaseLostError, match=f"^trial {trial}: another worker has it now; this result is dropped$"):
            write(engine, stale)
    release(engine, stale, "stopped")
    row = find_trial(engine, trial).trial
    assert (row.state, row.outcome, row.solved_at, row.lease_epoch) == (State.RUNNING, None, None, 2)
    finish(engine, fresh, Outcome.WRONG_RESULT)
    with pytest.raises(LeaseLostError):
        finish(engine, stale)
    assert find_trial(engine, trial).trial.outcome is Outcome.WRONG_RESULT


def test_a_trial_is_finished_once_even_by_its_own_worker(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    finish(engine, held)
    with pytest.raises(LeaseLostError):
        finish(engine, held, Outcome.INFRA_ERROR)
    assert find_trial(engine, trial).trial.outcome is Outcome.PASSED


def test_a_worker_whose_trial_went_back_to_the_queue_cannot_record(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    stale = taken(engine, trial)
    expire(engine, trial)
    assert requeue_dead(engine, "r1") == [trial]
    with pytest.raises(LeaseLostError):
        finish(engine, stale)
    assert state(engine, trial) is State.QUEUED


def test_a_late_worker_whose_trial_nobody_took_may_still_record(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    expire(engine, trial)
    finish(engine, held)
    assert find_trial(engine, trial).trial.outcome is Outcome.PASSED


def test_renewing_pushes_the_end_back_and_tells_what_is_lost(engine: Engine, plan: Plan) -> None:
    first, second, third, fourth = plan(4)
    kept, finished, lost, stale = (taken(engine, t) for t in (first, second, third, fourth))
    finish(engine, finished)
    with engine.begin() as connection:
        connection.execute(text("UPDATE trial SET lease_owner = 'other|1|1.00' WHERE id = :id"), {"id": third})
    expire(engine, fourth)
    taken(engine, fourth)
    expire(engine, first)
    assert renew(engine, [kept, finished, lost, stale], LEASE_S) == [kept]
    assert renew(engine, [], LEASE_S) == []
    assert claim(engine, first, LEASE_S) is None
    assert find_trial(engine, third).trial.lease_owner == "other|1|1.00"


def test_a_released_trial_is_queued_again_and_says_why(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    release(engine, taken(engine, trial), "rexlab was stopped")
    row = find_trial(engine, trial).trial
    assert (row.state, row.lease_owner, row.lease_expires) == (State.QUEUED, None, None)
    assert [(e.kind, e.message) for e in events_of(engine, trial)][1:] == [("interrupted", "rexlab was stopped")]
    assert taken(engine, trial).epoch == 2


def test_a_solved_trial_is_claimed_as_solved_after_an_interruption(engine: Engine, plan: Plan) -> None:
    (trial, *_) = plan(1)
    held = taken(engine, trial)
    save_patch(engine, held)
    release(engine, held, "stopped")
    assert taken(engine, trial) == Claim(trial, 2, solved=True)


WORK = """
import sys, time
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
engine = open_engine(sys.argv[1])
for trial in sys.argv[2:]:
    claim(engine, trial, 3600.0)
print("working", flush=True)
time.sleep(600)
"""


def test_trials_of_a_killed_process_are_queued_again_and_those_of_live_ones_are_not(
    engine: Engine, url: str, plan: Plan, start_python: Callable[..., "subprocess.Popen[str]"]
) -> None:
    ids = plan(4)
    worker = start_python(WORK, url, *ids[:2])
    assert worker.stdout is not None
    assert worker.stdout.readline() == "working\n"
    mine = taken(engine, ids[2])
    owner = find_trial(engine, ids[0]).trial.lease_owner
    assert owner is not None
    assert not is_dead(owner)
    assert requeue_dead(engine, "r1") == []
    worker.kill()
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet waited for: a zombie
    assert is_dead(owner)
    worker.wait()
    assert is_dead(owner)
    assert requeue_dead(engine, "other") == []
    assert requeue_dead(engine, "r1") == ids[:2]
    assert [state(engine, t) for t in ids] == [State.QUEUED, State.QUEUED, State.RUNNING, State.QUEUED]
    assert [e.message for e in events_of(engine, ids[0])][1:] == [f"its worker {owner} is gone"]
    finish(engine, mine)


def test_a_process_is_told_from_another_with_its_pid_and_from_one_elsewhere() -> None:
    host, pid, started = this_process().rsplit("|", 2)
    assert (host, pid) == (socket.gethostname(), str(os.getpid()))
    assert not is_dead(this_process())
    assert is_dead(f"{host}|{pid}|{float(started) - 1000:.2f}")
    assert not is_dead(f"another-{host}|{pid}|1.00")
    assert not is_dead("||")


@pytest.mark.parametrize("step_s", [600.0, -600.0])
def test_setting_the_clock_does_not_kill_a_live_worker(monkeypatch: pytest.MonkeyPatch, step_s: float) -> None:
    owner = this_process()
    booted, began = psutil.boot_time(), psutil.Process().create_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: booted + step_s)  # as the kernel tells it from then on
    assert psutil.Process().create_time() == pytest.approx(began + step_s, abs=5)
    assert not is_dead(owner)
    host, pid, started = owner.rsplit("|", 2)
    assert not is_dead(f"{host}|{pid}|{float(started) + 1.5:.2f}")


def test_a_forked_process_is_a_process_of_its_own(in_processes: Callable[..., list[str]]) -> None:
    names = in_processes(3, "print(rexlab.store.leases.this_process())")
    assert len(names) == 3
    assert len({this_process(), *names}) == 4


def test_the_lease_of_a_process_elsewhere_is_waited_for(
    engine: Engine, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    (trial, *_) = plan(1)
    monkeypatch.setattr(leases, "this_process", lambda: "another-machine|7|1.00")
    taken(engine, trial)
    assert requeue_dead(engine, "r1") == []
    expire(engine, trial)
    assert requeue_dead(engine, "r1") == [trial]


@pytest.mark.postgres
@pytest.mark.parametrize("off_s", [600, -600])
def test_on_postgresql_the_database_says_how_late_it_is(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, off_s: float
) -> None:
    opened = open_engine(postgres_url)
    (trial,) = plan_run(opened, trials=1)
    held = taken(opened, trial)
    true = time.time
    with monkeypatch.context() as machine:
        machine.setattr(time, "time", lambda: true() + off_s)
        assert requeue_dead(opened, "r1") == []
        assert claim(opened, trial, LEASE_S) is None
        assert renew(opened, [held], LEASE_S) == [held]
    expires = find_trial(opened, trial).trial.lease_expires
    assert expires is not None
    assert expires - true() == pytest.approx(LEASE_S, abs=30)
    opened.dispose()
