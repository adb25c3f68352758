"""The page Runs: the list and its filters, one run with its matrix, trials, plan, report and actions."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.said import said
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp

HOSTILE = (
    "<script>alert(1)</script> ![x](http://evil.example/x.png) [x](javascript:alert(1)) :red[x] $x$ \x1b[31mred\x00"
)
UNGRADED = "id NOT IN (SELECT trial_id FROM grade)"


def run_id(shell: Shell) -> str:
    return str(shell.json("runs", "list")[0]["id"])


def write(shell: Shell, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(shell.home / "rexlab.db")) as store, store:
        store.execute(statement, values)


def age(shell: Shell) -> None:
    """What has finished did so long ago: a run that moved a moment ago may still be at work."""
    write(shell, "UPDATE trial SET started_at = started_at - 1000, finished_at = finished_at - 1000")
    write(shell, "UPDATE run SET revision = revision + 1")


def buttons(test: AppTest) -> set[str]:
    return {str(button.key) for button in test.button if str(button.key).startswith("run-")}


def await_job(test: AppTest, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline, said(test)
        time.sleep(0.3)
        test.run()


def test_an_empty_store_says_how_to_start(app: OpenApp, bare: Shell) -> None:
    test = app("runs", shell=bare)
    assert not test.exception
    assert "There are no runs yet" in said(test)
    assert any("rexlab run classic" in str(code.value) for code in test.code)


def test_a_run_is_a_line_with_progress_counts_and_status(app: OpenApp, filled: Shell) -> None:
    test = app("runs")
    assert not test.exception
    text = said(test)
    assert run_id(filled) in text
    summary = filled.json("runs", "list")[0]
    for outcome, count in summary["outcomes"].items():
        assert f"{outcome.replace('_', ' ')} {count}" in text
    assert "1 run\n" in text
    assert "finished" in text


def test_filters_leave_what_fits_and_say_when_nothing_does(app: OpenApp, filled: Shell) -> None:
    test = app("runs")
    test.text_input(key="search").set_value("MOMENTS oracle").run()
    assert run_id(filled) in said(test)
    test.text_input(key="search").set_value("no-such-word").run()
    assert "No run fits the filter" in said(test)
    assert run_id(filled) not in said(test)
    test.text_input(key="search").set_value("").run()
    assert run_id(filled) in said(test)


def test_an_unknown_run_has_a_clear_page(app: OpenApp) -> None:
    test = app("runs", id=HOSTILE)
    assert not test.exception
    assert "There is no run" in said(test)
    assert "alert(1)" in said(test)
    assert all("<script>" not in str(part.value) for part in test.warning)


def test_a_trials_id_leads_to_its_run(app: OpenApp, filled: Shell) -> None:
    test = app("runs", id=f"{run_id(filled)}-00002")
    assert [title.value for title in test.title] == ["first"]
    assert dict(test.query_params) == {"id": run_id(filled)}


def test_a_runs_matrix_and_trials_are_those_of_the_store(app: OpenApp, filled: Shell) -> None:
    test = app("runs", id=run_id(filled))
    assert not test.exception
    matrix, trials = (table.value for table in test.dataframe[:2])
    assert list(matrix.index) == ["tiny/moments"]
    shares = {name: matrix[name].iloc[0].split()[0] for name in matrix.columns}
    assert shares == {
        "oracle [ref]": "100",
        "noop": "0",
        "mutant [ref]": "0",
    }
    listed = filled.json("trials", "list", run_id(filled))
    assert list(trials["Trial"]) == [trial["id"] for trial in listed][: len(trials)]
    assert f"{len(listed)} trials" in said(test)


def test_trials_are_filtered_by_task_agent_and_outcome(app: OpenApp, filled: Shell) -> None:
    test = app("runs", id=run_id(filled))
    test.selectbox(key="trials-agent").set_value("noop").run()
    shown = test.dataframe[1].value
    assert set(shown["Agent"]) == {"noop"}
    test.selectbox(key="trials-outcome").set_value("passed").run()
    assert "No trial of this run fits the filters" in said(test)
    test.selectbox(key="trials-agent").set_value("oracle [ref]").run()
    assert set(test.dataframe[1].value["Agent"]) == {"oracle [ref]"}
    assert {text.split(maxsplit=1)[1] for text in test.dataframe[1].value["Outcome"]} == {"passed"}


def test_a_finished_run_tells_its_plan_timings_and_offers_its_report(app: OpenApp, filled: Shell) -> None:
    test = app("runs", id=run_id(filled))
    texts = [str(part.value) for part in test.text]
    assert "tiny/moments" in texts
    assert filled.json("runs", "list")[0]["digest"] in texts
    timings = test.dataframe[2].value
    assert list(timings.columns) == ["Agent", "Prepare", "Solve", "Capture", "Grade"]
    assert timings.set_index("Agent").loc["noop", "Grade"] == "-"
    assert " s (" in timings.set_index("Agent").loc["oracle [ref]", "Grade"]


def test_a_read_only_server_offers_no_action(app: OpenApp, own: Shell) -> None:
    write(own, "UPDATE trial SET state = 'queued', outcome = NULL WHERE position = 1")
    age(own)
    assert buttons(app("runs", shell=own, id=run_id(own))) == {"run-cancel", "run-resume"} | {"run-regrade"}
    own.variables["REXLAB_UI_READ_ONLY"] = "true"
    assert buttons(app("runs", shell=own, id=run_id(own))) == set()


def test_a_run_is_cancelled_after_a_question(app: OpenApp, own: Shell) -> None:
    write(own, f"UPDATE trial SET state = 'queued', outcome = NULL, finished_at = NULL WHERE {UNGRADED}")
    test = app("runs", shell=own, id=run_id(own))
    assert own.json("runs", "list")[0]["queued"] == 6
    test.button(key="run-cancel").click().run()
    assert not test.exception
    summary = own.json("runs", "list")[0]
    assert (summary["queued"], summary["outcomes"]["cancelled"], summary["status"]) == (0, 6, "cancelled")
    assert "run-cancel" not in buttons(test)
    assert next(m.value for m in test.metric if m.label == "Passed") == "50.0 %"  # of the other twelve, as in reports
    assert test.dataframe[0].value["noop"].iloc[0] == "cancelled"


def test_an_interrupted_run_is_resumed_in_the_background(app: OpenApp, own: Shell) -> None:
    write(own, f"UPDATE trial SET state = 'queued', outcome = NULL, solved_at = NULL WHERE {UNGRADED} AND position < 5")
    age(own)
    test = app("runs", shell=own, id=run_id(own))
    test.button(key="run-resume").click().run()
    assert not test.exception
    assert f"rexlab runs resume {run_id(own)}" in said(test)
    await_job(test, lambda: own.json("runs", "list")[0]["status"] == "finished")
    await_job(test, lambda: "run-regrade" in buttons(test))
    assert "run-resume" not in buttons(test)


def test_what_agents_and_people_named_is_text(app: OpenApp, own: Shell) -> None:
    write(own, "UPDATE run SET name = ?, revision = revision + 1", HOSTILE)
    write(own, "UPDATE agent SET label = ?, reference = 0", HOSTILE)
    write(own, "UPDATE trial SET detail = ?", HOSTILE * 200)
    for test in (app("runs", shell=own), app("runs", shell=own, id=run_id(own))):
        assert not test.exception
        kinds = (test.title, test.caption, test.markdown, test.warning)
        shown = [str(part.value) for kind in kinds for part in kind]
        shown += [str(part.proto.label) for part in test.get("page_link")]
        assert any("alert" in text for text in shown)
        for markup in ("<script", "![x](", "[x](", ":red[", "$x$", "\x1b", "\x00"):
            assert not [text for text in shown if markup in text.replace("\\" + markup[0], "")], markup


def test_a_run_whose_job_has_no_trial_yet_is_starting(
    app: OpenApp, own: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(own, "UPDATE trial SET state = 'queued', outcome = NULL WHERE position = 1")
    age(own)
    assert "unfinished" in said(app("runs", shell=own, id=run_id(own)))
    monkeypatch.setattr("webui.views.runs_one.job_of", lambda _: object())
    text = said(app("runs", shell=own, id=run_id(own)))
    assert "starting" in text
    assert "unfinished" not in text


@pytest.mark.parametrize("status", ["running", "unfinished"])
def test_a_run_with_a_claimed_trial_is_running_while_its_worker_lives(app: OpenApp, own: Shell, status: str) -> None:
    expires = time.time() + (3600 if status == "running" else -1)
    write(
        own,
        "UPDATE trial SET state = 'running', outcome = NULL, lease_owner = 'elsewhere|1|1.0', lease_expires = ? "
        "WHERE position = 1",
        expires,
    )
    age(own)
    test = app("runs", shell=own, id=run_id(own))
    assert not test.exception
    assert [metric.label for metric in test.metric] == (
        ["Passed", "Throughput", "Time left", "At work"] if status == "running" else ["Passed", "Took"]
    )
    assert ("no longer answer" in said(test)) is (status == "unfinished")
    assert ("run-resume" in buttons(test)) is (status == "unfinished")
