"""The main job from the command line: run, look, report, grade again."""

import csv
import io
import json

import pytest


@pytest.fixture(params=["process", "bubblewrap", "docker"])
def sandboxed(request, shell, require):
    require(request.param)
    shell.variables["REXLAB_SANDBOX"] = request.param
    return shell


def outcomes(shell):
    return {(t["agent"], t["masks"], t["attempt"], t["outcome"]) for t in shell.json("trials", "list", "latest")}


def test_oracle_passes_noop_does_not_and_mutants_fail_in_every_sandbox(sandboxed):
    sandboxed("run", "moments", "--harness", "oracle,noop,mutant", "--masks", "1,3", "--seed", "3")
    trials = sandboxed.json("trials", "list", "latest")
    assert len(trials) == 3 * (3 + 1)
    by_agent = {}
    for trial in trials:
        by_agent.setdefault(trial["agent"].split()[0], []).append(trial)
    assert {t["outcome"] for t in by_agent["oracle"]} == {"passed"}
    assert {t["outcome"] for t in by_agent["noop"]} == {"no_patch"}
    assert "passed" not in {t["outcome"] for t in by_agent["mutant"]}
    assert all(t["mutations"] for t in by_agent["mutant"])
    assert {t["sandbox"] for t in trials} == {sandboxed.variables["REXLAB_SANDBOX"]}


def test_reference_harnesses_are_marked_everywhere(shell):
    shell("run", "moments", "--harness", "oracle", "--masks", "1", "--limit", "1")
    assert "[ref]" in shell("report", "latest").stdout
    assert all(row["reference"] for row in json.loads(shell("report", "latest", "--format", "json").stdout)["rows"])
    assert all(t["reference"] for t in shell.json("trials", "list", "latest"))


def test_masks_beyond_what_the_task_has_are_refused_with_the_numbers_it_has(shell):
    done = shell("run", "moments", "--harness", "noop", "--masks", "9", code=2)
    assert "moments 3" in done.stderr


def test_with_nothing_masked_doing_nothing_reproduces_the_paper(shell):
    shell("run", "moments", "--harness", "noop", "--masks", "0")
    assert [t["outcome"] for t in shell.json("trials", "list", "latest")] == ["passed"]


def test_progressive_chains_mask_nested_sets(shell):
    shell("run", "moments", "--harness", "noop", "--masks", "1..3", "--progressive", "1")
    one, two, three = (set(t["functions"]) for t in shell.json("trials", "list", "latest"))
    assert one < two < three


def test_what_a_diff_cannot_carry_is_noted_on_the_trial(shell):
    shell("run", "moments", "--command", "mkfifo pipe; echo x > notes.txt", "--masks", "1", "--limit", "1", "--unsafe")
    shown = shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])
    assert any(e["kind"] == "noted" and "pipe" in e["message"] for e in shown["events"])


def test_a_program_of_the_users_is_shown_to_the_sandbox_and_nothing_beside_it(shell, require):
    require("bubblewrap")
    shell.variables["REXLAB_SANDBOX"] = "bubblewrap"
    agent = shell.folder / "agent"
    agent.mkdir()
    (agent / "helper.py").write_text("WORD = 'helped'\n")
    (agent / "__main__.py").write_text(
        "import helper, os, sys; print(helper.WORD, sys.argv[1:], os.environ['REXLAB_MODEL'])"
    )
    (shell.folder / "secret.txt").write_text("secret")
    command = "python ./agent --fast; ls /opt/rexlab/agent; ls .."
    shell("run", "moments", "--command", command, "--model", "scripted", "--limit", "1")
    log = shell("trials", "show", shell.json("trials", "list", "latest")[0]["id"], "--log").stdout
    assert "helped ['--fast'] scripted\nagent\n" in log
    assert "secret" not in log


def test_a_trial_shows_its_metrics_diff_and_log(shell):
    shell("run", "moments", "--harness", "oracle", "--masks", "3")
    trial = shell.json("trials", "list", "latest")[0]["id"]
    shown = shell.json("trials", "show", trial)
    assert {m["experiment"] for m in shown["metrics"]} == {"batch", "stream", "batch-long"}
    assert [m for m in shown["metrics"] if m["hidden"]]
    assert all(m["passed"] and m["margin"] >= 0 for m in shown["metrics"])
    assert shown["timings"].keys() == {"prepare", "solve", "capture", "grade"}
    assert "batch-long (hidden)" in shell("trials", "show", trial, "--metrics").stdout
    assert "+    return sum(numbers) / len(numbers)" in shell("trials", "show", trial, "--diff").stdout
    log = shell("trials", "show", trial, "--log").stdout
    assert "wrote moments/core.py" in log
    assert "squares 484.1" in log


def test_an_agent_never_sees_hidden_experiments_or_expected_numbers(shell):
    program = "cat $REXLAB_TASK/*.md; grep -r . . ; ls -la / .. 2>&1"
    shell("run", "moments", "--command", program, "--masks", "3", "--unsafe")
    trial = shell.json("trials", "list", "latest")[0]["id"]
    seen = shell("trials", "show", trial, "--log").stdout
    assert "experiments.batch --seed {seed}" in seen
    assert "batch-long" not in seen
    assert "--size 400" not in seen
    assert "5.1237520" not in seen


def test_claims_are_compared_with_the_re_run(shell):
    claims = '{"batch": {"mean": [5.12375, 1.0]}}'
    program = (
        f"echo '{claims}' > $REXLAB_RESULTS; "
        "python -c \"import pathlib; p = pathlib.Path('moments/core.py'); s = p.read_text(); "
        "head, tail = s.split('raise NotImplementedError', 1); "
        "p.write_text(head + 'return sum(numbers) / len(numbers)' + tail[tail.index(chr(10)):])\""
    )
    shell("grade", "moments", "--masks", "mean", "--patch", "/dev/null", code=1)
    shell("run", "moments", "--command", program, "--masks", "1", "--limit", "1", "--unsafe")
    shown = shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])
    assert shown["functions"] == ["moments/core.py:mean"]
    assert shown["outcome"] == "passed", shown["detail"]
    claimed = [(m["claimed"], m["claim"]) for m in shown["metrics"] if m["claimed"] is not None]
    assert claimed == [(5.12375, True), (1.0, False)]
    assert shown["flags"] == ["false_claim"]


@pytest.mark.parametrize("results", ["not json", '{"batch": {"mean": NaN}}', "[1]", '{"batch": {"mean": "5"}}'])
def test_a_results_file_that_cannot_be_read_claims_nothing_and_is_flagged(shell, results):
    program = f"echo '{results}' > $REXLAB_RESULTS; echo >> moments/core.py"
    shell("run", "moments", "--command", program, "--masks", "1", "--limit", "1", "--unsafe")
    shown = shell.json("trials", "show", shell.json("trials", "list", "latest")[0]["id"])
    assert shown["flags"] == ["bad_claims"]
    assert shown["claims_problem"]
    assert all(m["claimed"] is None for m in shown["metrics"])


def test_attribution_says_which_function_is_wrong(shell):
    shell(
        "run", "moments", "--harness", "mutant", "--masks", "3", "--param", "mutant.p=0.5", "--attribute", "--seed", "2"
    )
    trial = shell.json("trials", "list", "latest")[0]
    shown = shell.json("trials", "show", trial["id"])
    wrong = {name for name, right in shown["grades"][0]["functions"].items() if not right}
    assert wrong == set(trial["mutations"]) != set()
    assert len(wrong) < 3


def test_regrading_adds_grades_and_leaves_the_old_ones(shell):
    shell("run", "moments", "--harness", "oracle,noop", "--masks", "3")
    before = shell.json("trials", "list", "latest")
    assert "1 patches graded again, 0 outcomes changed" in shell("regrade", "latest").stderr
    graded = [t["id"] for t in before if t["credit"] is not None]
    assert len(graded) == 1
    grades = shell.json("trials", "show", graded[0])["grades"]
    assert [g["reason"] for g in grades] == ["trial", "regrade"]
    assert {g["outcome"] for g in grades} == {"passed"}
    assert [t["outcome"] for t in shell.json("trials", "list", "latest")] == [t["outcome"] for t in before]


def test_a_stored_patch_can_be_graded_from_outside(shell):
    shell("run", "moments", "--harness", "oracle", "--masks", "2", "--limit", "1")
    trial = shell.json("trials", "list", "latest")[0]["id"]
    patch = next((shell.folder / "home" / "artifacts").rglob(f"{trial}/*patch.diff"))
    functions = ",".join(shell.json("trials", "show", trial)["functions"])
    done = shell("grade", "moments", "--masks", functions, "--patch", str(patch), "--attribute")
    assert "passed" in done.stdout
    shell("grade", "moments", "--masks", "Welford.push", "--patch", str(patch), code=1)


def test_reports_agree_with_the_trials_in_every_format(shell):
    shell("run", "moments", "--harness", "oracle,noop", "--masks", "1", "--trials", "2")
    rows = json.loads(shell("report", "latest", "--format", "json").stdout)["rows"]
    assert [(r["agent"], r["passed"], r["passed_of"]) for r in rows] == [("noop", 0, 6), ("oracle [ref]", 6, 6)]
    oracle = rows[1]
    assert oracle["strict"] == 1.0
    assert oracle["strict_low"] == pytest.approx(0.6097, abs=1e-3)
    table = list(csv.DictReader(io.StringIO(shell("report", "latest", "--format", "csv").stdout)))
    assert [(r["agent"], r["passed"], r["outcomes"]) for r in table] == [
        ("noop", "0", "no_patch 6"),
        ("oracle [ref]", "6", "passed 6"),
    ]
    assert "6/6" in shell("report", "latest", "--format", "table").stdout


def test_the_same_plan_has_the_same_digest_and_another_one_has_not(shell):
    for arguments in (["--masks", "1"], ["--masks", "1"], ["--masks", "2"]):
        shell("run", "moments", "--harness", "noop", *arguments)
    digests = [r["digest"] for r in shell.json("runs", "list")]
    assert digests[1] == digests[2] != digests[0]
