"""``rexlab compare`` and ``rexlab power`` at the shell."""

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


def test_power_says_how_many_trials_a_difference_takes(shell):
    plan = shell.json("power", "--baseline", "0.5", "--delta", "0.1")
    assert plan["unpaired"] == 388
    assert plan["paired"] < plan["unpaired"]
    assert "388" in shell("power", "--baseline", "0.5", "--delta", "0.1").stdout
    assert "between 0 and 1" in shell("power", "--baseline", "0.9", "--delta", "0.2", code=2).stderr
