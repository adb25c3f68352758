"""``rexlab leaderboard`` at the shell: over real runs, in every format, and through the Ladder."""

import csv
import io
import json

import pytest
from tests.support.median import write_median
from tests.support.shell import Shell

SOLVE = """\
import pathlib
file = pathlib.Path("moments/core.py")
before, masked, after = file.read_text().partition("raise NotImplementedError")
file.write_text(before + "return sum(numbers) / len(numbers)" + after[after.index(chr(10)):])
"""
"""An agent that gives the first masked function of moments/core.py the body of ``mean``."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """noop, the oracle, and the agent above: the last one in two runs. Tests only read it."""
    shell = Shell(tmp_path_factory.mktemp("store"))
    (shell.folder / "solve.py").write_text(SOLVE)
    program = f"python {shell.folder / 'solve.py'}"
    shell("run", "moments", "--harness", "oracle,noop", "--masks", "1..2")
    shell("run", "moments", "--command", program, "--masks", "1..2", "--unsafe")
    shell("run", "moments", "--command", program, "--masks", "1", "--unsafe")
    return shell


def rows_of(shell, *options):
    document = json.loads(shell("leaderboard", *options, "--format", "json").stdout)
    return document, {row["agent"].split()[0]: row for row in document["rows"]}


def test_agents_are_ranked_over_all_runs(store):
    document, rows = rows_of(store)
    assert list(rows) == ["command", "noop", "oracle"]
    assert [row["rank"] for row in rows.values()] == [1, 2, None]
    assert (rows["command"]["passed"], rows["command"]["passed_of"], rows["command"]["submissions"]) == (2, 9, 2)
    # of the six variants that both were tried on it solves the one with only `mean` masked
    assert rows["command"]["common"] == pytest.approx(1 / 6)
    assert (rows["noop"]["variants"], rows["noop"]["papers"], rows["noop"]["passed"]) == (6, 1, 0)
    assert (rows["oracle"]["reference"], rows["noop"]["reference"]) == (True, False)
    assert any("share a letter" in note for note in document["sections"]["leaderboard"]["notes"])

    _, fewer = rows_of(store, "tiny", "--masks", "1")
    assert (fewer["command"]["passed"], fewer["command"]["passed_of"]) == (2, 6)
    assert fewer["command"]["common"] == pytest.approx(1 / 3)
    _, one = rows_of(store, "--run", "latest")
    assert list(one) == ["command"]
    assert one["command"]["rank"] is None

    done = store("leaderboard")
    assert "oracle [ref]" in done.stdout
    assert "16.7 %" in done.stdout
    assert "each variant counted once" in done.stderr
    parsed = list(csv.DictReader(io.StringIO(store("leaderboard", "--format", "csv").stdout)))
    assert [row["rank"] for row in parsed] == ["1", "2", ""]
    assert store("leaderboard", "--format", "markdown").stdout.startswith("# rexlab leaderboard")


def test_the_ladder_releases_what_improves(store):
    document = json.loads(store("leaderboard", "--ladder", "--format", "json").stdout)
    rows = document["sections"]["ladder"]["rows"]
    assert [(row["agent"].split()[0], row["tried"], row["improved"]) for row in rows] == [
        ("noop", 6, True),
        ("command", 6, rows[1]["improved"]),
        ("command", 3, False),
    ]
    # one problem of six more: a gain of 1/6 against a standard error of 1/6, which decides nothing worth a promise
    assert rows[2]["released"] == rows[1]["released"]
    assert [row["visible"] for row in rows] == [0, 1, 1]
    families = {row["family"]: row for row in document["sections"]["exposure"]["rows"]}
    assert families["command"]["submissions"] == 2
    assert "leaderboard" not in document["sections"]
    done = store("leaderboard", "--ladder")
    assert "whoever has the store reads every grade" in done.stderr
    assert "best released" in done.stdout


def test_extensions_are_chosen_by_hint_level(shell, tmp_path):
    (tmp_path / "diff").mkdir()
    write_median(tmp_path / "tasks" / "tiny" / "median", tmp_path / "diff")
    shell.variables["REXLAB_TASKS_PATH"] = str(tmp_path / "tasks")
    shell("run", "median", "--harness", "noop")
    _, rows = rows_of(shell, "--hints", "default")
    assert rows["noop"]["passed_of"] == 1
    assert "at --hints hints" in shell("leaderboard", "--hints", "hints", code=2).stderr
    assert "of --masks 0,1" in shell("leaderboard", "median", "--masks", "0,1", code=2).stderr


def test_an_empty_store_says_what_to_do_next(shell):
    for options in ([], ["--ladder"], ["--format", "json"], ["--format", "csv"], ["tiny", "--masks", "1"]):
        done = shell("leaderboard", *options)
        assert "no trial has finished yet; start a run: rexlab run" in done.stderr
    assert json.loads(shell("leaderboard", "--format", "json").stdout)["rows"] == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--masks", "many"], "give numbers such as 1,2,3"),
        (["--hints", "all"], "choose from default, hints, detailed_hints"),
        (["--masks", "1", "--hints", "hints"], "give one of them"),
        (["--run", "nothing"], "there is no run"),
        (["--format", "pdf"], "pdf"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(shell, options, sentence):
    assert sentence in shell("leaderboard", *options, code=2).stderr


def test_what_nothing_was_run_of_is_told(shell):
    shell("run", "moments", "--harness", "noop", "--masks", "1", "--limit", "1")
    assert "no finished trial is of rex; there are trials of tiny/moments" in shell("leaderboard", "rex", code=2).stderr
    assert (
        "no finished trial of moments is of --masks 3" in shell("leaderboard", "moments", "--masks", "3", code=2).stderr
    )
    done = shell("leaderboard", "--ladder")
    assert "there is one problem" in done.stderr
