"""What success costs."""

import math

import pytest
from tests.support.trials import Made, columns

from rexlab.reports.document import Section, Share
from rexlab.reports.spending import cost
from rexlab.reports.view import View


def section(*made: Made) -> Section:
    return cost(View(columns(made)))


def rows(found: Section) -> dict[str, dict[str, object]]:
    names = [c.name for c in found.columns]
    return {str(row[0]): dict(zip(names, row, strict=True)) for row in found.rows}


def spent(outcome: str, usd: float, tokens: int, agent: str = "react m", **more: object) -> Made:
    return Made(outcome, agent, calls=2, tokens=tokens, cost=usd, wall=10.0, solving=4.0, **more)  # type: ignore[arg-type]


def test_per_trial_and_per_success_by_hand() -> None:
    found = section(spent("passed", 1.0, 100), spent("wrong_result", 2.0, 300), spent("agent_timeout", 3.0, 500))
    row = rows(found)["react m"]
    assert row["trials"] == 3
    assert row["passed"] == Share(1, 3)
    assert row["calls_per_trial"] == 2
    assert row["tokens_per_trial"] == 300
    assert row["usd_per_trial"] == 2
    assert row["usd_per_success"] == 6  # failures are paid for too
    assert row["wall_s_per_trial"] == 10
    assert row["wall_s_per_success"] == 30
    assert row["solving_s_per_trial"] == 4
    assert row["front"] is True


def test_gpu_seconds_only_where_tasks_ask_for_gpus() -> None:
    assert not any("gpu" in c.name for c in section(spent("passed", 1.0, 1)).columns)
    found = section(
        spent("passed", 1.0, 1, task="a/one", gpus=2),
        spent("wrong_result", 1.0, 1, task="a/two"),
        spent("passed", 1.0, 1, agent="aider m", task="a/two"),
    )
    assert rows(found)["react m"]["gpu_s_per_trial"] == 10  # two GPUs for 10 s, none for 10 s, over two trials
    assert rows(found)["react m"]["gpu_s_per_success"] == 20
    assert rows(found)["aider m"]["gpu_s_per_trial"] == 0


def test_unknown_wall_of_a_trial_without_gpu_leaves_gpu_seconds_known() -> None:
    found = section(
        spent("passed", 1.0, 1, task="a/one", gpus=1),
        Made("passed", "react m", task="a/two", calls=1, cost=1.0, solving=1.0),
    )
    row = rows(found)["react m"]
    assert row["wall_s_per_trial"] is None
    assert row["gpu_s_per_trial"] == 5
    assert "wall seconds unknown, so no figure rests on it: react m (1 trials)" in found.notes


def test_an_unknown_price_stays_unknown_and_is_off_the_front() -> None:
    found = section(
        spent("passed", math.nan, 100),
        spent("passed", 1.0, 100),
        spent("wrong_result", 5.0, 100, agent="aider m"),
    )
    row = rows(found)["react m"]
    assert row["usd_per_trial"] is None
    assert row["usd_per_success"] is None
    assert row["tokens_per_trial"] == 100
    assert row["front"] is None
    assert rows(found)["aider m"]["front"] is True
    assert "USD unknown, so no figure rests on it: react m (1 trials)" in found.notes


def test_nothing_passed_has_no_cost_per_success() -> None:
    found = section(spent("wrong_result", 1.0, 100))
    row = rows(found)["react m"]
    assert row["usd_per_success"] is None
    assert row["wall_s_per_success"] is None
    assert row["usd_per_trial"] == 1
    assert "nothing passed, so nothing can be said per success: react m" in found.notes


def test_an_agent_that_asks_no_model_costs_nothing_and_that_is_said() -> None:
    found = section(Made("passed", "command", wall=1.0, solving=1.0))
    row = rows(found)["command"]
    assert row["usd_per_trial"] == 0
    assert row["usd_per_success"] == 0
    assert "no model was asked, so calls, tokens and USD are 0: command" in found.notes


def test_infrastructure_errors_are_left_out_with_what_they_used() -> None:
    found = section(
        spent("passed", 1.0, 100),
        spent("infra_error", 4.0, 50),
        Made("infra_error", "react m", calls=1, tokens=7),
    )
    assert rows(found)["react m"]["usd_per_success"] == 1
    assert rows(found)["react m"]["passed"] == Share(1, 1)
    assert (
        "infrastructure errors are left out: 2 trials, which used 57 tokens and 4 USD and, in 1 of them, an unknown "
        "amount" in found.notes
    )


def test_front_leaves_out_references_and_keeps_scripts_apart() -> None:
    found = section(
        Made("passed", "oracle", wall=1.0, solving=1.0),
        spent("passed", 3.0, 1, agent="aider good"),
        spent("wrong_result", 1.0, 1, agent="aider cheap"),
        spent("wrong_result", 2.0, 1, agent="aider beaten"),
        spent("passed", 0.0, 1, agent="aider scripted", simulated=True),
    )
    assert {name: row["front"] for name, row in rows(found).items()} == {
        "oracle [ref]": None,
        "aider good": True,
        "aider cheap": True,
        "aider beaten": False,
        "aider scripted [sim]": True,
    }
    assert "[ref] rows are not on the front: they were handed the solution" in found.notes
    assert "[sim] rows have a front of their own, apart from that of real models" in found.notes


def test_rate_has_an_interval_over_papers() -> None:
    found = section(
        *(spent(o, 1.0, 1, task=f"a/{t}") for t in range(6) for o in ("passed", "wrong_result")[: 1 + t % 2])
    )
    rate = rows(found)["react m"]["rate"]
    assert rate.value == pytest.approx(6 / 9)  # type: ignore[attr-defined]
    assert rate.low < rate.value < rate.high  # type: ignore[attr-defined]


@pytest.mark.parametrize("made", [[], [Made("infra_error", "react m", calls=1, tokens=1)]])
def test_without_a_trial_there_is_a_note_instead_of_rows(made: list[Made]) -> None:
    found = section(*made)
    assert found.rows == []
    assert "no trial says anything about an agent's cost" in found.notes
