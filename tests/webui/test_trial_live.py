"""The page Trial while the trial is at work: what it prints stands below Logs, as text."""

from pathlib import Path

from tests.support.shell import Shell
from tests.webui.conftest import OpenApp
from tests.webui.test_trial import HOSTILE, change, engine_of, first, said, whole

from rexlab.sandbox.live import Output
from rexlab.store.database import writing
from rexlab.store.models import RunRow, State
from rexlab.store.queries import find_trial

PHASE = "experiment <b>lion</b>, seed 0"


def at_work(shell: Shell) -> tuple[str, Path]:
    """A trial that is at work again, and where what it prints is published."""
    trial = first(shell, "oracle")
    change(shell, trial, state=State.RUNNING, outcome=None, finished_at=None)
    folder = shell.home / "work" / f"{trial}-1"
    folder.mkdir(parents=True)
    return trial, folder / "live"


def test_phase_and_last_lines_are_shown(app: OpenApp, own: Shell) -> None:
    trial, live = at_work(own)
    live.write_bytes(Output(PHASE, 100.0, 100.0, 10**6, f"cut off\n{HOSTILE}\n".encode()).encode())
    test = app("trial", shell=own, id=trial, tab="Logs")
    whole(test)
    assert "experiment \\<b\\>lion" in said(test).replace("Experiment", "experiment")
    assert "1.0 MB printed" in said(test).replace("\\", "")
    shown = test.code[0].value
    assert "cut off" not in shown
    assert "<script>alert(1)</script>" in shown
    assert shown.rstrip().endswith("red")  # the colour is gone, the word is not


def test_without_anything_published_it_is_said_why(app: OpenApp, own: Shell) -> None:
    trial, _ = at_work(own)
    test = app("trial", shell=own, id=trial, tab="Logs")
    whole(test)
    assert "Nothing is known of what it prints" in said(test)


def test_a_broker_that_nobody_named_is_an_error_in_words(app: OpenApp, own: Shell) -> None:
    trial, _ = at_work(own)
    engine = engine_of(own)
    with writing(engine) as session:
        session.get(RunRow, find_trial(engine, trial).trial.run_id).executor = "celery"
    test = app("trial", shell=own, id=trial, tab="Logs")
    assert not test.exception
    assert "REXLAB" in test.error[0].value
