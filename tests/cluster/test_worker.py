"""Runs that Celery's workers do: from the command line, through a real Redis, to the table."""

import signal
import time

import pytest
from tests.support.cluster import await_that, worker
from tests.support.redis import RedisServer
from tests.support.require import require
from tests.support.shell import Shell

RUN = ("run", "moments", "--harness", "oracle,noop", "--masks", "1")


def only_run(shell: Shell) -> dict[str, object]:
    (run,) = shell.json("runs", "list")
    return run


def outcomes(shell: Shell) -> dict[str, int]:
    return dict(only_run(shell)["outcomes"])  # type: ignore[call-overload]


def states(shell: Shell) -> set[str]:
    return {trial["state"] for trial in shell.json("trials", "list", "latest")}


def test_two_workers_do_a_run_and_the_table_is_that_of_the_local_executor(shell: Shell) -> None:
    with worker(shell, "--concurrency", "2", name="one"), worker(shell, "--concurrency", "1", name="two"):
        done = shell(*RUN, "--executor", "celery", "--trials", "2")
    local = shell(*RUN, "--executor", "local", "--trials", "2")
    assert "trials sent to the workers" in done.stderr
    table = done.stdout.split("\n", 1)[1]
    assert "oracle [ref]" in table
    assert table == local.stdout.split("\n", 1)[1]
    runs = shell.json("runs", "list")
    assert [run["executor"] for run in runs] == ["local", "celery"]
    events = [e["kind"] for t in shell.json("trials", "list", runs[1]["id"]) for e in _events(shell, t["id"])]
    assert events.count("claimed") == events.count("recorded") == runs[1]["total"]


def _events(shell: Shell, trial: str) -> list[dict[str, str]]:
    return shell.json("trials", "show", trial)["events"]  # type: ignore[no-any-return]


def test_trials_wait_for_a_worker_and_it_is_said(shell: Shell) -> None:
    watching = shell.start(*RUN, "--limit", "1", "--executor", "celery")
    try:
        assert watching.stderr is not None
        line = ""
        while "no worker listens" not in line:
            line = watching.stderr.readline()
            assert line, "it ended without a word on missing workers"
        assert "rexlab worker --queues cpu" in line
        with worker(shell, "--concurrency", "1"):
            assert watching.wait(60) == 0
    finally:
        watching.kill()
    assert outcomes(shell) == {"passed": 1, "no_patch": 1}


def test_ctrl_c_ends_the_watching_and_not_the_run(shell: Shell) -> None:
    watching = shell.start(*RUN, "--limit", "1", "--executor", "celery")
    assert watching.stderr is not None
    while "trials sent" not in (line := watching.stderr.readline()):
        assert line
    watching.send_signal(signal.SIGINT)
    said = watching.stderr.read()
    assert watching.wait(60) == 130
    assert "rexlab runs cancel" in said
    with worker(shell, "--concurrency", "1"):
        await_that(lambda: only_run(shell)["status"] == "finished")
    assert outcomes(shell) == {"passed": 1, "no_patch": 1}


def test_priority_decides_who_is_first(shell: Shell) -> None:
    for priority in ("low", "high"):
        watching = shell.start("run", "moments", "--harness", "noop", "--executor", "celery", "--priority", priority)
        assert watching.stderr is not None
        while "trials sent" not in (line := watching.stderr.readline()):
            assert line
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=60)
    with worker(shell, "--concurrency", "1"):
        await_that(lambda: all(run["status"] == "finished" for run in shell.json("runs", "list")))
    ended = {run["priority"]: _span(shell, run["id"]) for run in shell.json("runs", "list")}
    assert ended["high"][1] <= ended["low"][0]


def _span(shell: Shell, run: str) -> tuple[float, float]:
    trials = shell.json("trials", "list", run)
    return min(t["started_at"] for t in trials), max(t["finished_at"] for t in trials)


def test_cancelled_trials_end_wherever_they_are(shell: Shell) -> None:
    require("bubblewrap")
    shell.variables["REXLAB_SANDBOX"] = "bubblewrap"
    with worker(shell, "--concurrency", "1"):
        watching = shell.start("run", "moments", "--command", "sleep 600", "--trials", "3", "--executor", "celery")
        await_that(lambda: shell.json("runs", "list") and "running" in states(shell))
        shell("runs", "cancel", "latest")
        asked = time.monotonic()
        await_that(lambda: states(shell) == {"finished"}, 10)
        assert time.monotonic() - asked < 10
        _, said = watching.communicate(timeout=60)
        assert watching.returncode == 1
    assert set(outcomes(shell)) == {"cancelled"}
    assert "was cancelled" in said


def test_a_worker_that_is_asked_to_end_gives_its_trial_back(shell: Shell) -> None:
    require("bubblewrap")
    shell.variables["REXLAB_SANDBOX"] = "bubblewrap"
    with worker(shell, "--concurrency", "1", name="first") as first:
        watching = shell.start("run", "moments", "--command", "sleep 5", "--limit", "1", "--executor", "celery")
        await_that(lambda: shell.json("runs", "list") and "running" in states(shell))
        assert first.end() == 0
    assert states(shell) == {"queued"}
    with worker(shell, "--concurrency", "1", name="second"):
        _, said = watching.communicate(timeout=120)
    assert watching.returncode == 0, said
    assert outcomes(shell) == {"no_patch": 1}


def test_a_trial_that_takes_too_long_for_the_cluster_ends(shell: Shell) -> None:
    require("bubblewrap")
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "REXLAB_TRIAL_LIMIT_S": "3"}
    with worker(shell, "--concurrency", "1"):
        done = shell("run", "moments", "--command", "sleep 600", "--limit", "1", "--executor", "celery", code=1)
    assert outcomes(shell) == {"infra_error": 1}
    assert "longer than 3 s, the limit that REXLAB_TRIAL_LIMIT_S sets" in done.stderr


def test_infra_errors_are_repeated_by_the_workers(shell: Shell) -> None:
    require("bubblewrap")
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "REXLAB_TRIAL_LIMIT_S": "2"}
    with worker(shell, "--concurrency", "1"):
        shell("run", "moments", "--command", "sleep 5", "--limit", "1", "--executor", "celery", code=1)
    shell.variables["REXLAB_TRIAL_LIMIT_S"] = "100"
    with worker(shell, "--concurrency", "1"):
        shell("runs", "retry", "latest")
    assert outcomes(shell) == {"no_patch": 1}
    assert len(shell.json("trials", "list", "latest")) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--executor", "clay"), "--executor clay: choose local or celery"),
        (("--executor", "celery", "--priority", "urgent"), "--priority urgent: choose high, normal, low"),
        (("--executor", "local", "--priority", "high"), "it needs --executor celery"),
        (("--executor", "celery", "--workers", "3"), "a Celery worker has --concurrency"),
        (("--executor", "celery", "--unsafe"), "--unsafe is for --executor local"),
        (("--executor", "celery", "--sandbox", "cellar"), "no sandbox is called 'cellar'"),
    ],
)
def test_what_cannot_be_asked_of_workers(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    assert said in shell(*RUN, *arguments, code=2).stderr
    assert not shell.json("runs", "list")


def test_a_broker_that_is_not_there_is_told_at_once(shell: Shell, broker: RedisServer) -> None:
    wrong = broker.url.replace(broker.password, "wrong")
    for url, code, said in [
        (wrong, 1, "refuses the password"),
        (broker.url.replace(f":{broker.port}/", ":1/"), 1, "does not answer"),
        ("amqp://host", 2, "is no address of a Redis"),
        ("", 2, "no broker is set"),
    ]:
        shell.variables["REXLAB_BROKER_URL"] = url
        for command in ((*RUN, "--executor", "celery"), ("worker",)):
            began = time.monotonic()
            text = shell(*command, code=code).stderr
            assert said in text, text
            assert "wrong" not in text
            assert len(text.splitlines()) == 1
            assert time.monotonic() - began < 20
    assert not shell.json("runs", "list")


def test_artifacts_that_cannot_be_kept_are_told_before_anything_is_planned(shell: Shell) -> None:
    shell.variables["REXLAB_ARTIFACTS_URL"] = "/proc/nowhere"
    for command in ((*RUN, "--executor", "celery"), (*RUN, "--executor", "local"), ("worker",)):
        _, text = shell.start(*command).communicate(timeout=60)
        assert "artifacts cannot be kept in /proc/nowhere" in text
        assert "Traceback" not in text
    assert not shell.json("runs", "list")


def test_a_broker_that_is_restarted_while_nobody_listens_loses_no_trial(shell: Shell, broker: RedisServer) -> None:
    watching = shell.start(*RUN, "--limit", "1", "--executor", "celery")
    assert watching.stderr is not None
    while "trials sent" not in (line := watching.stderr.readline()):
        assert line
    broker.kill()
    broker.start()
    with worker(shell, "--concurrency", "1"):
        said = watching.stderr.read()
        assert watching.wait(60) == 0, said
    assert outcomes(shell) == {"passed": 1, "no_patch": 1}
