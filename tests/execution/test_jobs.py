"""Background jobs: real processes, their logs, and how they end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rexlab.execution.jobs import Job, end_job, list_jobs, start_job
from rexlab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def await_state(job: Job, wanted: str) -> None:
    await_true(lambda: job.state == wanted, f"{job.state}, not {wanted}: {job.log.read_text()}")


def await_true(holds: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)


def test_a_job_leaves_its_log_and_its_exit_code(settings: Settings) -> None:
    job = start_job(settings, ["--version"], kind="version", subject="rexlab")
    await_state(job, "done")
    assert job.log.read_text().startswith("rexlab ")
    assert job.exit_code == 0
    assert list_jobs(settings) == [job]


def test_a_job_that_fails_says_so(settings: Settings) -> None:
    job = start_job(settings, ["runs", "show", "nothing"], kind="show", subject="nothing")
    await_state(job, "failed")
    assert job.exit_code == 2
    assert "there is no run 'nothing'" in job.log.read_text()


def test_jobs_are_listed_by_what_they_are_about(settings: Settings) -> None:
    assert list_jobs(settings) == []
    first = start_job(settings, ["--version"], kind="a", subject="x")
    second = start_job(settings, ["--version"], kind="b", subject="x")
    third = start_job(settings, ["--version"], kind="b", subject="y")
    assert list_jobs(settings) == [third, second, first]
    assert list_jobs(settings, kind="b") == [third, second]
    assert list_jobs(settings, subject="x") == [second, first]
    for job in (first, second, third):
        await_state(job, "done")


def test_a_job_runs_until_it_is_asked_to_stop(settings: Settings) -> None:
    job = start_job(settings, ["gateway", "serve", "--model", "scripted", "--port", "0"], kind="long", subject="x")
    await_true(lambda: bool(job.log.read_text()), "it never spoke")
    assert job.state == "running"
    assert job.exit_code is None
    end_job(job)
    await_true(lambda: job.state != "running", "it did not stop")
    assert job.exit_code is not None, "the exit code was not kept"
    end_job(job)


def test_a_job_goes_on_when_whoever_started_it_is_killed(settings: Settings) -> None:
    starts = (
        "import os, signal\n"
        "from rexlab.execution.jobs import start_job\n"
        "from rexlab.settings import Settings\n"
        f"start_job(Settings(home={str(settings.home)!r}), ['task', 'list'], kind='list', subject='x')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", starts], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (job,) = list_jobs(settings)
    await_state(job, "done")
    assert "classic/deis" in job.log.read_text()


def test_a_killed_job_is_lost(settings: Settings) -> None:
    job = start_job(settings, ["gateway", "serve", "--model", "scripted", "--port", "0"], kind="long", subject="x")
    assert job.state == "running"
    os.killpg(job.pid, signal.SIGKILL)
    await_state(job, "lost")


def test_a_job_does_not_get_the_token(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REXLAB_UI_TOKEN", "a-token-that-is-secret")
    job = start_job(settings, ["gateway", "serve", "--model", "scripted", "--port", "0"], kind="long", subject="x")
    environment = Path(f"/proc/{job.pid}/environ").read_bytes()
    os.killpg(job.pid, signal.SIGKILL)
    await_state(job, "lost")
    assert b"REXLAB_HOME=" in environment
    assert b"a-token-that-is-secret" not in environment
