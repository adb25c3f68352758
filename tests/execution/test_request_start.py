"""A run that is started in the background: saved at once, worked on by a job, refused without a trace."""

import shutil
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rexlab.errors import InputError
from rexlab.execution.jobs import Job, list_jobs
from rexlab.execution.request import RunRequest
from rexlab.execution.request_start import start_run
from rexlab.settings import Settings
from rexlab.store.database import open_engine
from rexlab.store.models import Outcome
from rexlab.store.queries import find_run, list_runs, summarize

TASKS = Path(__file__).parents[1] / "data" / "tasks"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    shutil.copytree(TASKS, tmp_path / "tasks")
    # jobs read their settings from the environment, as the server that starts them does
    for name, value in {"HOME": "home", "TASKS_PATH": "tasks"}.items():
        monkeypatch.setenv(f"REXLAB_{name}", str(tmp_path / value))
    monkeypatch.setenv("REXLAB_SANDBOX", "process")
    return Settings()


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return open_engine(settings.store_url)


def ended(job: Job) -> Job:
    deadline = time.monotonic() + 120
    while job.state == "running":
        assert time.monotonic() < deadline, job.log.read_text()
        time.sleep(0.1)
    return job


def test_it_is_saved_before_the_job_works_on_it_and_ends_with_it(settings: Settings, engine: Engine) -> None:
    request = RunRequest(("tiny",), harness="oracle,noop", limit=1, workers=2)
    run_id, job = start_run(request, settings, engine)
    assert summarize(engine, find_run(engine, run_id)).total == 2
    assert job.arguments == ["runs", "resume", run_id, "--workers", "2"]
    assert [found.id for found in list_jobs(settings, kind="run", subject=run_id)] == [job.id]
    assert ended(job).exit_code == 0, job.log.read_text()
    assert summarize(engine, find_run(engine, run_id)).outcomes == {Outcome.PASSED: 1, Outcome.NO_PATCH: 1}


def test_what_cannot_run_is_refused_and_leaves_nothing_behind(settings: Settings, engine: Engine) -> None:
    for request, words in [
        (RunRequest(("tiny",), harness="react", model="scripted"), "react asks a model, and the process sandbox"),
        (RunRequest(("tiny",), command="true"), "accept the risk with --unsafe"),
        (RunRequest(("tiny",), harness="noop", sandbox="cellar"), "no sandbox is called 'cellar'"),
        (RunRequest(("tiny",), harness="noop", masks="9"), "no variant has 9 masked functions"),
    ]:
        with pytest.raises(InputError, match=words):
            start_run(request, settings, engine)
    assert list_runs(engine) == []
    assert list_jobs(settings) == []


def test_the_job_takes_over_that_the_risk_was_accepted(settings: Settings, engine: Engine) -> None:
    run_id, job = start_run(RunRequest(("tiny",), command="true", limit=1, unsafe=True), settings, engine)
    assert job.arguments[-1] == "--unsafe"
    assert ended(job).exit_code == 0, job.log.read_text()
    assert summarize(engine, find_run(engine, run_id)).outcomes == {Outcome.NO_PATCH: 1}


def test_what_cannot_be_installed_is_told_once_and_no_trial_is_spent(
    settings: Settings, engine: Engine, tmp_path: Path
) -> None:
    manifest = tmp_path / "tasks" / "tiny" / "moments" / "task.toml"
    text = manifest.read_text().replace("[environment]", '[environment]\nrequirements = ["gone @ file:///no/gone.whl"]')
    manifest.write_text(text)
    run_id, job = start_run(RunRequest(("tiny",), harness="noop"), settings, engine)
    assert ended(job).exit_code == 1
    log = job.log.read_text()
    assert "gone" in log
    assert "Traceback" not in log
    summary = summarize(engine, find_run(engine, run_id))
    assert (summary.queued, summary.finished) == (3, 0)
