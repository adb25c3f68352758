"""One run: by task and agent, phases, plan in words, what can be done, its report."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.support.stored import change, finish, plan_run, start

from rexlab.dashboard import runs_details
from rexlab.dashboard.runs_actions import actions_for
from rexlab.dashboard.runs_details import matrix_of, timings_of
from rexlab.dashboard.runs_plan import budget_in_words, plan_in_words
from rexlab.dashboard.runs_report import FORMATS, report_file
from rexlab.gateway.contract import Budget
from rexlab.store.database import open_engine
from rexlab.store.models import Outcome, State
from rexlab.store.progress import Progress, progress_of
from rexlab.store.queries import find_run
from rexlab.store.records import cancel_queued


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    yield opened
    opened.dispose()


def progress(engine: Engine) -> Progress:
    return progress_of(engine, ["r1"])["r1"]


def names(engine: Engine, *, job: bool = False) -> list[str]:
    return [action.name for action in actions_for(progress(engine), job_at_work=job)]


def test_the_matrix_has_a_cell_per_task_and_agent(engine: Engine) -> None:
    trials = plan_run(engine, trials=8)  # deis and lion twice, oracle and noop in turns
    finish(engine, trials[0])
    finish(engine, trials[4], Outcome.WRONG_RESULT)
    finish(engine, trials[1], Outcome.NO_PATCH)
    start(engine, trials[2])
    found = matrix_of(engine, "r1")
    assert found.tasks == ["classic/deis", "classic/lion"]
    assert found.agents == [("a-oracle", "oracle [ref]"), ("a-noop", "noop")]
    cell = found.cells["classic/deis", "a-oracle"]
    assert cell.outcomes == Counter({Outcome.PASSED: 1, Outcome.WRONG_RESULT: 1})
    assert (cell.share, cell.text) == (0.5, "1/2")
    assert (found.cells["classic/deis", "a-noop"].share, found.cells["classic/deis", "a-noop"].text) == (0.0, "0/1 +1")
    waiting = found.cells["classic/lion", "a-oracle"]
    assert (waiting.share, waiting.text) == (None, "+2")
    finish(engine, trials[5], Outcome.CANCELLED)
    cell = matrix_of(engine, "r1").cells["classic/deis", "a-noop"]
    assert (cell.share, cell.text) == (0.0, "0/1"), "cancelled trials count for nothing, as in reports"
    assert waiting.unfinished == Counter({State.RUNNING: 1, State.QUEUED: 1})


def test_phases_have_median_and_ninetieth_percentile_per_agent(engine: Engine) -> None:
    trials = plan_run(engine, trials=22, agents=["noop"], tasks=["classic/deis"])
    for number, trial in enumerate(trials[:11]):
        finish(engine, trial, prepare=1.0, solve=float(number))
    found = timings_of(engine, "r1")
    assert [(p.agent, p.phase, p.trials, p.median_s, p.high_s) for p in found.phases] == [
        ("noop", "prepare", 11, 1.0, 1.0),
        ("noop", "solve", 11, 5.0, 9.0),
    ]
    assert (found.looked_at, found.is_sample) == (11, False)


def test_of_many_trials_the_last_ones_are_timed_and_that_is_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_details, "MOST_TIMED", 2)
    for number, trial in enumerate(plan_run(engine, trials=3, agents=["noop"])):
        finish(engine, trial, solve=float(number))
    found = timings_of(engine, "r1")
    assert [(p.trials, p.median_s) for p in found.phases] == [(2, 1.5)]
    assert found.is_sample


def test_a_run_of_which_nothing_has_finished_has_no_phases(engine: Engine) -> None:
    plan_run(engine)
    assert timings_of(engine, "r1").phases == []


def test_the_plan_is_told_in_words(engine: Engine) -> None:
    plan_run(
        engine,
        masks=[1, 2],
        attempts=3,
        sample=5,
        sandbox="bubblewrap",
        seed=7,
        models=["openai/m"],
        budget={"usd": 1.5, "calls": 2000, "tokens": None, "seconds": None},
        lifted=["tokens"],
        agent_timeout=90.0,
        mode="replay",
        cassettes="/kept",
        attribute=True,
    )
    found = dict(plan_in_words(engine, find_run(engine, "r1")))
    del found["Planned"]
    assert found == {
        "Tasks": "2: classic/deis, classic/lion",
        "Agents": "2: oracle [ref], noop",
        "Masked functions": "1, 2; 5 variants drawn per task and number",
        "Attempts": "3 of each agent at each variant",
        "Sandbox": "bubblewrap",
        "Budget of a trial": "1.50 USD, 2,000 calls; beyond that the harness's own; the harness's own limits on tokens "
        "do not hold",
        "Budget of the run": "none",
        "Time of an agent": "1 min 30 s",
        "Models' answers": "replayed from /kept",
        "Functions alone": "each masked function is judged alone too",
        "Seed": "7",
        "Digest": "d1",
        "rexlab": "0.1.0",
    }


def test_an_older_runs_plan_says_what_was_not_recorded(engine: Engine) -> None:
    plan_run(engine, tasks=["classic/deis"], agents=["noop"], limit=4, chains=2)
    found = dict(plan_in_words(engine, find_run(engine, "r1")))
    assert found["Sandbox"] == "not recorded"
    assert found["Masked functions"] == "1; 2 chains of nested variants per task, at most 4 per task"
    assert "Models' answers" not in found


def test_a_budget_without_limits_has_no_words() -> None:
    assert budget_in_words(Budget()) == ""
    assert budget_in_words(Budget(tokens=5000, seconds=30)) == "5,000 tokens, 30.0 s"


def test_a_fresh_run_can_be_resumed_or_cancelled(engine: Engine) -> None:
    plan_run(engine)
    assert names(engine) == ["cancel", "resume"]
    assert names(engine, job=True) == ["cancel"]


def test_a_run_at_work_can_only_be_cancelled_and_that_once(engine: Engine) -> None:
    trials = plan_run(engine)
    finish(engine, trials[0], Outcome.INFRA_ERROR)
    start(engine, trials[1])
    assert names(engine) == ["cancel"]
    cancel_queued(engine, "r1")
    assert names(engine) == []


def test_what_dead_workers_left_can_be_resumed(engine: Engine) -> None:
    (trial,) = plan_run(engine, trials=1)
    start(engine, trial)
    change(engine, trial, lease_expires=1.0)
    assert names(engine) == ["cancel", "resume"]


def test_a_finished_run_can_be_graded_again_and_its_infrastructure_errors_repeated(engine: Engine) -> None:
    good, bad, lazy = plan_run(engine, trials=3)
    finish(engine, lazy, Outcome.NO_PATCH)
    finish(engine, bad, Outcome.INFRA_ERROR)
    assert names(engine) == ["cancel"]  # a moment ago somebody worked on it
    for trial in (lazy, bad):
        change(engine, trial, finished_at=1.0)
    assert names(engine) == ["cancel", "resume", "retry"]
    finish(engine, good)
    found = {action.name: action for action in actions_for(progress(engine), job_at_work=False)}
    assert list(found) == ["retry", "regrade"]
    assert found["retry"].arguments == ("runs", "retry", "r1", "--outcome", "infra_error")
    assert found["regrade"].arguments == ("regrade", "r1")
    assert "1 trial again" in found["regrade"].about
    assert names(engine, job=True) == []


def test_reports_are_made_in_every_format_that_is_offered(engine: Engine) -> None:
    for trial in plan_run(engine):
        finish(engine, trial)
    made = {written.name: report_file(engine, "r1", written.name) for written in FORMATS}
    assert made["html"].startswith(b"<!DOCTYPE html>")
    assert b"rexlab report r1 --format html" in made["html"]
    assert json.loads(made["json"])["runs"] == ["r1"]
    head, *lines = made["csv"].decode().splitlines()
    assert "task" in head.split(",")
    assert len(lines) == 4
