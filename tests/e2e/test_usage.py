"""Wrong usage: one clear sentence, exit code 2, nothing written."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "nonsense", "--harness", "noop"], "no suite, task or task folder is called 'nonsense'"),
        (["run", "moments"], "no harness was named"),
        (["run", "moments", "--harness", "nobody"], "no harness is called 'nobody'; there are: agentless, aider"),
        (["run", "moments", "--harness", "noop", "--masks", "x"], "--masks x: give numbers"),
        (["run", "moments", "--harness", "noop", "--masks", "3..1"], "3..1 is not a range"),
        (["run", "moments", "--harness", "noop", "--masks", ""], "--masks is empty"),
        (["run", "moments", "--harness", "mutant", "--param", "p=1"], "write HARNESS.NAME=VALUE"),
        (["run", "moments", "--harness", "mutant", "--param", "mutant.q=1"], "has no parameter 'q'; it has: p"),
        (["run", "moments", "--harness", "mutant", "--param", "mutant.p=x"], "must be of type float"),
        (["run", "moments", "--harness", "mutant", "--param", "mutant.p=2"], "between 0"),
        (["run", "moments", "--harness", "noop", "--param", "mutant.p=1"], "this run has no such harness"),
        (["run", "moments", "--harness", "noop", "--sandbox", "jail"], "no sandbox is called 'jail'"),
        (["run", "moments", "--harness", "noop", "--sample", "1", "--progressive", "1"], "give one of them"),
        (["run", "moments", "--command", "python 'x"], "is no shell command"),
        (["run", "moments", "--command", " "], "--command is empty"),
        (["run", "moments", "--command", "true"], "accept the risk with --unsafe"),
        (["run", "moments", "--harness", "noop", "--workers", "0"], "workers"),
        (["runs", "show", "latest"], "there is no run 'latest'"),
        (["runs", "resume", "r000"], "there is no run 'r000'"),
        (["runs", "cancel", "r000"], "there is no run 'r000'"),
        (["runs", "retry", "r000"], "there is no run 'r000'"),
        (["trials", "show", "t"], "there is no trial 't'"),
        (["trials", "list", "r000"], "there is no run 'r000'"),
        (["report", "r000"], "there is no run 'r000'"),
        (["regrade", "r000"], "there is no run 'r000'"),
        (["grade", "moments", "--patch", "missing.diff", "--masks", "mean"], "cannot read missing.diff"),
        (["grade", "moments", "--patch", "/dev/null"], "name the functions that were masked: --masks mean"),
        (["grade", "moments", "--patch", "/dev/null", "--masks", "median"], "no maskable function is called 'median'"),
        (["grade", "tiny", "--patch", "/etc/hostname", "--masks", "mean"], "not a git diff"),
        (["task", "show", "nonsense"], "there are: tiny (moments)"),
        (["task", "mask", "moments", "--functions", "mean", "--out", "."], "exists already"),
        (["task", "mask", "moments", "--functions", ",", "--out", "new"], "--functions is empty"),
        (["task", "check", "/nowhere"], "is called '/nowhere'"),
    ],
)
def test_bad_usage_is_told_in_a_sentence_and_ends_with_2(shell, arguments, words):
    done = shell(*arguments, code=2)
    assert words in " ".join(done.stderr.split())
    assert not list((shell.folder / "home").rglob("work/*"))


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("REXLAB_WORKERS", "many", "REXLAB_WORKERS"),
        ("REXLAB_DATABASE_URL", "nonsense", "cannot be used"),
        ("REXLAB_DATABASE_URL", "mysteryql://x", "cannot be used"),
    ],
)
def test_bad_settings_name_the_variable(shell, variable, value, words):
    shell.variables[variable] = value
    assert words in shell("runs", "list", code=2).stderr


@pytest.mark.parametrize(
    "command",
    [
        ["run", "moments", "--harness", "noop"],
        ["runs", "list"],
        ["task", "check", "moments"],
        ["task", "calibrate", "moments"],
    ],
)
@pytest.mark.parametrize("home", ["/proc/nowhere", "/dev/null", "/etc/hostname"])
def test_a_home_that_cannot_be_written_is_told_before_anything_is_done(shell, command, home):
    shell.variables["REXLAB_HOME"] = home
    assert "set REXLAB_HOME to a folder of yours" in shell(*command, code=2).stderr


@pytest.mark.parametrize("name", ["with space", "per%41cent", "quest?ion", "hash#", "umläut", "quote'\"s"])
def test_a_home_of_any_name_holds_everything(shell, name):
    home = shell.folder / name
    shell.variables["REXLAB_HOME"] = str(home)
    shell("run", "moments", "--harness", "oracle", "--limit", "1")
    assert {"rexlab.db", "artifacts", "work", "bases", "envs"} <= {p.name for p in home.iterdir()}
    assert [p.name for p in shell.folder.iterdir()] == [name]
    assert [t["outcome"] for t in shell.json("trials", "list", "latest")] == ["passed"]


def test_an_empty_store_says_what_to_do_next(shell):
    assert "start one: rexlab run" in shell("runs", "list").stderr
    assert shell.json("runs", "list") == []


def test_every_command_explains_itself(shell):
    for command in (
        [],
        ["run"],
        ["runs"],
        ["runs", "resume"],
        ["trials"],
        ["trials", "show"],
        ["trials", "accept"],
        ["report"],
        ["regrade"],
        ["grade"],
        ["task"],
        ["task", "check"],
        ["task", "calibrate"],
        ["harness"],
        ["doctor"],
    ):
        assert "Usage: rexlab" in shell(*command, "--help").stdout


def test_listings_are_json_for_machines(shell):
    assert {"aider", "command", "mutant", "noop", "oracle"} <= {
        h["harness"]["name"] for h in shell.json("harness", "list")
    }
    assert "tiny/moments" in {t["task"] for t in shell.json("task", "list")}
    assert [f["function"] for f in shell.json("task", "functions", "moments")] == ["mean", "variance", "Welford.push"]
    assert shell.json("task", "show", "moments")["kind"] == "masking"


def test_masking_writes_what_an_agent_would_get(shell):
    shell("task", "mask", "moments", "--functions", "mean,Welford.push", "--out", "masked")
    core = (shell.folder / "masked/moments/core.py").read_text()
    assert 'raise NotImplementedError("masked: mean")' in core
    assert "centre = mean(numbers)" in core
    assert "before / self.count" not in (shell.folder / "masked/moments/online.py").read_text()


def test_doctor_tells_what_is_here(shell):
    done = shell.json("doctor")
    names = {f["name"]: f for f in done}
    assert names["sandbox process"]["state"] == "ok"
    assert names["git"]["state"] == "ok"
    assert "classic" in names["tasks"]["detail"]
    assert all(f["remedy"] for f in done if f["state"] == "missing")
