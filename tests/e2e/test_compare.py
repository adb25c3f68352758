"""``rexlab compare`` and ``rexlab power`` at the shell."""

import contextlib
import sqlite3

import pytest


def test_agents_of_one_run_are_compared_on_what_they_share(shell):
    shell("run", "moments", "--harness", "oracle,noop,mutant", "--masks", "1..3")
    rows = {(r["a"], r["b"]): r for r in shell.json("compare", "latest", "latest")}
    assert len(rows) == 3
    found = rows["noop", "oracle [ref]"]
    assert (found["pairs"], found["only_a"], found["only_b"], found["difference"]) == (7, 0, 7, -1.0)
    assert found["p_value"] == pytest.approx(2 / 2**7)
    assert found["p_holm"] == pytest.approx(3 * 2 / 2**7)
    assert "one paper only" in found["reason"]
    done = shell("compare", "latest", "latest")
    assert "\N{MINUS SIGN}100.0 points" in done.stdout
    assert "exact McNemar test" in done.stderr


def test_runs_without_a_common_variant_are_told(shell):
    shell("run", "moments", "--harness", "oracle", "--masks", "1", "--limit", "1")
    first = shell.json("runs", "list")[0]["id"]
    shell("run", "moments", "--harness", "oracle", "--masks", "3")
    assert "that they share" in shell("compare", first, "latest", code=2).stderr
    assert "there is no run" in shell("compare", "nothing", "latest", code=2).stderr


def test_one_agent_alone_one_again_and_a_run_without_a_finished_trial(shell):
    for _ in range(2):
        shell("run", "moments", "--harness", "noop", "--masks", "1", "--limit", "2")
    assert "has one agent only, noop: name another run" in shell("compare", "latest", "latest", code=2).stderr
    second, first = (run["id"] for run in shell.json("runs", "list"))
    done = shell("compare", first, second)
    assert "noop is the same agent in both runs: only chance lies between its trials" in done.stderr
    assert "one paper only: nothing can be said about other papers" in done.stderr
    (row,) = shell.json("compare", first, second)
    assert (row["a"], row["b"], row["pairs"], row["neither"], row["p_value"], row["interval"]) == (
        "noop",
        "noop",
        2,
        2,
        1.0,
        None,
    )
    change(shell, "outcome = 'infra_error'", second)
    spoilt = shell("compare", first, second, code=2).stderr
    assert f"in every pair that agents of {first} and {second} share, 2 in all, an infrastructure error" in spoilt
    change(shell, "state = 'queued'", second)
    assert f"run {second} has no finished trial to compare" in shell("compare", first, second, code=2).stderr


def change(shell, what, run):
    """Make trials of a run what they would be had they ended otherwise."""
    with contextlib.closing(sqlite3.connect(shell.home / "rexlab.db")) as store:
        store.execute(f"UPDATE trial SET {what} WHERE run_id = ?", (run,))
        store.commit()


def test_power_says_how_many_trials_a_difference_takes(shell):
    plan = shell.json("power", "--baseline", "0.5", "--delta", "0.1")
    assert plan["unpaired"] == 388
    assert plan["paired"] < plan["unpaired"]
    assert "388" in shell("power", "--baseline", "0.5", "--delta", "0.1").stdout
    assert "between 0 and 1" in shell("power", "--baseline", "0.9", "--delta", "0.2", code=2).stderr
