"""Resampling of stored trials, and what strategies chose."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.document import Section, Share
from rexlab.reports.resampled import refinement, resampling
from rexlab.reports.view import View

Cells = dict[str, Any]


def view(*made: Made) -> View:
    return View(columns(made))


def rows(found: Section) -> dict[tuple[str, str], Cells]:
    names = [c.name for c in found.columns]
    return {(str(r[0]), str(r[1])): dict(zip(names, r, strict=True)) for r in found.rows}


def attempt(outcome: str, visible: int, claim: int, task: str = "a/one", agent: str = "react m") -> Made:
    return Made(outcome, agent, task=task, visible=visible, claim=claim)


def picked(right: list[bool], accepted: list[bool], k: int) -> tuple[float, float]:
    """Share of all orders in which the first accepted one of k is right, and wrong."""
    firsts = [next((i for i in order[:k] if accepted[i]), None) for order in permutations(range(len(right)))]
    return (
        float(np.mean([i is not None and right[i] for i in firsts])),
        float(np.mean([i is not None and not right[i] for i in firsts])),
    )


def test_it_equals_every_order_of_drawing() -> None:
    rng = np.random.default_rng(5)
    tasks = {f"a/{t}": [tuple(rng.random(3) < (0.4, 0.5, 0.8)) for _ in range(4)] for t in range(3)}
    found = resampling(
        view(
            *(
                attempt("passed" if r else "wrong_result", int(v or r), int(c), task)
                for task, tries in tasks.items()
                for r, v, c in tries
            )
        )
    )
    right = {task: [bool(r) for r, _, _ in tries] for task, tries in tasks.items()}
    seen = {task: [bool(v or r) for r, v, _ in tries] for task, tries in tasks.items()}
    told = {task: [bool(c) for _, _, c in tries] for task, tries in tasks.items()}
    curves = {s.label: s for s in found.series}
    for verifier, accepted in (("perfect", right), ("visible experiments", seen), ("agent's claim", told)):
        expected = [np.mean([picked(right[t], accepted[t], k) for t in tasks], axis=0) for k in range(1, 5)]
        row, curve = rows(found)["react m", verifier], curves[f"react m, {verifier}"]
        assert curve.x == [1, 2, 3, 4]
        assert curve.y == pytest.approx([right for right, _ in expected])
        assert (row["problems"], row["samples"]) == (3, 4)
        assert row["one"] == pytest.approx(expected[0][0])
        assert row["most"].value == pytest.approx(expected[-1][0])
        assert row["false_positives"] == pytest.approx(expected[-1][1])
        worth = [right - wrong for right, wrong in expected]
        assert row["best_at_cost_1"] == (int(np.argmax(worth)) + 1 if max(worth) > 0 else 0)
    assert rows(found)["react m", "perfect"]["false_positives"] == 0


def test_ceiling_is_the_share_of_right_ones_among_the_accepted() -> None:
    made = [
        attempt("passed", 1, 1),
        attempt("wrong_result", 1, 1),
        attempt("wrong_result", 1, 0),
        attempt("wrong_result", 0, 0),
    ]
    found = rows(resampling(view(*made)))
    assert found["react m", "visible experiments"]["ceiling"] == pytest.approx(1 / 3)
    assert found["react m", "agent's claim"]["ceiling"] == pytest.approx(1 / 2)
    assert found["react m", "visible experiments"]["best_at_cost_1"] == 0  # a wrong answer is likelier than a right one


def test_one_paper_has_no_interval_and_says_so() -> None:
    found = resampling(view(attempt("passed", 1, 1), attempt("wrong_result", 0, 0)))
    most = rows(found)["react m", "perfect"]["most"]
    assert (most.value, most.low, most.high) == (1.0, None, None)
    assert most.reason
    assert all(s.low is None and s.high is None for s in found.series)


def test_several_papers_have_a_band() -> None:
    found = resampling(
        view(
            *(
                attempt("passed" if i < t else "wrong_result", int(i <= t), int(i <= t), f"a/{t}")
                for t in range(4)
                for i in range(4)
            )
        )
    )
    for curve in found.series:
        assert curve.low is not None
        assert curve.high is not None
        assert all(low <= y <= high for low, y, high in zip(curve.low, curve.y, curve.high, strict=True))


def test_trials_that_never_came_to_grading_are_accepted_by_nobody() -> None:
    made = [
        attempt("passed", 1, 1),
        *(Made(o, "react m", task="a/one", graded=False) for o in ("no_patch", "agent_timeout")),
    ]
    found = rows(resampling(view(*made)))
    for verifier in ("perfect", "visible experiments", "agent's claim"):
        row = found["react m", verifier]
        assert (row["samples"], row["one"], row["false_positives"]) == (3, pytest.approx(1 / 3), 0)


def test_a_rejected_patch_is_accepted_by_nobody_though_graded() -> None:
    found = rows(resampling(view(attempt("passed", 1, 1), attempt("patch_rejected", -1, -1))))
    assert found["react m", "visible experiments"]["one"] == pytest.approx(1 / 2)
    assert found["react m", "agent's claim"]["one"] == pytest.approx(1 / 2)


def test_a_claim_that_older_grades_do_not_keep_leaves_that_verifier_out_for_the_agent() -> None:
    found = resampling(
        view(
            attempt("passed", 1, 1),
            attempt("passed", 1, -1),
            attempt("passed", 1, 1, agent="aider m"),
            attempt("passed", 1, 1, agent="aider m"),
        )
    )
    assert list(rows(found)) == [
        ("aider m", "perfect"),
        ("aider m", "visible experiments"),
        ("aider m", "agent's claim"),
        ("react m", "perfect"),
        ("react m", "visible experiments"),
    ]
    assert "react m, agent's claim: left out, for 1 older grades do not say whether it accepts" in found.notes


def test_problems_of_which_nothing_is_visible_are_left_out() -> None:
    found = resampling(
        view(
            *(attempt("passed", 1, 1) for _ in range(2)),
            *(attempt("wrong_result", -1, -1, "a/hidden") for _ in range(2)),
        )
    )
    assert {row["problems"] for row in rows(found).values()} == {1}
    assert len(rows(found)) == 3
    assert "react m: 1 problems are left out, for nothing that matters to them is visible" in found.notes


def test_unequal_numbers_of_attempts_go_to_their_median_and_infrastructure_errors_do_not_count() -> None:
    counts = {"a/one": 1, "a/two": 2, "a/three": 3, "a/four": 4}
    found = resampling(
        view(
            *(attempt("passed", 1, 1, task) for task, n in counts.items() for _ in range(n)),
            *(attempt("infra_error", -1, -1, "a/two") for _ in range(5)),
        )
    )
    row = rows(found)["react m", "perfect"]
    assert (row["problems"], row["samples"]) == (2, 3)
    assert "react m: 2 problems with fewer than 3 attempts are left out" in found.notes
    assert "infrastructure errors are left out: 5 trials" in found.notes


@pytest.mark.parametrize(
    ("made", "note"),
    [
        ([], "no trial says anything about several attempts"),
        ([attempt("infra_error", -1, -1)], "no trial says anything about several attempts"),
        ([attempt("passed", 1, 1)], "react m: no problem has two attempts that verifiers can choose from"),
    ],
)
def test_without_several_attempts_there_is_a_note_instead_of_rows(made: list[Made], note: str) -> None:
    found = resampling(view(*made))
    assert (found.rows, found.series) == ([], [])
    assert note in found.notes


def test_one_attempt_in_each_of_two_runs_are_two_attempts() -> None:
    made = [Made("passed", visible=1, claim=1, run="r1"), Made("wrong_result", visible=0, claim=1, run="r2")]
    row = rows(resampling(view(*made)))["react", "agent's claim"]
    assert (row["problems"], row["samples"], row["one"]) == (1, 2, pytest.approx(1 / 2))


def strategy(
    outcome: str, *scores: float, kind: str = "iterate", verifier: str = "visible", agent: str = "r m"
) -> Made:
    attempts = [{"attempt": i, "score": score, "said": ""} for i, score in enumerate(scores, 1)]
    selection: dict[str, Any] = {"kind": kind, "n": 3, "verifier": verifier, "attempts": attempts, "chosen": 1}
    return Made(outcome, agent, selection=selection)


def test_refinement_by_hand() -> None:
    found = refinement(
        view(
            strategy("passed", 0.5, 1.0),
            strategy("wrong_result", 1.0),
            strategy("wrong_result", -1.0, 0.0, 0.5),
            strategy("passed", 0.9, 0.9, 0.9),
            strategy("infra_error", 1.0),
            strategy("agent_timeout", -1.0, -1.0, agent="s m", kind="best-of-n", verifier="judge"),
            Made("passed", "plain m"),
        )
    )
    assert found is not None
    assert found.rows == [
        ["r m", "iterate n=3", "visible", 4, 9 / 4, Share(2, 4), Share(1, 2), Share(2, 4)],
        ["s m", "best-of-n n=3", "judge", 1, 2.0, Share(0, 1), None, Share(0, 1)],
    ]
    assert "-: the verifier was never satisfied" in found.notes
    curves = {s.label: (s.x, s.y) for s in found.series}
    assert curves["r m, satisfied"] == ([1, 2, 3], [1 / 4, 2 / 4, 2 / 4])
    assert curves["r m, right when satisfied"] == ([1, 2, 3], [0, 1 / 2, 1 / 2])
    assert curves["s m, right when satisfied"] == ([], [])


def test_without_a_strategy_there_is_nothing_to_say() -> None:
    assert refinement(view(Made(), Made("wrong_result"))) is None
    assert refinement(view()) is None


def test_a_verifier_that_takes_its_word_is_left_out_for_an_agent_that_never_claimed_a_number() -> None:
    made = [Made("passed", visible=1, claim=0, attempt=1), Made("wrong_result", visible=0, claim=0, attempt=2)]
    found = resampling(view(*made))
    assert {verifier for _, verifier in rows(found)} == {"perfect", "visible experiments"}
    assert "react, agent's claim: left out, for it never claimed a number" in found.notes
