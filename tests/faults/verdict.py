"""What must hold after any fault: every trial ended once, nothing is counted twice, nothing is left."""

import json
import os
from collections import Counter
from pathlib import Path

from tests.faults.bench import Bench
from tests.support.cluster import await_that

GRADED = ("passed", "experiment_crashed")
_SWEPT_S = 20.0
"""Workers sweep every few seconds what killed ones left behind."""


def assert_ended_once(bench: Bench, outcomes: dict[str, int]) -> None:
    """Every trial has one outcome, at most one grade, and a record of events that says how it came to it."""
    trials = bench.trials()
    assert Counter(t["outcome"] for t in trials) == outcomes, (trials, bench.said())
    for trial in trials:
        kinds = [e["kind"] for e in bench.events(trial["id"])]
        assert trial["state"] == "finished"
        assert (trial["lease_owner"], trial["lease_expires"]) == (None, None)
        assert kinds.count("claimed") == trial["lease_epoch"]
        assert kinds.count("recorded") == (1 if trial["lease_epoch"] else 0), kinds
        assert kinds.count("solved") <= 1
        grades = bench.ask("SELECT * FROM grade WHERE trial_id = :id", id=trial["id"])
        assert len(grades) == (trial["outcome"] in GRADED)
        for grade in grades:
            assert (grade["outcome"], grade["reason"]) == (trial["outcome"], "trial")
            values = bench.ask("SELECT * FROM metric WHERE grade_id = :id", id=grade["id"])
            places = [(v["experiment"], v["metric"], v["position"]) for v in values]
            assert places and len(places) == len(set(places))
        patches = bench.ask("SELECT * FROM artifact WHERE trial_id = :id AND kind = 'patch'", id=trial["id"])
        assert len(patches) == (1 if trial["solved_at"] else 0)
    replaced = {t["replaces_id"] for t in trials}
    for run in {t["run_id"] for t in trials}:
        shown = json.loads(bench.shell("runs", "show", run, "--json").stdout)
        last = [t["outcome"] for t in trials if t["run_id"] == run and t["id"] not in replaced]
        assert ({k: v for k, v in shown["outcomes"].items() if v}, shown["total"]) == (Counter(last), len(last))


def assert_swept(bench: Bench) -> None:
    """While a worker is up: folders, containers and sandboxes of killed ones go within seconds."""
    await_that(lambda: not _stale(bench) and not bench.containers(), _SWEPT_S)


def _stale(bench: Bench) -> list[str]:
    """What is left but for the temporary folder that each living worker has."""
    living = sum(w.process.poll() is None for w in bench.workers)
    left = left_in_folders(bench)
    return left if len(left) > living or any(name.startswith("home") for name in left) else []


def left_in_folders(bench: Bench) -> list[str]:
    """Working folders of trials, and temporary ones."""
    places = [*(bench.home / "work").glob("*"), *bench.tmp.glob("*")]
    return [str(p.relative_to(bench.folder)) for p in places]


def assert_nothing_left(bench: Bench) -> None:
    """Once the workers have ended: no process, container, control group or folder, no message of a trial to do."""
    await_that(lambda: not bench.processes(), 5)
    assert not left_in_folders(bench)
    assert not bench.containers()
    runs = {t["run_id"] for t in bench.trials()}
    assert not [name for name in _control_groups() if any(run in name for run in runs)]
    # a message that is given out again, now or hours later, must be for nothing
    ended = {t["id"] for t in bench.trials() if t["state"] == "finished"}
    assert {*bench.messages(), *bench.taken_messages()} <= ended


def _control_groups() -> list[str]:
    return [name for _, names, _ in os.walk(Path("/sys/fs/cgroup")) for name in names if name.startswith("rexlab.")]
