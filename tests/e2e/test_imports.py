"""From another benchmark's files to a graded run: import, select variants by name, judge by their rules."""

import json
import shutil
import zipfile

import pytest
from tests.support.shell import TASKS

DATA = TASKS.parent


@pytest.fixture
def losses(shell):
    """A paper of the AutoExperiment fixture, imported."""
    shell("import", "autoexperiment", str(DATA / "autoexperiment"), "--out", "imported")
    return "imported/2110-03485"


def test_named_variants_run_and_both_rules_judge_them(shell, losses):
    done = shell("run", losses, "--harness", "oracle", "--variants", "n0,n1-0,n1-8")
    assert "3 trials = 3 variants of 1 tasks" in done.stderr
    masks = {t["masks"]: t for t in shell.json("trials", "list", "latest")}
    assert set(masks) == {0, 1}
    ours = json.loads(shell("report", "latest", "--format", "json").stdout)["rows"]
    assert {row["masks"]: (row["passed"], row["passed_of"]) for row in ours} == {0: (1, 1), 1: (2, 2)}
    # a gold of zero always fails by their rule, though the value is right
    theirs = json.loads(shell("report", "latest", "--format", "json", "--original-rule").stdout)["rows"]
    assert {row["masks"]: (row["passed"], row["passed_of"]) for row in theirs} == {0: (0, 1), 1: (1, 2)}
    assert "AutoExperiment's rule" in shell("report", "latest", "--original-rule").stderr


def test_variants_must_exist_and_go_with_no_other_way_to_choose(shell, losses):
    assert "no named variant" in shell("run", losses, "--harness", "noop", "--variants", "n9-*", code=2).stderr
    for other in (("--masks", "1"), ("--sample", "2"), ("--progressive", "1")):
        done = shell("run", losses, "--harness", "noop", "--variants", "n0", *other, code=2)
        assert "leave --masks, --sample and --progressive out" in done.stderr
    assert "--variants is empty" in shell("run", losses, "--harness", "noop", "--variants", " ,", code=2).stderr
    assert "variants.jsonl" in shell("run", "moments", "--harness", "noop", "--variants", "n0", code=2).stderr


def test_the_report_is_printed_as_a_table_or_as_json(shell, tmp_path):
    done = shell("import", "autoexperiment", str(DATA / "autoexperiment"), "--out", "one")
    assert "left out" in done.stdout
    assert "2 tasks in one" in done.stderr
    printed = shell.json("import", "autoexperiment", str(DATA / "autoexperiment"), "--out", "two")
    assert printed == json.loads((shell.folder / "two" / "import-report.json").read_text())
    done = shell("import", "autoexperiment", str(tmp_path), "--out", "three", code=2)
    assert "holds no AutoExperiment data" in done.stderr
    assert not (shell.folder / "three").exists()


@pytest.fixture
def extensions(shell):
    """The RExBench fixture, imported."""
    shell("import", "rexbench", str(DATA / "rexbench"), "--out", "imported")
    return "imported"


def test_a_submission_is_graded_per_task_and_run(shell, extensions, tmp_path):
    right = (DATA / "rexbench" / "patches" / "counting.patch").read_text()
    without_script = right[right.index("diff --git a/words.py") :]
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        archive.writestr("counting/run1/a.patch", right)
        archive.writestr("counting/run2/a.patch", right.replace("casefold", "swapcase"))
        archive.writestr("counting/run3/a.patch", without_script)
        archive.writestr("counting/run4/a.patch", "")
        archive.writestr("counting/run5/a.patch", "no diff at all\n")
    graded = shell.json("grade", extensions, "--submission", str(tmp_path / "in.zip"))
    assert [(r["outcome"], r["final_success"], r["execution_success"], r["file_recall"]) for r in graded["runs"]] == [
        ("passed", True, True, 1.0),
        ("wrong_result", False, True, 1.0),
        ("experiment_crashed", False, False, 0.5),
        ("no_patch", False, False, 0.0),
        ("patch_rejected", False, False, 0.0),
    ]
    assert graded["tasks"]["counting"]["runs"] == 5
    assert graded["tasks"]["counting"]["final_success"] == {"value": 0.2, "sem": pytest.approx(0.2)}
    assert graded["tasks"]["layers"] == {
        "runs": 0,
        "final_success": None,
        "execution_success": None,
        "file_recall": None,
    }
    table = shell("grade", extensions, "--submission", str(tmp_path / "in.zip"))
    assert "20.0 % ± 20.0" in table.stdout
    assert "not in the submission: layers" in table.stderr


def test_a_single_patch_of_an_extension_task_gets_the_same_metrics(shell, extensions):
    patch = str(DATA / "rexbench" / "patches" / "counting.patch")
    graded = shell.json("grade", f"{extensions}/counting", "--patch", patch)
    assert graded["rexbench"] == {"final_success": True, "execution_success": True, "file_recall": 1.0}
    assert "file recall" in shell("grade", f"{extensions}/counting", "--patch", patch).stdout


def test_grade_by_the_original_rule_lets_their_mean_pass(shell, losses, tmp_path):
    patch = tmp_path / "a.patch"
    code = shell.folder / losses / "code" / "shapes" / "losses.py"
    masked = shell.folder / "masked"
    shell("task", "mask", losses, "--functions", "Absolute.__call__", "--out", str(masked))
    before = (masked / "shapes/losses.py").read_text()
    # the sum of absolute values, 7.6 % too large: the mean with the other metrics is 5.07 % and then 4 %
    for factor, theirs in (("1.076", 1), ("1.06", 0)):
        body = f"        return {factor} * sum(abs(v) for v in values)\n"
        start = before.index('        """', before.index("class Absolute"))
        end = before.index("\n", before.index("raise NotImplementedError", start)) + 1
        patch.write_text(_diff(before, before[:start] + body + before[end:]))
        options = ("--masks", "Absolute.__call__", "--patch", str(patch))
        shell("grade", losses, *options, code=1)
        done = shell("grade", losses, *options, "--original-rule", code=theirs)
        assert "original rule" in done.stdout
    assert "secret of squares" in code.read_text()


def _diff(before, after):
    import difflib

    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), "a/shapes/losses.py", "b/shapes/losses.py"
    )
    return "diff --git a/shapes/losses.py b/shapes/losses.py\n" + "".join(lines)


def test_a_submission_and_other_ways_to_grade_exclude_each_other(shell, extensions, losses_copy):
    assert "name what to grade" in shell("grade", f"{extensions}/counting", code=2).stderr
    done = shell("grade", extensions, "--submission", str(losses_copy), "--masks", "x", code=2)
    assert "brings its own patches" in done.stderr
    assert "masking task" in shell("grade", "moments", "--submission", str(losses_copy), code=2).stderr
    assert "neither a folder nor a zip" in shell("grade", extensions, "--submission", "gone.zip", code=2).stderr
    bad = losses_copy / "bad.zip"
    bad.write_bytes(b"PK no archive")
    assert "cannot be unpacked" in shell("grade", extensions, "--submission", str(bad), code=2).stderr


@pytest.fixture
def losses_copy(tmp_path):
    (tmp_path / "counting" / "run1").mkdir(parents=True)
    shutil.copy(DATA / "rexbench" / "patches" / "counting.patch", tmp_path / "counting" / "run1")
    return tmp_path
