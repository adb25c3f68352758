"""RExBench's table: means over runs, a run being one attempt at every task."""

from itertools import product
from math import sqrt

import pytest
from tests.support.trials import Made, columns

from rexlab.reports.document import Estimate
from rexlab.reports.rexbench import rexbench
from rexlab.reports.view import View


def made(outcome, task, attempt, recall=1.0, **other):
    return Made(outcome, task=f"rex/{task}", attempt=attempt, functions=(), file_recall=recall, **other)


def rows_of(trials):
    return rexbench(View(columns(trials)))


def test_means_and_standard_errors_are_over_runs():
    section = rows_of(
        [
            made("passed", "a", 1, 1.0),
            made("wrong_result", "b", 1, 0.5),
            made("missing_result", "a", 2, 0.5),
            made("experiment_crashed", "b", 2, 0.0),
            made("passed", "a", 3, 1.0),
            made("passed", "b", 3, 1.0),
        ]
    )
    names = ["agent", "hints", "runs", "tasks", "final_success", "execution_success", "file_recall"]
    assert [c.name for c in section.columns] == names
    ((agent, hints, runs, tasks, final, executed, recall),) = section.rows
    assert (agent, hints, runs, tasks) == ("react", "default", 3, 2)
    # final: 1/2, 0, 1; executed: 1, 1/2, 1; recall: 3/4, 1/4, 1
    assert (final.value, final.error) == (pytest.approx(0.5), pytest.approx(0.5 / sqrt(3)))
    assert (executed.value, executed.error) == (pytest.approx(5 / 6), pytest.approx(sqrt(1 / 12) / sqrt(3)))
    assert (recall.value, recall.error) == (pytest.approx(2 / 3), pytest.approx(sqrt(7 / 48) / sqrt(3)))
    assert (final.low, final.high, final.reason) == (None, None, "")


def test_each_hint_level_has_its_row_and_masking_trials_have_none():
    trials = [
        made("passed", "a", 1),
        made("wrong_result", "a", 1, hint="hints"),
        made("wrong_result", "a", 1, agent="aider m", hint="more_detailed_hints"),
        Made("passed", functions=("f",)),
    ]
    rows = rows_of(trials).rows
    assert [(row[0], row[1], row[4].value) for row in rows] == [
        ("aider m", "more_detailed_hints", 0.0),
        ("react", "default", 1.0),
        ("react", "hints", 0.0),
    ]
    assert rows[0][4] == Estimate(0.0, reason="one run: no standard error")


def test_tasks_of_separate_runs_make_one_run_and_repeated_ones_several():
    apart = [made("passed", "a", k, run="r1") for k in (1, 2)] + [made("no_patch", "b", k, run="r2") for k in (1, 2)]
    section = rows_of(apart)
    assert section.rows[0][2:4] == [2, 2]
    assert section.rows[0][4] == Estimate(0.5, error=0.0)
    assert not any("lack" in note for note in section.notes)
    again = [
        made("passed" if r == "r1" else "no_patch", t, k, run=r) for r, t, k in product(("r1", "r2"), "ab", (1, 2))
    ]
    section = rows_of(again)
    assert section.rows[0][2:4] == [4, 2]
    assert section.rows[0][4].error == pytest.approx(sqrt(1 / 3) / 2)  # runs with 1, 1, 0 and 0
    assert not any("lack" in note for note in section.notes)


def test_a_run_that_lacks_a_task_is_named():
    section = rows_of([made("passed", "a", 1), made("no_patch", "b", 1), made("passed", "a", 2)])
    assert section.rows[0][4] == Estimate(0.75, error=pytest.approx(0.25))
    (note,) = (note for note in section.notes if "lack" in note)
    assert note.startswith("react, default: 1 of 2 runs lack some of the 2 tasks (the shortest has 1)")


def test_unknown_file_recall_is_left_out_and_named():
    nan = float("nan")
    section = rows_of([made("passed", "a", 1, 0.5), made("passed", "b", 1, nan), made("passed", "a", 2, nan)])
    assert section.rows[0][6] == Estimate(0.5, reason="one run: no standard error")
    assert "react, default: file recall of 2 of 3 trials is unknown, left out" in section.notes
    assert rows_of([made("passed", "a", 1, nan)]).rows[0][6] == Estimate(None, reason="no trial has a known value")


def test_infrastructure_errors_count_as_failures():
    section = rows_of([made("passed", "a", 1), made("infra_error", "b", 1, float("nan"))])
    assert section.rows[0][4].value == 0.5
    assert "infrastructure errors (1) count as failures" in section.notes


def test_without_extensions_there_is_no_such_section():
    assert rexbench(View(columns([Made("passed")]))) is None
    assert rexbench(View(columns([]))) is None
