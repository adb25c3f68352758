"""Stopping and killing a run at any moment loses nothing and counts nothing twice."""

import os
import random
import shutil
import signal
import sqlite3
import time
from pathlib import Path

import psutil
import pytest

TASKS = Path(__file__).parents[1] / "data" / "tasks"


def trials(shell):
    return shell.json("trials", "list", "latest")


def wait_for_trials(shell, process, count, state="finished"):
    """Wait until so many trials are in a state, reading the database as any other process would."""
    database = shell.folder / "home" / "rexlab.db"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if database.exists():
            with sqlite3.connect(database, timeout=30) as connection:
                try:
                    found = connection.execute("SELECT count(*) FROM trial WHERE state = ?", [state]).fetchone()[0]
                except sqlite3.OperationalError:
                    found = 0  # the tables are being made
            if found >= count:
                return
        time.sleep(0.02)
    raise AssertionError(f"the run ended early with {process.poll()}")


def sandboxed_processes(shell):
    """Processes that have anything of this shell's folder in their command line or working folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = " ".join(process.info["cmdline"] or []) + (process.info["cwd"] or "")
        if str(shell.folder / "home") in words:
            found.append(process)
    return found


def assert_complete(shell, expected):
    records = trials(shell)
    assert len(records) == expected
    assert {t["outcome"] for t in records} == {"passed"}
    with sqlite3.connect(shell.folder / "home" / "rexlab.db") as connection:
        twice = connection.execute("SELECT trial_id FROM grade GROUP BY trial_id HAVING count(*) > 1").fetchall()
        recorded = connection.execute(
            "SELECT trial_id FROM event WHERE kind = 'recorded' GROUP BY trial_id HAVING count(*) <> 1"
        ).fetchall()
        grades = connection.execute("SELECT count(*) FROM grade").fetchone()[0]
    assert twice == recorded == []
    assert grades == expected
    assert list((shell.folder / "home" / "work").iterdir()) == []


RUN = ["run", "moments", "--harness", "oracle", "--masks", "1", "--trials", "6", "--workers", "2"]


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(shell):
    process = shell.start(*RUN)
    wait_for_trials(shell, process, 2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "rexlab runs resume r" in errors
    assert "Traceback" not in errors
    states = [t["state"] for t in trials(shell)]
    assert states.count("finished") >= 2
    assert "running" not in states
    assert not sandboxed_processes(shell)
    shell("runs", "resume", "latest")
    assert_complete(shell, 18)
    assert "nothing to resume" in shell("runs", "resume", "latest").stderr


@pytest.mark.parametrize("sandbox", ["process", "bubblewrap"])
def test_kill_9_at_random_moments_loses_nothing_and_counts_nothing_twice(shell, sandbox, require):
    require(sandbox)
    shell.variables["REXLAB_SANDBOX"] = sandbox
    chance = random.Random(20261123)
    process = shell.start(*RUN)
    wait_for_trials(shell, process, 1)
    for _ in range(6):
        time.sleep(chance.uniform(0.0, 0.6))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        gone = time.monotonic() + 5
        while sandboxed_processes(shell) and time.monotonic() < gone:
            time.sleep(0.05)
        assert not sandboxed_processes(shell)
        process = shell.start("runs", "resume", "latest", "--workers", "2")
        time.sleep(chance.uniform(0.2, 1.6))
        if process.poll() is not None:
            break
    process.communicate(timeout=120)
    shell("runs", "resume", "latest")
    assert_complete(shell, 18)


def test_an_agent_whose_patch_was_captured_is_not_asked_again(shell):
    # the agent ends at once; grading is what the kill interrupts: experiments sleep by the agent's own hand
    program = "echo 'import time; time.sleep(8)' >> moments/__init__.py"
    process = shell.start("run", "moments", "--command", program, "--limit", "1", "--unsafe")
    database = shell.folder / "home" / "rexlab.db"
    deadline = time.monotonic() + 30
    solved = None
    while solved is None and time.monotonic() < deadline:
        time.sleep(0.1)
        if database.exists():
            with sqlite3.connect(database, timeout=30) as connection:
                found = connection.execute("SELECT name FROM sqlite_master WHERE name = 'trial'").fetchone()
                row = found and connection.execute("SELECT solved_at FROM trial").fetchone()
                solved = row[0] if row else None
    process.kill()
    process.communicate()
    shell("runs", "resume", "latest", "--unsafe")
    shown = shell.json("trials", "show", trials(shell)[0]["id"])
    assert shown["solved_at"] == solved
    assert [e["kind"] for e in shown["events"]] == ["claimed", "solved", "interrupted", "claimed", "recorded"]
    assert shown["outcome"] == "experiment_crashed"


def test_two_processes_share_a_run_without_doing_anything_twice(shell):
    first = shell.start(*RUN)
    wait_for_trials(shell, first, 1)
    # there is something queued while the first is at work: a second process may take it
    second = shell.start("runs", "resume", "latest", "--workers", "1")
    first.communicate(timeout=120)
    second.communicate(timeout=120)
    assert (first.returncode, second.returncode) == (0, 0)
    assert_complete(shell, 18)


def test_cancel_ends_a_run_from_another_process(shell):
    command = ["run", "moments", "--command", "sleep 60", "--masks", "1", "--trials", "4", "--workers", "2", "--unsafe"]
    process = shell.start(*command)
    wait_for_trials(shell, process, 2, state="running")
    began = time.monotonic()
    assert "queued trials cancelled" in shell("runs", "cancel", "latest").stderr
    process.communicate(timeout=20)
    assert time.monotonic() - began < 10
    assert process.returncode == 1
    assert {t["outcome"] for t in trials(shell)} == {"cancelled"}
    assert shell.json("runs", "show", "latest")["status"] == "cancelled"
    assert not sandboxed_processes(shell)


def test_infrastructure_errors_are_repeated_as_new_trials_that_point_to_the_old(shell):
    shell("run", "moments", "--harness", "oracle", "--masks", "1", "--limit", "1")
    # a task that changed under a planned run cannot be graded for what it was: that is ours, not the agent's failure
    with sqlite3.connect(shell.folder / "home" / "rexlab.db") as connection:
        connection.execute("UPDATE trial SET outcome = 'infra_error', state = 'finished'")
        connection.execute("DELETE FROM metric")
        connection.execute("UPDATE artifact SET grade_id = NULL")
        connection.execute("DELETE FROM grade")
    assert "only infra_error and cancelled" in shell("runs", "retry", "latest", "--outcome", "passed", code=2).stderr
    shell("runs", "retry", "latest", "--outcome", "infra_error")
    old, new = trials(shell)
    assert (old["outcome"], new["outcome"], new["replaces_id"]) == ("infra_error", "passed", old["id"])
    assert "no trial to repeat" in shell("runs", "retry", "latest").stderr
    assert shell.json("runs", "show", "latest")["outcomes"] == {"passed": 1}


def test_a_task_that_changed_since_the_plan_is_an_infrastructure_error(shell, tmp_path):
    copy = tmp_path / "tiny" / "moments"
    shutil.copytree(TASKS / "tiny" / "moments", copy)
    shell.variables["REXLAB_TASKS_PATH"] = str(tmp_path)
    process = shell.start(*RUN)
    wait_for_trials(shell, process, 1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    with (copy / "paper.md").open("a") as paper:
        paper.write("One sentence more.\n")
    done = shell("runs", "resume", "latest", code=1)
    assert "rexlab runs retry" in done.stderr
    failed = [t for t in trials(shell) if t["outcome"] == "infra_error"]
    assert failed
    assert "has changed since run" in failed[0]["detail"]


def test_folders_of_killed_workers_are_swept_and_those_of_live_ones_stay(shell):
    process = shell.start("run", "moments", "--command", "sleep 60", "--limit", "1", "--unsafe")
    wait_for_trials(shell, process, 1, state="running")
    work = shell.folder / "home" / "work"
    deadline = time.monotonic() + 60
    while not (work.is_dir() and list(work.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)  # a trial is claimed a moment before it has a folder
    (work / "check-999999999-abcdefgh").mkdir()
    assert "check-999999999-abcdefgh" in shell("doctor", "--sweep").stderr
    alive = list(work.iterdir())
    assert len(alive) == 1
    process.kill()
    process.communicate()
    assert alive[0].name in shell("doctor", "--sweep").stderr
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("work", [("check", "classic"), ("mutate", "deis", "--no-keep")])
def test_ctrl_c_ends_a_check_or_a_mutation_run_at_once(shell, work):
    process = shell.start("task", *work)
    deadline = time.monotonic() + 60
    while not sandboxed_processes(shell) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert not sandboxed_processes(shell)
    assert list((shell.folder / "home" / "work").iterdir()) == []


@pytest.mark.bubblewrap
def test_a_sandbox_that_works_no_longer_ends_the_run_and_counts_against_no_trial(shell, tmp_path):
    wrapper = tmp_path / "bin" / "bwrap"
    wrapper.parent.mkdir()
    broken = tmp_path / "broken"
    broken.touch()
    wrapper.write_text(
        f"#!/bin/sh\n"
        f'case "$*" in */grade/*) [ -e {broken} ] && mv {broken} {broken}.now ;; esac\n'
        f'[ "$1" != --version ] && [ -e {broken}.now ] && echo "no new namespaces" >&2 && exit 1\n'
        f'exec {shutil.which("bwrap")} "$@"\n'
    )
    wrapper.chmod(0o755)
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "PATH": f"{wrapper.parent}:{os.environ['PATH']}"}
    done = shell(*RUN[:-4], "--workers", "1", code=1)
    assert "stopped: 0 of 3 trials are finished and kept; go on with: rexlab runs resume" in done.stderr
    assert "the bubblewrap sandbox works no longer: " in done.stderr
    assert "no new namespaces" in done.stderr
    assert [t["state"] for t in trials(shell)] == ["queued"] * 3
    broken.with_name("broken.now").unlink()
    shell("runs", "resume", "latest")
    assert_complete(shell, 3)
