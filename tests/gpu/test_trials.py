"""Trials of a task that needs GPUs, as a user starts them, on a machine whose driver and device files are made up."""

import json
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
from tests.support.gpus import fake_driver, fake_gpu, uuid_of
from tests.support.shell import Shell

from rexlab.gpu.leases import GpuPool, Need, leases_now


def store_of(shell: Shell, query: str) -> list[tuple]:
    with closing(sqlite3.connect(shell.home / "rexlab.db")) as database:
        return database.execute(query).fetchall()


def is_running(shell: Shell) -> bool:
    """Whether a trial has been claimed; the store may not be made yet."""
    try:
        return bool(store_of(shell, "select 1 from trial where state = 'running'"))
    except sqlite3.OperationalError:
        return False


def until(true, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def ended(process: "subprocess.Popen[str]", code: int = 0) -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return err


def test_agent_and_experiments_see_the_leased_gpus_and_the_grade_says_which(shell, task, three_gpus):
    agent = 'test "$CUDA_VISIBLE_DEVICES" = "$NVIDIA_VISIBLE_DEVICES" && echo "$CUDA_VISIBLE_DEVICES" > seen.txt'
    shell("run", str(task), "--command", agent, "--masks", "0", "--unsafe")
    (trial,) = shell.json("trials", "list", "latest")
    assert trial["outcome"] == "passed", trial
    both = f"{uuid_of(0)},{uuid_of(1)}"
    (patch,) = (shell.home / "artifacts").rglob("*-patch.diff")
    assert f"+{both}" in patch.read_text()
    (log,) = (shell.home / "artifacts").rglob("*-experiments.log")
    seen = [line for line in log.read_text().splitlines() if line.startswith("sees")]
    assert set(seen) == {f"sees {both}"}
    ((environment,),) = store_of(shell, "select environment from grade")
    hardware = json.loads(environment)["hardware"]
    assert {key: hardware[key] for key in ("gpu", "gpus", "driver", "cuda")} == {
        "gpu": "NVIDIA A100-SXM4-40GB",
        "gpus": "2",
        "driver": "550.54.15",
        "cuda": "12.4",
    }
    assert leases_now(shell.home / "gpus") == []

    shell("regrade", "latest")
    regraded = store_of(shell, "select environment from grade order by id")
    assert len(regraded) == 2
    assert json.loads(regraded[1][0])["hardware"]["gpus"] == "2"


def test_trials_wait_for_gpus_that_another_process_has_and_ctrl_c_ends_the_wait(shell, task, three_gpus):
    pool = GpuPool([fake_gpu(index) for index in range(3)], shell.home / "gpus")
    with pool.lease(Need(2), "somebody else"):
        run = shell.start("run", str(task), "--harness", "noop", "--masks", "0")
        until(lambda: is_running(shell))
        time.sleep(1)
        assert [held.holder for held in leases_now(shell.home / "gpus")] == ["somebody else"] * 2
        run.terminate()
        ended(run, 130)
        assert store_of(shell, "select state, outcome from trial") == [("queued", None)]
    shell("runs", "resume", "latest")
    assert store_of(shell, "select outcome from trial") == [("passed",)]


def test_a_killed_run_frees_its_gpus_at_once(shell, task, three_gpus):
    run = shell.start("run", str(task), "--command", "sleep 60", "--masks", "0", "--unsafe")
    until(lambda: len(leases_now(shell.home / "gpus")) == 2)
    ((trial,),) = store_of(shell, "select id from trial")
    assert {held.holder for held in leases_now(shell.home / "gpus")} == {trial}
    run.kill()
    run.communicate()
    assert leases_now(shell.home / "gpus") == []


NO_DRIVER = {**fake_driver(0), "FAKE_NVML": ""}
NONE_HERE = "needs 2 GPUs, but no GPU can be used here: there is no NVIDIA driver here"


@pytest.mark.parametrize(
    ("command", "driver", "said"),
    [
        (("run", "{task}", "--harness", "oracle"), NO_DRIVER, NONE_HERE),
        (("run", "{task}", "--harness", "oracle"), fake_driver(1), "needs 2 GPUs, but there is 1 here"),
        (("run", "{task}", "--harness", "oracle"), fake_driver(1, fails="version mismatch"), "fails: version mismatch"),
        (("task", "calibrate", "{task}"), NO_DRIVER, NONE_HERE),
        (("task", "mutate", "{task}"), NO_DRIVER, NONE_HERE),
        (("task", "check", "{task}"), NO_DRIVER, NONE_HERE),
    ],
)
def test_gpus_that_are_not_there_are_told_in_one_line(shell, task, command, driver, said):
    shell.variables |= driver
    err = ended(shell.start(*(word.format(task=task) for word in command)), 2)
    lines = err.strip().splitlines()
    assert said in lines[-1]
    assert not [line for line in lines[:-1] if "GPU" in line]
    if command[0] == "run":
        assert len(lines) == 1
        assert not (shell.home / "rexlab.db").exists(), "nothing was planned"


def test_a_calibration_is_made_on_leased_gpus_and_warns_where_it_does_not_belong(shell, task, three_gpus):
    ended(shell.start("task", "calibrate", str(task), "--runs", "2"))
    record = json.loads((task / "calibration.json").read_bytes())
    assert (record["hardware"]["gpu"], record["hardware"]["gpus"]) == ("NVIDIA A100-SXM4-40GB", "2")

    err = ended(shell.start("run", str(task), "--harness", "noop", "--masks", "0"))
    assert "was calibrated on" not in err, "the same hardware"

    record["hardware"] |= {"gpu": "NVIDIA H100 PCIe", "cuda": "13.0"}
    (task / "calibration.json").write_text(json.dumps(record))
    err = ended(shell.start("run", str(task), "--harness", "noop", "--masks", "0", "--trials", "2"))
    said = "was calibrated on NVIDIA H100 PCIe with CUDA 13.0, and this is NVIDIA A100-SXM4-40GB with CUDA 12.4"
    assert err.count(said) == 1, "once per run"
    noted = store_of(
        shell, "select trial_id, message from event where kind = 'noted' and message like '%calibrated on%'"
    )
    assert len({trial for trial, _ in noted}) == 2
    assert all(said in message for _, message in noted)
