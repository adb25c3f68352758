"""The page System: work, models, jobs, machine, versions."""

import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.gpus import FAKE_NVML, fake_driver, fake_gpu, uuid_of
from tests.support.said import said
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp

from rexlab import __version__
from rexlab.execution.jobs import start_job
from rexlab.gpu.leases import GpuPool, Need
from rexlab.settings import Settings

HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) :red[x]"


def write(shell: Shell, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(shell.home / "rexlab.db")) as store, store:
        store.execute(statement, values)


def opened(app: OpenApp, shell: Shell, tab: str) -> AppTest:
    test = app("system", shell=shell, show=tab)
    assert not test.exception
    return test


def test_a_quiet_system_says_so(app: OpenApp, filled: Shell) -> None:
    test = opened(app, filled, "Work")
    assert "Nobody works now" in said(test)
    assert "No run has a trial left to do" in said(test)
    assert [metric.value for metric in test.metric] == ["0", "0", "0"]


def test_workers_and_queue_are_those_of_the_store(app: OpenApp, own: Shell) -> None:
    write(
        own,
        "UPDATE trial SET state = 'running', lease_owner = 'far|77|1.0', lease_expires = ?, started_at = 5 "
        "WHERE position <= 2",
        time.time() + 3600,
    )
    write(own, "UPDATE trial SET state = 'queued' WHERE position = 3")
    write(own, "UPDATE run SET name = ?", HOSTILE)
    test = opened(app, own, "Work")
    workers, queue = (table.value.iloc[0] for table in test.dataframe[:2])
    assert (workers["Host"], workers["Process"], workers["State"]) == ("far", "77", "at work")
    assert workers["Trials"].count("-0000") == 2
    assert workers["Lease"].endswith("s left")
    assert (queue["Name"], queue["Queued"], queue["Running"]) == (HOSTILE, 1, 2)
    assert [metric.value for metric in test.metric] == ["1", "2", "1"]


def test_models_are_told_with_tokens_cost_and_failures(app: OpenApp, own: Shell) -> None:
    assert "No model has been asked yet" in said(opened(app, own, "Models"))
    trial = own.json("trials", "list", "latest")[0]["id"]
    columns = "trial_id, epoch, run_id, number, at, protocol, model, status, failure, retries, input_tokens, seconds"
    for number, (at, failure) in enumerate([(time.time(), ""), (time.time(), "Timeout"), (1.0, "budget_exceeded")]):
        write(
            own,
            f"INSERT INTO call ({columns}) VALUES (?, 1, ?, ?, ?, 'chat', ?, 200, ?, 0, 1000, 2.0)",
            trial,
            trial.rsplit("-", 1)[0],
            number,
            at,
            HOSTILE,
            failure,
        )
    test = opened(app, own, "Models")
    day, every = (table.value.iloc[0] for table in test.dataframe[:2])
    assert (day["Model"], day["Calls"], day["Failed"], day["Refused"]) == (HOSTILE, 2, 1, 0)
    assert (every["Calls"], every["Refused"], every["Tokens in"], every["Cost"]) == (2, 1, 2000, "unknown")
    assert "unknown where the price" in said(test)


def test_a_background_job_is_listed_with_its_log(app: OpenApp, own: Shell) -> None:
    assert "No background job has been started" in said(opened(app, own, "Jobs"))
    job = start_job(Settings(home=own.home), ["runs", "cancel", "r-none"], kind="cancel", subject=HOSTILE)
    deadline = time.monotonic() + 60
    while job.state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    test = opened(app, own, "Jobs")
    row = test.dataframe[0].value.iloc[0]
    assert (row["State"], row["Kind"], row["About"], row["Job"]) == ("failed, exit code 2", "cancel", HOSTILE, job.id)
    (Path(job.folder) / "exit").write_text("130")  # as after Ctrl-C, or the button Stop
    assert opened(app, own, "Jobs").dataframe[0].value.iloc[0]["State"] == "stopped"


def test_the_machine_is_told_as_doctor_tells_it(app: OpenApp, filled: Shell) -> None:
    test = opened(app, filled, "Machine")
    text = said(test)
    for finding in filled.json("doctor"):
        if finding["name"] not in ("store", "disk"):
            assert finding["name"] in text
            assert finding["detail"][:40] in text
    disk = test.dataframe[0].value.set_index("What")
    assert disk.loc["Store", "Where"] == str(filled.home / "rexlab.db")
    assert disk.loc["Artifacts", "Takes"].endswith("B")


def test_gpus_are_told_with_who_has_them(app: OpenApp, own: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FAKE_NVML))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    own.variables |= {"FAKE_NVML": fake_driver(2)["FAKE_NVML"], "REXLAB_GPU_SLOTS": "2"}
    with GpuPool([fake_gpu(1)], own.home / "gpus", slots=2).lease(Need(1), HOSTILE):
        test = opened(app, own, "Machine")
    monkeypatch.delitem(sys.modules, "pynvml")
    (table,) = (t.value for t in test.dataframe if "UUID" in t.value)
    first, second = (row for _, row in table.iterrows())
    assert (first["GPU"], first["Leased"], first["To"]) == (0, "0 of 2", "-")
    assert (second["UUID"], second["Leased"], second["To"]) == (uuid_of(1), "1 of 2", HOSTILE)
    assert "1 of 2 leased now" in said(test)


def test_versions_are_told(app: OpenApp, filled: Shell) -> None:
    table = opened(app, filled, "Versions").dataframe[0].value.set_index("What")["Version"]
    assert (table["rexlab"], table["Database"].split()[0]) == (__version__, "sqlite")
