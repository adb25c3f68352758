"""The trajectory and the logs of a trial: found, filtered, searched, paged, or their absence explained."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlmodel import select
from streamlit.testing.v1 import AppTest
from tests.support.shell import Shell
from tests.support.trajectories import small
from tests.webui.conftest import OpenApp

from rexlab.settings import Settings
from rexlab.store.artifacts import Artifacts
from rexlab.store.database import open_engine, reading, writing
from rexlab.store.models import ArtifactRow, State, TrialRow


def first_trial(shell: Shell) -> str:
    engine = open_engine(Settings(home=shell.home).store_url)
    with reading(engine) as session:
        found = session.exec(select(TrialRow.id).order_by(TrialRow.id)).first()
    engine.dispose()
    assert found is not None
    return found


def keep(shell: Shell, *files: tuple[str, str, bytes]) -> str:
    """Add files to the first trial; returns its id."""
    settings = Settings(home=shell.home)
    trial = first_trial(shell)
    engine, artifacts = open_engine(settings.store_url), Artifacts(settings.artifact_root)
    with writing(engine) as session:
        session.add_all([artifacts.save(trial, 9, *file) for file in files])
    engine.dispose()
    return trial


def labels(test: AppTest) -> list[str]:
    """Of the steps that are listed, without what keeps markdown from being read."""
    return [box.label.replace("\\", "").replace(":small[]", "") for box in test.expander if box.label.startswith("**")]


def said(test: AppTest) -> str:
    return "\n".join(c.value.replace("\\", "") for c in test.caption)


@pytest.fixture
def opened(app: OpenApp, own: Shell, tmp_path: Path) -> AppTest:
    trial = keep(own, ("trajectory", "trajectory.json", small(tmp_path)))
    return app("trial", shell=own, id=trial, tab="Trajectory")


def test_steps_are_listed_with_their_sums(opened: AppTest) -> None:
    assert not opened.exception
    shown = {metric.label: metric.value for metric in opened.metric}
    assert (shown["Steps"], shown["Tool calls"], shown["Tokens"], shown["Cost"]) == ("5", "3", "2,430", "$0.03")
    assert labels(opened) == [
        "**1** system · You write code.",
        "**2** user · Make the experiment run.",
        "**3** agent :gray[bash] · I look around. All of it.",
        "**4** agent :gray[bash, edit] :red[:material/error: error] · cat > model.py",
        "**5** agent · Done.",
    ]
    assert not [code for code in opened.code if "Traceback" in code.value], "steps are read when they are opened"


@pytest.mark.parametrize(("only", "numbers"), [("user", "2"), ("agent", "345"), ("tool calls", "34"), ("errors", "4")])
def test_steps_are_chosen_by_what_they_are(opened: AppTest, only: str, numbers: str) -> None:
    show = next(group for group in opened.button_group if group.label == "Show")
    show.set_value(only).run()
    assert "".join(label[2] for label in labels(opened)) == numbers
    assert f"{len(numbers)} of 5 steps are shown." in said(opened)


def test_steps_are_searched(opened: AppTest) -> None:
    opened.text_input[0].set_value("NEEDLE").run()
    assert labels(opened) == [
        "**4** agent :gray[bash, edit] :red[:material/error: error] · …Traceback (most recent call last): "
        "ValueError: :orange-background[needle] 漢字…"
    ]
    assert "1 of 5 steps hold “NEEDLE”." in said(opened)
    opened.text_input[0].set_value("nowhere").run()
    assert labels(opened) == []
    assert [info.value for info in opened.info] == [r"No step is left\. Look for something else\, or show all steps\."]


def test_a_step_is_gone_to(app: OpenApp, own: Shell) -> None:
    steps = [{"source": "agent", "message": f"words {n}"} for n in range(1, 51)]
    trial = keep(own, ("trajectory", "trajectory.json", json.dumps({"steps": steps}).encode()))
    test = app("trial", shell=own, id=trial, tab="Trajectory")
    assert len(labels(test)) == 20
    test.number_input[0].set_value(45).run()
    assert [label.split("words ")[1] for label in labels(test)] == [str(n) for n in range(41, 51)]
    assert "words 45" in [code.value for code in test.code]


def test_attempts_can_be_chosen_and_what_is_no_trajectory_is_text(app: OpenApp, own: Shell, tmp_path: Path) -> None:
    trial = keep(
        own,
        ("trajectory", "trajectory.json", small(tmp_path)),
        ("attempt_trajectory", "attempt-2-trajectory.json", b"\x1b[1mI am <b>no</b> JSON\n"),
    )
    test = app("trial", shell=own, id=trial, tab="Trajectory")
    attempt = next(box for box in test.selectbox if box.label == "Attempt")
    assert attempt.options == ["Trajectory (2.2 kB)", "Trajectory of attempt 2 (24 bytes)"]
    attempt.select_index(1).run()
    assert [w.value.replace("\\", "") for w in test.warning][-1:] == [
        "The file is no ATIF trajectory: it is not a JSON object."
    ]
    assert test.code[-1].value.endswith("I am <b>no</b> JSON")


def test_a_harness_without_a_model_has_none(app: OpenApp, filled: Shell) -> None:
    test = app("trial", id=first_trial(filled), tab="Trajectory")
    assert "asks no model here" in test.info[-1].value


def test_a_running_trial_will_have_one(app: OpenApp, own: Shell) -> None:
    engine = open_engine(Settings(home=own.home).store_url)
    with writing(engine) as session:
        trial = session.get(TrialRow, first_trial(own))
        assert trial is not None
        trial.state, trial.solved_at = State.RUNNING, None
        session.add(trial)
        name = trial.id
    engine.dispose()
    test = app("trial", shell=own, id=name, tab="Trajectory")
    assert "The trajectory comes when the agent has ended" in test.info[-1].value


def test_a_log_is_shown_from_its_end_by_pages_and_by_a_search(app: OpenApp, own: Shell) -> None:
    log = "".join(f"\x1b[32mline\x1b[0m {n}\n" for n in range(1, 1_001)).encode()
    trial = keep(own, ("agent_stderr", "agent-stderr.txt", log))
    test = app("trial", shell=own, id=trial, tab="Logs")
    file = next(box for box in test.selectbox if box.label == "File")
    file.select_index(next(n for n, name in enumerate(file.options) if name.startswith("Agent's errors"))).run()
    assert "The last 200 lines; earlier ones exist." in said(test)
    assert test.code[-1].value.split("\n")[0::199] == ["line 801", "line 1000"]

    part = next(group for group in test.button_group if group.label == "Part")
    part.set_value("From the beginning").run()
    assert "Lines 1 to 100 of 1,000." in said(test)
    assert test.code[-1].value.split("\n")[99] == "100   line 100"

    part = next(group for group in test.button_group if group.label == "Part")
    part.set_value("Search").run()
    test.text_input[0].set_value("\x1b[0m 77").run()
    assert "11 lines with “" in said(test)
    test.text_input[0].set_value("nowhere").run()
    assert "No line holds" in test.info[-1].value


def test_a_trial_that_printed_nothing_says_so(app: OpenApp, own: Shell) -> None:
    engine = open_engine(Settings(home=own.home).store_url)
    with writing(engine) as session:
        session.execute(delete(ArtifactRow))
    engine.dispose()
    test = app("trial", shell=own, id=first_trial(own), tab="Logs")
    assert "Nothing was printed" in test.info[-1].value
