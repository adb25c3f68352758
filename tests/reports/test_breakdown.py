"""Outcomes by agent, success by task."""

import pytest
from tests.support.trials import Made, columns

from rexlab.reports.breakdown import outcomes, tasks
from rexlab.reports.document import Estimate, Share
from rexlab.reports.view import View
from rexlab.stats.rates import wilson

TRIALS = [
    Made("passed", agent="react m", task="s/a"),
    Made("wrong_result", agent="react m", task="s/a"),
    Made("infra_error", agent="react m", task="s/a"),
    Made("passed", agent="react m", task="s/b"),
    Made("agent_timeout", agent="aider m", task="s/b"),
    Made("infra_error", agent="aider m", task="s/a"),
]


def test_every_trial_is_in_one_column_of_its_agents_row():
    section = outcomes(View(columns(TRIALS)))
    names = [c.name for c in section.columns]
    assert names == ["agent", "trials", "passed", "wrong_result", "agent_timeout", "infra_error"]
    assert section.rows == [["aider m", 2, 0, 0, 1, 1], ["react m", 4, 2, 1, 0, 1]]


def test_a_task_counts_without_infrastructure_errors():
    section = tasks(View(columns(TRIALS)))
    cells = {(row[0], row[1]): (row[2], row[3]) for row in section.rows}
    assert list(cells) == [("s/a", "aider m"), ("s/a", "react m"), ("s/b", "aider m"), ("s/b", "react m")]
    share, rate = cells["s/a", "react m"]
    edges = wilson(1, 2)
    assert share == Share(1, 2)
    assert (rate.value, rate.low, rate.high) == (0.5, edges.low, edges.high)
    assert cells["s/a", "aider m"] == (Share(0, 0), Estimate(None, reason="no trial counts"))
    assert "2 of 6 trials ended with an infrastructure error and are left out" in section.notes


@pytest.mark.parametrize("build", [outcomes, tasks])
def test_nothing_finished_gives_no_row_and_says_so(build):
    section = build(View(columns([], planned=3)))
    assert (section.rows, section.notes) == ([], ["no trial has finished"])
