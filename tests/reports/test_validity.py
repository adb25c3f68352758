"""Claims against the re-run; references that fail and changes that pass."""

import pytest
from tests.support.trials import Made, columns

from rexlab.reports.document import Estimate, Section, Share
from rexlab.reports.validity import benchmark, claims
from rexlab.reports.view import View


def claim_section(*made: Made) -> Section:
    return claims(View(columns(made)))


def benchmark_section(*made: Made) -> Section:
    return benchmark(View(columns(made)))


def claimed(outcome: str, made: int, held: int, claim: int, agent: str = "react m") -> Made:
    return Made(outcome, agent, claims_made=made, claims_held=held, claim=claim)


def test_claims_by_hand() -> None:
    found = claim_section(
        claimed("passed", 4, 4, 1),
        claimed("wrong_result", 4, 1, 1),
        claimed("wrong_result", 2, 2, 0),
        claimed("no_patch", 0, 0, 0),
        claimed("infra_error", 9, 9, 1),
    )
    names = [c.name for c in found.columns]
    assert names == ["agent", "made", "held", "false", "claimed_success", "of_these_passed"]
    assert found.rows == [["react m", 10, Share(7, 10), Share(1, 3), Share(2, 4), Share(1, 2)]]


def test_agents_that_claim_nothing_are_named_instead() -> None:
    found = claim_section(claimed("passed", 0, 0, 0, "aider m"), claimed("passed", 1, 1, 0))
    assert [row[0] for row in found.rows] == ["react m"]
    assert "no result was claimed by aider m" in found.notes
    assert found.rows[0][5] is None  # it never claimed success
    assert "-: there is nothing to take a share of" in found.notes


def test_claims_of_older_grades_do_not_count_as_denied() -> None:
    found = claim_section(claimed("passed", 2, 2, -1), claimed("passed", 2, 2, 1))
    assert found.rows[0][4] == Share(1, 1)
    assert any(note.endswith("react m (1 trials)") for note in found.notes)


@pytest.mark.parametrize("section", [claim_section, benchmark_section])
def test_without_a_trial_there_is_a_note(section: object) -> None:
    found = section()  # type: ignore[operator]
    assert found.rows == []
    assert found.notes


def oracle(outcome: str, task: str) -> Made:
    return Made(outcome, "oracle", task=task)


def mutant(outcome: str, task: str, *changed: str) -> Made:
    return Made(outcome, "mutant", task=task, mutated=dict.fromkeys(changed, "sign flipped") or None)


def test_a_sound_benchmark_has_one_row_per_harness() -> None:
    found = benchmark_section(
        *(oracle("passed", f"a/{t}") for t in range(4)),
        *(mutant("wrong_result", f"a/{t}", "f", "g") for t in range(4)),
    )
    assert [row[:4] for row in found.rows] == [
        ["oracle", "all", 4, Share(0, 4)],
        ["mutant", "all", 4, Share(4, 4)],
    ]
    flake, kill = (row[4] for row in found.rows)
    assert isinstance(flake, Estimate)
    assert isinstance(kill, Estimate)
    assert (flake.value, flake.low) == (0, 0)
    assert flake.high is not None
    assert flake.high > 0.3  # four papers without a flake rule out little
    assert (kill.value, kill.high) == (1, 1)


def test_flakes_and_survivors_are_listed_by_task_the_worst_first() -> None:
    found = benchmark_section(
        oracle("passed", "a/good"),
        oracle("passed", "a/flaky"),
        oracle("wrong_result", "a/flaky"),
        oracle("experiment_timeout", "a/broken"),
        oracle("infra_error", "a/good"),
        mutant("wrong_result", "a/good", "f"),
        mutant("passed", "a/good"),  # nothing was changed
        mutant("passed", "a/lax", "f"),
        mutant("passed", "a/lax", "f", "g"),
        mutant("wrong_result", "a/lax", "g"),
        mutant("infra_error", "a/lax", "g"),
        Made("wrong_result", "react m"),
    )
    assert [row[:4] for row in found.rows] == [
        ["oracle", "all", 4, Share(2, 4)],
        ["oracle", "a/broken", 1, Share(1, 1)],
        ["oracle", "a/flaky", 2, Share(1, 2)],
        ["mutant", "all", 4, Share(2, 4)],
        ["mutant", "all, one change", 3, Share(2, 3)],
        ["mutant", "a/lax", 3, Share(1, 3)],
    ]
    assert found.rows[2][5] == "flaky, or its reference is wrong: wrong_result 1"
    assert found.rows[5][5] == (
        "passed although changed, unnoticed or without effect: f: sign flipped (2); g: sign flipped (1)"
    )
    assert "infrastructure errors are left out" in found.notes


def test_a_long_list_of_survivors_is_cut() -> None:
    found = benchmark_section(*(mutant("passed", "a/lax", f"f{i}") for i in range(5)))
    assert str(found.rows[-1][5]).endswith("; 2 more")


def test_without_references_it_says_what_is_missing() -> None:
    found = benchmark_section(Made(), mutant("passed", "a/good"))
    assert found.rows == []
    assert found.notes == [
        "no flake rate: no trial of the harness oracle is among these",
        "no kill rate: no trial of the harness mutant that changed anything is among these",
    ]
