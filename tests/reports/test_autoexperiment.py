"""AutoExperiment's table, against Pass@k by going through all subsets."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.reports.autoexperiment import autoexperiment
from rexlab.reports.view import View
from rexlab.stats.clusters import clustered_mean


def attempts(task, functions, wins, tries=5, agent="react", **other):
    """Attempts at one variant, of which the first ones pass."""
    outcomes = ["passed"] * wins + ["wrong_result"] * (tries - wins)
    return [
        Made(outcome, task=task, functions=tuple(functions), agent=agent, attempt=i, **other)
        for i, outcome in enumerate(outcomes, 1)
    ]


def table(trials):
    return autoexperiment(View(columns(trials)))


def cells(section):
    names = [c.name for c in section.columns]
    return {tuple(row[:3]): dict(zip(names[3:], row[3:], strict=True)) for row in section.rows}


def test_agents_are_rows_and_numbers_of_masks_are_columns():
    section = table(
        [
            *attempts("s/a", "f", 5),
            *attempts("s/a", "g", 1),
            *attempts("s/b", "f", 0),
            *attempts("s/a", "fg", 2),
            *attempts("s/b", "fg", 0),
            *attempts("s/b", "f", 5, agent="aider m"),
            *attempts("s/a", "f", 0, agent="aider m"),
        ]
    )
    assert [(c.name, c.title) for c in section.columns[3:]] == [("n1", "n = 1"), ("n2", "n = 2")]
    found = cells(section)
    assert list(found) == [(a, "all", f"Pass@{k}") for a in ("aider m", "react") for k in (1, 5)]
    one, five = found["react", "all", "Pass@1"], found["react", "all", "Pass@5"]
    assert (one["n1"].value, five["n1"].value) == (pytest.approx((1 + 0.2 + 0) / 3), pytest.approx(2 / 3))
    assert (one["n2"].value, five["n2"].value) == (pytest.approx(0.2), pytest.approx(0.5))
    assert found["aider m", "all", "Pass@1"]["n2"] is None
    assert any("no trial at n" in note for note in section.notes)
    edges = clustered_mean(np.array([1.2, 0.0]), np.array([2, 1])).interval
    assert (one["n1"].low, one["n1"].high) == pytest.approx((edges.low, edges.high))


def test_k_above_the_attempts_of_some_variant_is_not_extrapolated():
    trials = [*attempts("s/a", "f", 1), *attempts("s/b", "f", 1, tries=2), *attempts("s/b", "fg", 2, tries=4)]
    section = table(trials)
    found = cells(section)
    assert found["react", "all", "Pass@5"] == {"n1": None, "n2": None}
    assert found["react", "all", "Pass@1"]["n1"].value == pytest.approx((0.2 + 0.5) / 2)  # each variant counts alike
    assert (
        "react: k is 5, but 1 of 2 variants at n = 1, 1 of 1 variants at n = 2 have fewer attempts (the fewest: 2)"
    ) in section.notes


def test_attempts_of_several_runs_count_together():
    trials = [*attempts("s/a", "f", 1, tries=2), *attempts("s/a", "f", 0, tries=3, run="r2")]
    assert cells(table(trials))["react", "all", "Pass@5"]["n1"].value == 1.0


def test_infrastructure_errors_are_failures():
    trials = [Made("passed", task="s/a"), Made("infra_error", task="s/a", attempt=2)]
    section = table(trials)
    assert cells(section)["react", "all", "Pass@1"]["n1"].value == 0.5
    assert "infrastructure errors (1) count as failures" in section.notes
    all_infra = table([Made("infra_error", task=task) for task in ("s/a", "s/b")])
    assert cells(all_infra)["react", "all", "Pass@1"]["n1"].value == 0.0


def test_one_paper_has_no_interval():
    section = table(attempts("s/a", "f", 2))
    cell = cells(section)["react", "all", "Pass@1"]["n1"]
    assert (cell.value, cell.low, cell.high) == (pytest.approx(0.4), None, None)
    assert cell.reason
    assert any("one paper only" in note for note in section.notes)


def test_each_hint_level_has_its_own_rows():
    trials = [Made("passed", task="s/a"), Made("passed", task="s/b"), Made("no_patch", task="s/a", hint="hints")]
    found = cells(table(trials))
    assert found["react", "all", "Pass@1"]["n1"].value == 1.0
    assert found["react", "hints", "Pass@1"]["n1"].value == 0.0


def test_nothing_finished_and_extensions_alone():
    section = table([])
    assert (section.rows, section.notes) == ([], ["no trial has finished"])
    assert table([Made(functions=())]) is None


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["s/a", "s/b", "s/c"]), st.sampled_from(["f", "g", "fg", "fh"])),
        st.lists(st.booleans(), min_size=1, max_size=7),
        min_size=1,
    )
)
def test_pass_at_k_is_the_share_of_subsets_with_a_success(tried):
    trials = [
        Made("passed" if won else "no_patch", task=task, functions=tuple(functions), attempt=i)
        for (task, functions), wins in tried.items()
        for i, won in enumerate(wins, 1)
    ]
    found = cells(table(trials))
    for k in (1, 5):
        for n in {len(functions) for _, functions in tried}:
            of_size = [wins for (_, functions), wins in tried.items() if len(functions) == n]
            cell = found["react", "all", f"Pass@{k}"][f"n{n}"]
            if min(map(len, of_size)) < k:
                assert cell is None
                continue
            expected = np.mean([np.mean([any(s) for s in combinations(wins, k)]) for wins in of_size])
            assert cell.value == pytest.approx(expected)
            if cell.low is not None:
                assert 0 <= cell.low <= cell.value <= cell.high <= 1
