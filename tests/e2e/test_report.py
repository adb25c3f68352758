"""``rexlab report`` on runs of the small task: every format, several runs, groupings, files, and what is refused."""

import csv
import io
import json
import os
import shlex
import subprocess

import pyarrow.parquet as pq
import pytest
from tests.support.shell import REXLAB

FORMATS = ("table", "json", "csv", "parquet", "markdown", "latex", "html")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A shell whose store has a run of oracle and noop and one of mutant; their ids."""
    from tests.support.shell import Shell

    shell = Shell(tmp_path_factory.mktemp("reports"))
    shell("run", "moments", "--harness", "oracle,noop", "--masks", "1", "--limit", "2")
    shell("run", "moments", "--harness", "mutant", "--masks", "1,2", "--limit", "3")
    newest, oldest = (run["id"] for run in shell.json("runs", "list"))
    return shell, oldest, newest


@pytest.fixture
def told(two_runs):
    """``told("latest", "--format", "csv")``: a report on the two runs' store."""
    shell = two_runs[0]
    return lambda *arguments, code=0: shell("report", *arguments, code=code)


def rows(done) -> list[dict]:
    return json.loads(done.stdout)["rows"]


def test_the_table_shows_the_main_table_first_and_notes_beside_it(told, two_runs):
    done = told(two_runs[1])
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["run", f"{two_runs[1]}:", "4", "of", "4", "trials"]
    assert lines[2] == ["agent", "masks", "passed", "rate", "[95", "%]", "credit", "outcomes"]
    assert [*"noop 1 0/2 0 % [0–66] 0 % no_patch 2".split()] in lines  # noqa: RUF001 - an interval
    assert [*"oracle [ref] 1 2/2 100 % [34–100] 100 % passed 2".split()] in lines  # noqa: RUF001
    assert "[ref]: the harness was handed the solution" in done.stderr
    assert "there is one task, tiny/moments" in done.stderr


def test_a_run_ends_with_its_main_table_alone(shell):
    done = shell("run", "moments", "--harness", "noop", "--limit", "1")
    assert "run r" in done.stdout
    assert "0/1" in done.stdout
    assert len([line for line in done.stdout.splitlines() if "──" in line]) == 1


def test_several_runs_are_pooled_and_a_run_named_twice_counts_once(told, two_runs):
    _, oldest, newest = two_runs
    both = told(oldest, "latest", newest, oldest[:-1], oldest, "--format", "json")
    read = json.loads(both.stdout)
    assert read["runs"] == [oldest, newest]
    assert (read["trials"], read["counted"]) == (7, 7)
    assert sum(row["passed_of"] for row in read["rows"]) == 7
    assert {row["agent"] for row in read["rows"]} == {"noop", "oracle [ref]", "mutant [ref]"}
    assert f"runs {oldest}, {newest}: 7 of 7 trials" in told(newest, oldest).stdout


def test_rows_say_of_what_agent_and_suite_they_are(told, two_runs):
    found = {row["agent"]: row for row in rows(told(*two_runs[1:], "--format", "json"))}
    assert {agent: row["reference"] for agent, row in found.items()} == {
        "noop": False,
        "oracle [ref]": True,
        "mutant [ref]": True,
    }
    assert {(row["task"], row["suite"], row["simulated"]) for row in found.values()} == {
        ("tiny/moments", "tiny", False)
    }


@pytest.mark.parametrize("format", ["json", "csv"])
def test_the_main_table_is_by_whatever_is_asked_for(told, two_runs, format):
    done = told(*two_runs[1:], "--format", format, "--by", "suite, harness,run")
    found = rows(done) if format == "json" else list(csv.DictReader(io.StringIO(done.stdout)))
    _, oldest, newest = two_runs
    assert [tuple(row.values())[:3] for row in found] == [
        ("tiny", "mutant", newest),
        ("tiny", "noop", oldest),
        ("tiny", "oracle", oldest),
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_goes_to_a_file_and_says_so(told, two_runs, format, tmp_path):
    out = tmp_path / f"of {format}"
    out.write_text("older")
    done = told(*two_runs[1:], "--format", format, "--out", str(out))
    assert done.stdout == ""
    assert f"wrote {out}: {format}, {out.stat().st_size:,} bytes" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    if format == "parquet":
        table = pq.read_table(out)
        command = table.schema.metadata[b"command"].decode()
        assert sum(table.column("passed_of").to_pylist()) == 7
    else:
        text = out.read_text(encoding="utf-8")
        assert "oracle" in text
        command = {"json": lambda: json.loads(text)["facts"]["command"]}.get(format, lambda: "")()
    if command:
        expected = ["rexlab", "report", *two_runs[1:], "--format", format, "--out", str(out)]
        assert shlex.split(command) == expected


@pytest.mark.parametrize("format", ["json", "csv", "markdown", "latex", "html", "table"])
def test_what_goes_to_a_file_goes_to_standard_output_too(told, two_runs, format, tmp_path):
    piped = told(two_runs[1], "--format", format).stdout
    told(two_runs[1], "--format", format, "--out", str(tmp_path / "out"))
    written = (tmp_path / "out").read_text(encoding="utf-8")
    marks = {"json": '"passed_of": 2', "csv": "passed 2", "markdown": "| 2/2 |", "latex": "& 2/2 &", "html": "2/2"}
    for text in (piped, written):
        assert marks.get(format, "2/2") in text


def test_documents_say_what_made_them(told, two_runs):
    for format, words in (("markdown", "* command: rexlab report "), ("latex", "% command: rexlab report ")):
        text = told(two_runs[1], "--format", format).stdout
        assert f"{words}{two_runs[1]} --format {format}" in text
        assert f"digest of {two_runs[1]}: " in text


def test_a_file_is_replaced_whole_and_what_is_no_file_is_written_to(told, two_runs, tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("older")
    link.symlink_to(real)
    told(two_runs[1], "--format", "csv", "--out", str(link))
    assert link.is_symlink()
    assert real.read_text().startswith("agent,")
    told(two_runs[1], "--format", "csv", "--out", "/dev/null")
    assert not os.path.isfile("/dev/null")  # noqa: PTH113


def test_a_binary_report_is_piped_on_but_not_to_a_terminal(two_runs):
    shell, oldest, _ = two_runs
    command = [REXLAB, "report", oldest, "--format", "parquet"]
    piped = subprocess.run(command, env=shell.environment, capture_output=True, timeout=60)
    assert piped.returncode == 0, piped.stderr
    assert pq.read_table(io.BytesIO(piped.stdout)).num_rows == 2
    ours, terminal = os.openpty()
    try:
        shown = subprocess.run(command, env=shell.environment, stdout=terminal, stderr=subprocess.PIPE, timeout=60)
    finally:
        os.close(terminal)
        os.close(ours)
    assert shown.returncode == 2
    assert shown.stderr.decode() == "error: parquet is not for a terminal; give --out FILE, or pipe it on\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "there is no run 'nowhere'"),
        (["latest", "nowhere"], "there is no run 'nowhere'"),
        (["latest", "--by", "colour"], "--by colour: there is no colour; give any of agent, harness, model"),
        (["latest", "--by", "agent,task,agent"], "agent is there twice; name it once"),
        (["latest", "--by", " , "], "--by is empty: give any of agent"),
        (["latest", "--out", "nowhere/report.txt"], "nowhere/report.txt cannot be written: No such file or directory"),
        (["latest", "--out", "."], "cannot be written: Is a directory; name a file"),
        (["latest", "--format", "pdf"], "'pdf' is not one of"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(told, arguments, words):
    done = told(*arguments, code=2)
    assert words in " ".join(done.stderr.replace("│", " ").split())
    assert done.stdout == ""


def test_runs_with_nothing_finished_say_so_in_every_format(shell, tmp_path):
    ended = shell.start("run", "moments", "--command", "sleep 60", "--masks", "1", "--limit", "2", "--unsafe")
    while not (shell.home / "rexlab.db").exists() or not shell.json("runs", "list"):
        assert ended.poll() is None
    ended.send_signal(2)
    ended.communicate(timeout=60)
    planned = shell.json("runs", "list")[0]["total"]
    sentence = f"nothing has finished yet: {planned} trials are planned"
    for format in FORMATS:
        done = shell("report", "latest", "--format", format, "--out", str(tmp_path / format))
        assert sentence in done.stderr
    for format in ("json", "markdown", "latex", "html", "table"):
        assert sentence in (tmp_path / format).read_text(encoding="utf-8")
    assert sentence in shell("report", "latest").stderr
    assert shell("report", "latest", "--format", "csv").stdout == ""


def test_the_original_rule_is_named_in_every_document(told, two_runs):
    for format in ("json", "markdown", "latex"):
        assert "judged by AutoExperiment's rule" in told(two_runs[1], "--original-rule", "--format", format).stdout
