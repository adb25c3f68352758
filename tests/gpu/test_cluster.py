"""GPUs of Celery's workers: chosen when one starts, leased beside everybody else on the machine."""

import json
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.cluster import await_that, worker
from tests.support.gpus import fake_gpu, uuid_of
from tests.support.redis import redis_server
from tests.support.shell import Shell

from rexlab.gpu.leases import GpuPool, Need, leases_now


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with redis_server(tmp_path / "redis") as server:
        yield Shell(tmp_path, {"REXLAB_BROKER_URL": server.url, "REXLAB_LEASE_S": "2"})


def column(shell: Shell, query: str) -> list[str]:
    with closing(sqlite3.connect(shell.home / "rexlab.db")) as database:
        return [value for (value,) in database.execute(query)]


def hardware(shell: Shell) -> list[dict[str, str]]:
    return [json.loads(text)["hardware"] for text in column(shell, "select environment from grade")]


def test_workers_wait_for_gpus_and_trials_of_a_killed_one_go_to_the_next(shell, task, three_gpus):
    run = ("run", str(task), "--harness", "noop", "--masks", "0", "--executor", "celery")
    mine = GpuPool([fake_gpu(index) for index in range(3)], shell.home / "gpus")
    with (
        mine.lease(Need(2), "somebody else"),
        worker(shell, "--gpus", "0,2", "--concurrency", "2", name="one") as one,
    ):
        assert "2 GPUs to lease" in one.said
        watching = shell.start(*run, "--trials", "3")
        await_that(lambda: column(shell, "select state from trial").count("running") == 2)
        assert {held.holder for held in leases_now(shell.home / "gpus")} == {"somebody else"}
        one.signal_all(signal.SIGKILL)
        one.process.wait()
    with worker(shell, "--gpus", f"1,{uuid_of(2)}", "--concurrency", "1", name="two"):
        out, err = watching.communicate(timeout=200)
    assert watching.returncode == 0, out + err
    assert [trial["outcome"] for trial in shell.json("trials", "list", "latest")] == ["passed"] * 3
    assert {(found["gpus"], found["gpu"]) for found in hardware(shell)} == {("2", "NVIDIA A100-SXM4-40GB")}
    seen = [log.read_text() for log in (shell.home / "artifacts").rglob("*-experiments.log")]
    assert len(seen) == 3
    for text in seen:
        assert f"sees {uuid_of(1)},{uuid_of(2)}" in text
        assert uuid_of(0) not in text
    assert leases_now(shell.home / "gpus") == []


@pytest.mark.parametrize(
    ("gpus", "said"),
    [
        ("3", "--gpus 3: there is no GPU 3; there are 0 (NVIDIA A100-SXM4-40GB"),
        ("0,0", "--gpus 0,0: GPU 0 is named twice"),
        ("none", "their trials need GPUs, but no GPU can be used here"),
    ],
)
def test_a_worker_that_cannot_have_its_gpus_says_so_and_does_not_start(shell, three_gpus, gpus, said):
    process = shell.start("worker", "--gpus", gpus, "--queues", "gpu")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in err
    assert len(err.strip().splitlines()) == 1
