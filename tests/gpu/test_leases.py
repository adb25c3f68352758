"""Leases exclude each other over threads and processes, end with their holder, and never come by halves."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.gpus import fake_gpu, uuid_of

from rexlab.errors import InputError
from rexlab.gpu.leases import GpuPool, Need, WaitEndedError, leases_now
from rexlab.store.leases import this_process

HOLD = """
import sys, time
from pathlib import Path
from tests.support.gpus import fake_gpu
from rexlab.gpu.leases import GpuPool, Need
pool = GpuPool([fake_gpu(i) for i in range(int(sys.argv[2]))], Path(sys.argv[1]))
with pool.lease(Need(int(sys.argv[3])), sys.argv[4]) as gpus:
    print(*(gpu.index for gpu in gpus), flush=True)
    exec(sys.argv[5])
"""
ROOT = Path(__file__).parents[2]


def pool_in(folder: Path, count: int = 2, slots: int = 1) -> GpuPool:
    return GpuPool([fake_gpu(index) for index in range(count)], folder, slots)


def hold(folder: Path, count: int, need: int, then: str = "sys.stdin.read()") -> "subprocess.Popen[str]":
    """A process that has its lease, and keeps it until its standard input ends."""
    line = [sys.executable, "-c", HOLD, str(folder), str(count), str(need), "t-other", then]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline().strip()
    return process


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def is_full(pool: GpuPool, need: int = 1) -> bool:
    """Whether a lease cannot be had at once."""
    try:
        with pool.lease(Need(need), "asking", cancelled=lambda: True):
            return False
    except WaitEndedError:
        return True


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def test_a_task_without_gpus_is_leased_none_and_no_folder_is_made(tmp_path):
    with GpuPool([], tmp_path / "locks").lease(Need(0), "t-1") as gpus:
        assert gpus == ()
    assert not (tmp_path / "locks").exists()


def test_threads_of_one_process_exclude_each_other(tmp_path):
    pool = pool_in(tmp_path, 1)
    with pool.lease(Need(1), "t-1"):
        assert is_full(pool)
    assert not is_full(pool)


def test_processes_exclude_each_other_and_kill_gives_back(tmp_path):
    holder = hold(tmp_path, 2, 1)
    pool = pool_in(tmp_path)
    with pool.lease(Need(1), "t-1") as gpus:
        assert [gpu.index for gpu in gpus] == [1], "the other has the first"
        assert is_full(pool)
    assert is_full(pool, 2)
    end(holder)
    with pool.lease(Need(2), "t-1", cancelled=lambda: True) as gpus:
        assert [gpu.index for gpu in gpus] == [0, 1]


def test_slots_let_trials_share_and_the_least_used_gpu_comes_first(tmp_path):
    pool = pool_in(tmp_path, 2, slots=2)
    with pool.lease(Need(1), "a") as a, pool.lease(Need(1), "b") as b, pool.lease(Need(2), "c") as c:
        assert [a[0].index, b[0].index] == [0, 1]
        assert {gpu.index for gpu in c} == {0, 1}, "never two slots of one GPU"
        assert is_full(pool)
        assert [(held.uuid, held.slot, held.holder) for held in leases_now(tmp_path)] == [
            (uuid_of(0), 0, "a"),
            (uuid_of(0), 1, "c"),
            (uuid_of(1), 0, "b"),
            (uuid_of(1), 1, "c"),
        ]


def test_of_the_idle_gpus_the_smallest_that_suffices_is_taken(tmp_path):
    sizes = (81920, 24576, 40960)
    pool = GpuPool([fake_gpu(index, memory_mb=size) for index, size in enumerate(sizes)], tmp_path)
    with pool.lease(Need(1), "any") as any_size, pool.lease(Need(1, 30000), "large") as large:
        assert [any_size[0].index, large[0].index] == [1, 2]
    with pytest.raises(InputError, match=r"t-1 needs 2 GPUs of at least 50,000 MB, but there are 3 here, the"):
        pool.lease(Need(2, 50000), "t-1").__enter__()


def test_what_can_never_be_had_is_refused_and_not_waited_for(tmp_path):
    with pytest.raises(InputError, match="t-1 needs 3 GPUs, but there are 2 here"):
        pool_in(tmp_path).lease(Need(3), "t-1").__enter__()
    with pytest.raises(InputError, match="t-1 needs 1 GPU, but no GPU can be used here: there is no driver"):
        GpuPool([], tmp_path, why_none="there is no driver").lease(Need(1), "t-1").__enter__()


def test_a_wait_can_be_ended(tmp_path):
    pool, stop = pool_in(tmp_path, 1), threading.Event()
    with pool.lease(Need(1), "t-1"), ThreadPoolExecutor(1) as others:
        waiting = others.submit(lambda: pool.lease(Need(1), "t-2", stop.is_set).__enter__())
        until(lambda: pool.waiting == {"t-2"})
        assert not waiting.done()
        stop.set()
        with pytest.raises(WaitEndedError, match="t-2 was told to stop while it waited for 1 GPU"):
            waiting.result(10)
        assert pool.waiting == set()


def test_others_read_who_holds_what_without_taking_it(tmp_path):
    pool = pool_in(tmp_path)
    assert leases_now(tmp_path / "not made") == []
    before = time.time()
    with pool.lease(Need(1), "t-7"):
        (held,) = leases_now(tmp_path)
        assert (held.uuid, held.slot, held.holder, held.process) == (uuid_of(0), 0, "t-7", this_process())
        assert before - 1 <= held.since <= time.time()
    assert leases_now(tmp_path) == [], "what was written stays in the file, and means nothing without the lock"


def test_a_program_that_is_started_keeps_no_lease_alive(tmp_path):
    then = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.stdin.read()"
    holder = hold(tmp_path, 1, 1, then)
    assert holder.stdout is not None
    left_behind = int(holder.stdout.readline())
    try:
        assert is_full(pool_in(tmp_path, 1))
        holder.kill()
        holder.wait()
        os.kill(left_behind, 0)
        assert not is_full(pool_in(tmp_path, 1))
    finally:
        os.kill(left_behind, signal.SIGKILL)
        end(holder)


def test_a_forked_process_neither_keeps_nor_ends_a_lease(tmp_path):
    then = """
import os
child = os.fork()
if child == 0:
    raise SystemExit  # leaves the with block too
os.waitpid(child, 0)
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
print(child, flush=True)
sys.stdin.read()
"""
    holder = hold(tmp_path, 1, 1, then)
    assert holder.stdout is not None
    child = int(holder.stdout.readline())
    try:
        assert is_full(pool_in(tmp_path, 1)), "a child that left the block gave nothing back"
        holder.kill()
        holder.wait()
        os.kill(child, 0)
        assert not is_full(pool_in(tmp_path, 1))
    finally:
        os.kill(child, signal.SIGKILL)
        end(holder)


def test_many_who_need_different_numbers_all_get_theirs_and_never_too_many_at_once(tmp_path):
    folder, count, counting = tmp_path, 4, threading.Lock()
    users: dict[str, int] = {}
    worst: list[int] = []

    def work(number: int) -> None:
        pool = pool_in(folder, count, slots=2)  # each its own, as different processes have
        with pool.lease(Need(1 + number % 4), f"t-{number}") as gpus:
            for gpu in gpus:
                with counting:
                    users[gpu.uuid] = users.get(gpu.uuid, 0) + 1
                    worst.append(users[gpu.uuid])
            time.sleep(0.005)
            for gpu in gpus:
                with counting:
                    users[gpu.uuid] -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(48)))
    assert max(worst) == 2
    assert leases_now(folder) == []


def test_who_needs_all_gpus_is_not_passed_over_for_ever(tmp_path):
    pool, stop = pool_in(tmp_path, 2), threading.Event()
    rounds = itertools.count()

    def small() -> None:
        while not stop.is_set():
            with pool.lease(Need(1), "small"):
                next(rounds)
                time.sleep(0.05)

    with ThreadPoolExecutor(5) as others:
        done = [others.submit(small) for _ in range(4)]
        try:
            until(lambda: next(rounds) > 10)
            asked = time.monotonic()
            with pool.lease(Need(2), "large", cancelled=lambda: time.monotonic() > asked + 60) as gpus:
                assert len(gpus) == 2
        finally:
            stop.set()
        for future in done:
            future.result(60)


def test_a_folder_that_cannot_hold_locks_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="set REXLAB_GPU_LOCKS to a folder"):
        pool_in(tmp_path / "file").lease(Need(1), "t-1").__enter__()
