"""The page Tasks: the list and its filters, one task in all its parts, hostile texts, and what cannot be shown."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tests.support.said import said
from tests.support.shell import Shell
from tests.webui.conftest import OpenApp
from webui.parts import pages

from rexlab.dashboard.calibration import check_in_words
from rexlab.task.load import load_task

ID = "tiny/moments"
EVIL = "<script>alert(1)</script> ![x](http://evil.example/x.png) :red[x] :material/home:"


def rows(test: AppTest, title: str = "Task") -> list[dict[str, object]]:
    """Those of the first table that has a column of this title."""
    found = next(frame for frame in test.dataframe if title in frame.value.columns)
    return [dict(row) for row in found.value.to_dict(orient="records")]


def part(app: OpenApp, name: str, *, task: str = ID, shell: Shell | None = None) -> AppTest:
    test = app("tasks", id=task, part=name, shell=shell)
    assert not test.exception
    assert test.segmented_control(key="part").value == name
    return test


@pytest.fixture
def edited(bare: Shell) -> Iterator[Shell]:
    """A shell with suites of its own, on an empty store: ``tiny`` to be edited."""
    suites = bare.folder / "suites"
    shutil.copytree(Path(bare.environment["REXLAB_TASKS_PATH"]) / "tiny", suites / "tiny")
    bare.variables["REXLAB_TASKS_PATH"] = str(suites)
    yield bare


def manifest(shell: Shell) -> Path:
    return shell.folder / "suites" / "tiny" / "moments" / "task.toml"


def test_all_tasks_are_listed_with_their_past_results(app: OpenApp) -> None:
    test = app("tasks")
    found = {row["Task"]: row for row in rows(test)}
    assert {"tiny/moments", "classic/lion", "extension/lion-cautious"} <= set(found)
    row = found[ID]
    assert (row["Kind"], row["Functions"], row["Experiments"]) == ("masking", 3, "2 + 1 hidden")
    assert (row["Title"], row["Year"], row["Tags"]) == ("Moments of a sample", 2026, "test")
    assert (row["Trials"], row["Best agent"]) == (18, "0/6 noop")
    assert found["classic/lion"]["Trials"] == 0
    assert f"{len(found)} tasks in 3 suites" in said(test)


def test_filters_leave_some_tasks_and_are_in_the_address(app: OpenApp) -> None:
    test = app("tasks", find="sign momentum", suite="classic")
    assert [row["Task"] for row in rows(test)] == ["classic/lion"]
    assert "1 of " in said(test)
    test.text_input(key="find").set_value("").run()
    assert {str(row["Task"]).partition("/")[0] for row in rows(test)} == {"classic"}
    test.multiselect(key="suite").set_value([]).run()
    test.multiselect(key="kind").set_value(["extension"]).run()
    assert {row["Kind"] for row in rows(test)} == {"extension"}
    test.multiselect(key="tag").set_value(["test"]).run()
    assert not test.dataframe
    assert "No task fits the filters" in said(test)


def test_a_task_that_does_not_load_is_listed_and_its_page_says_why(app: OpenApp, edited: Shell) -> None:
    manifest(edited).write_text(manifest(edited).read_text().replace('kind = "masking"', 'kind = "knitting"'))
    test = app("tasks", shell=edited)
    row = next(row for row in rows(test) if row["Task"] == ID)
    assert row["Kind"] == "does not load"
    assert "task.kind" in str(row["Title"])
    assert "1 of them cannot be loaded" in said(test)
    test = app("tasks", shell=edited, id=ID)
    assert not test.exception
    assert "task.kind" in test.code[0].value
    assert not test.button


def test_an_edit_of_a_manifest_shows_up(app: OpenApp, edited: Shell) -> None:
    test = app("tasks", shell=edited, id=ID)
    assert test.title[0].value == "Moments of a sample"
    manifest(edited).write_text(manifest(edited).read_text().replace("Moments of a sample", "Other moments of it"))
    assert test.run().title[0].value == "Other moments of it"


def test_an_unknown_task_has_a_clear_page(app: OpenApp) -> None:
    test = app("tasks", id="tiny/<b>nowhere")
    assert not test.exception
    assert "There is no task tiny/<b>nowhere." in said(test)
    assert not test.segmented_control


def test_the_paper_is_drawn_with_its_maths(app: OpenApp) -> None:
    test = app("tasks", id="classic/lion")
    assert test.segmented_control(key="part").value == "Paper"
    drawn = "\n".join(m.value for m in test.markdown)
    assert "$\\beta_1 = 0.9$" in drawn
    assert "\n$$\nc_t = \\beta_1 m_{t-1} + (1 - \\beta_1) g_t,\n$$\n" in drawn
    test.toggle(key="paper-source").set_value(True).run()
    assert test.code[0].value.startswith("# Symbolic discovery of optimization algorithms: Lion")


def test_the_code_has_a_tree_a_file_and_the_chosen_function(app: OpenApp) -> None:
    test = part(app, "Code")
    text = said(test)
    assert "3 functions that can be masked" in text
    assert "can be masked: mean (lines" in text
    assert "Arithmetic mean of a list of numbers" in text
    assert "Experiments that depend on it: batch, batch-long" in text
    assert test.code[0].value.startswith("def mean(")
    assert "def variance(" in test.code[1].value
    test.button(key="function-moments/online.py:Welford.push").click().run()
    assert "Take one more number into the running count" in said(test)
    assert test.code[0].value.startswith("def push(")
    test.button(key="file-experiments/batch.py").click().run()
    assert len(test.code) == 1
    assert "experiments/batch.py" in said(test)


def test_a_function_has_its_past_results(app: OpenApp) -> None:
    found = {row["Agent"]: row for row in rows(part(app, "Code"), "Masked")}
    assert (found["oracle [ref]"]["Rate"], found["noop"]["Rate"]) == ("100.0 %", "0.0 %")
    assert found["noop"]["Masked"] == 3


def test_experiments_have_their_checks_in_words_and_say_that_evidence_is_missing(app: OpenApp, filled: Shell) -> None:
    test = part(app, "Experiments")
    assert test.code[0].value == "python -m experiments.batch --seed {seed} --out results/batch.json"
    task = load_task(Path(filled.environment["REXLAB_TASKS_PATH"]) / "tiny" / "moments")
    shown = {row["Metric"]: row["Passes when"] for row in rows(test, "Metric")}
    assert shown == {m.name: check_in_words(m.check) for m in task.experiments[0].metric}
    assert "Seeds 1, 2. At most 20.0 s. Depends on mean, variance." in said(test)
    assert test.code[-1].value == f"rexlab task calibrate {ID}"
    test.segmented_control(key="experiment").set_value("batch-long").run()
    assert "The agent is never told of this experiment" in said(test)


def test_the_evidence_is_plotted_and_in_a_table(app: OpenApp) -> None:
    test = part(app, "Experiments", task="classic/lion")
    assert "5 reference runs" in said(test)
    assert len(test.get("plotly_chart")) == 1
    assert "in 5 reference runs every value passes." in said(test)
    assert rows(test, "Passes from")[0]["Run 5"] == "1.1492038"
    test.selectbox(key="metric-compare").set_value("correct-lion").run()
    (row,) = rows(test, "Passes from")
    assert (row["Target"], row["Passes from"], row["to"], row["Run 1"]) == ("743", "742", "744", "743")
    assert "correct-lion passes when it is within 1 of 743" in said(test)


def test_instructions_are_shown_by_hint_level(app: OpenApp) -> None:
    test = part(app, "Instructions", task="extension/lion-cautious")
    assert "### Hints" not in test.code[0].value
    test.segmented_control(key="hints").set_value("hints").run()
    assert "### Hints" in test.code[0].value
    assert "More detailed hints" not in test.code[0].value
    assert test.expander[0].label == "The reference patch: this is the solution"
    assert test.code[1].value.startswith("diff --git")


def test_a_masking_task_has_no_instructions(app: OpenApp) -> None:
    assert "Instructions" not in app("tasks", id=ID).segmented_control(key="part").options


def test_results_are_those_of_the_report_and_trials_are_listed(app: OpenApp, filled: Shell) -> None:
    test = part(app, "Results")
    shown = {(row["Agent"], row["Masks"]): row["Passed"] for row in rows(test, "Credit")}
    report = json.loads(filled("report", "latest", "--by", "agent,masks", "--format", "json").stdout)
    wanted = {
        (row["agent"], row["masks"]): f"{row['passed']}/{row['passed_of']}"
        for row in report["sections"]["success"]["rows"]
    }
    assert shown == wanted
    assert "18 trials, the newest first." in said(test)
    assert len(rows(test, "Trial")) == 18
    test.selectbox(key="task-outcome").set_value("passed").run()
    assert {row["Outcome"] for row in rows(test, "Trial")} == {"\N{BLACK CIRCLE} passed"}
    test.selectbox(key="task-outcome").set_value("queued").run()
    assert "No trial of this task ended so." in said(test)


def test_a_task_without_results_says_how_to_get_some(app: OpenApp) -> None:
    test = part(app, "Results", task="classic/lion")
    assert "No trial of this task yet" in said(test)
    assert test.code[0].value == "rexlab run classic/lion --harness oracle,noop --masks 1 --limit 2"


def test_about_has_the_facts_and_the_readme(app: OpenApp) -> None:
    test = part(app, "About", task="classic/lion")
    shown = [text.value for text in test.text]
    assert "numpy==2.3.5\nscikit-learn==1.9.1" in shown
    assert "1 CPU, 1,024 MB of memory, at most 30.0 s for an experiment" in shown
    assert any(len(value) == 64 and set(value) <= set("0123456789abcdef") for value in shown)
    assert any("### lion" in m.value for m in test.markdown)
    assert "The task's folder has no README.md." in said(part(app, "About"))


@pytest.mark.parametrize(
    ("label", "page", "query"),
    [
        ("Start a run with this task", "new-run", {"tasks": ID}),
        ("Edit", "author", {"id": ID}),
    ],
)
def test_actions_lead_to_their_pages(
    app: OpenApp, monkeypatch: pytest.MonkeyPatch, label: str, page: str, query: dict[str, str]
) -> None:
    went: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr("webui.views.tasks_one.go", lambda name, **asked: went.append((name, asked)))
    test = app("tasks", id=ID)
    next(button for button in test.button if button.label == label).click().run()
    assert went == [(page, query)]
    assert page in pages.PAGES


def test_a_read_only_server_starts_and_changes_nothing(app: OpenApp, own: Shell) -> None:
    own.variables["REXLAB_UI_READ_ONLY"] = "1"
    test = app("tasks", id=ID, shell=own)
    assert not {"Start a run with this task", "Edit"} & {button.label for button in test.button}


def test_hostile_texts_are_shown_as_text(app: OpenApp, edited: Shell) -> None:
    folder = manifest(edited).parent
    evil = json.dumps(EVIL)
    text = manifest(edited).read_text()
    for line in ('title = "Moments of a sample"', 'title = "On the moments of a sample"'):
        text = text.replace(line, f"title = {evil}")
    text = text.replace('description = "Moments of a pseudo-random sample"', f"description = {evil}")
    text = text.replace('description = "Arithmetic mean', f"description = {evil[:-1]} Arithmetic mean")
    manifest(edited).write_text(text)
    for name in ("paper.md", "README.md"):
        (folder / name).write_text(EVIL)
    (folder / "code" / ":red[x] <b>.txt").write_bytes(b"\x1b[31m\xff" + b"x" * 200_000)
    for name in ("Paper", "Code", "Experiments", "Results", "About"):
        test = part(app, name, shell=edited)
        for kind in (test.markdown, test.caption, test.title, test.button, test.subheader):
            for shown in kind:
                written = str(getattr(shown, "label", None) or shown.value)
                assert "<script>" not in written, written
                assert "![x](" not in written, written
                assert ":red[x]" not in written, written
                assert not any(f":{word}" in written for word in ("material/home", "material_home")), written
