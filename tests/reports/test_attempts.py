"""pass@k and pass^k by agent, against a count of all subsets of the attempts."""

from itertools import combinations

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.attempts import MOST, attempts
from rexlab.reports.view import View

RESULTS = {
    ("a", "classic/deis"): [1, 0, 0, 1],
    ("b", "classic/deis"): [0, 0, 0, 0],
    ("c", "classic/lion"): [1, 1, 1, 0, 1],
}
"""Per variant (function, task), whether each attempt passed."""


def made(results=RESULTS, agent="react"):
    return [
        Made("passed" if passed else "wrong_result", agent, task, functions=(f"{function}.py:f",), attempt=i)
        for (function, task), row in results.items()
        for i, passed in enumerate(row, 1)
    ]


def table(trials):
    return [(r["agent"], r["k"], r["pass_at_k"], r["pass_hat_k"]) for r in attempts(View(columns(trials))).records()]


def test_the_estimates_are_the_shares_of_all_subsets_up_to_the_fewest_attempts():
    expected = []
    for k in (1, 2, 3, 4):
        subsets = [list(combinations(row, k)) for row in RESULTS.values()]
        either = np.mean([np.mean([any(s) for s in of]) for of in subsets])
        every = np.mean([np.mean([all(s) for s in of]) for of in subsets])
        expected.append(("react", k, pytest.approx(either), pytest.approx(every)))
    assert table(made()) == expected


def test_k_ends_where_a_variant_has_no_more_attempts_and_a_note_says_so():
    section = attempts(View(columns(made())))
    assert "react: 2 of 3 variants have 4 attempts and none has fewer, so k ends there" in section.notes


def test_agents_have_rows_of_their_own_and_k_has_an_end():
    many = made({("a", "classic/deis"): [1] * (MOST + 5)}, "aider gpt")
    found = table(made() + many)
    assert [k for agent, k, *_ in found if agent == "aider gpt"] == list(range(1, MOST + 1))
    assert [row[2:] for row in found if row[0] == "aider gpt"] == [(1.0, pytest.approx(1.0))] * MOST


def test_infrastructure_errors_count_as_failures_and_are_told():
    trials = [Made("infra_error", attempt=1), Made("passed", attempt=2)]
    section = attempts(View(columns(trials)))
    assert [r["pass_at_k"] for r in section.records()] == [0.5, 1.0]
    assert "infrastructure errors (1) count as failures" in section.notes


def test_one_paper_has_a_reason_in_place_of_an_interval():
    (row, *_) = attempts(View(columns([Made()]))).records()
    assert (row["pass_at_k_low"], row["pass_at_k_reason"]) == (
        None,
        "one paper only: nothing can be said about other papers",
    )


def test_without_a_finished_trial_it_says_so():
    section = attempts(View(columns([], planned=3)))
    assert (section.rows, section.notes) == ([], ["no trial has finished"])
