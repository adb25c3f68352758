"""Success against masked functions: counts by hand, and an accuracy that is known."""

from math import isfinite

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.reports.difficulty import difficulty
from rexlab.reports.document import Estimate, Share
from rexlab.reports.view import View
from rexlab.stats.clusters import clustered_rate
from rexlab.stats.curve import fit_curve

FUNCTIONS = "fghij"


def made(outcome, masks, task="s/a", **other):
    return Made(outcome, task=task, functions=tuple(FUNCTIONS[:masks]), **other)


def many(masks, won, lost, task="s/a", **other):
    return [made("passed", masks, task, **other)] * won + [made("wrong_result", masks, task, **other)] * lost


def points(trials):
    section, _ = difficulty(View(columns(trials)))
    names = [c.name for c in section.columns]
    return [dict(zip(names, row, strict=True)) for row in section.rows], section.notes


def fits(trials):
    _, section = difficulty(View(columns(trials)))
    names = [c.name for c in section.columns]
    return [dict(zip(names, row, strict=True)) for row in section.rows], section.notes


TRIALS = [
    *many(1, 9, 1),
    *many(1, 6, 4, "s/b"),
    *many(2, 7, 3),
    *many(3, 2, 8, "s/b"),
    *many(1, 1, 1, agent="aider m"),
]


def test_points_are_rates_over_papers_and_the_fit_of_the_agents_trials():
    rows, _ = points(TRIALS)
    assert [(r["agent"], r["masks"], r["papers"], r["passed"]) for r in rows] == [
        ("aider m", 1, 1, Share(1, 2)),
        ("react", 1, 2, Share(15, 20)),
        ("react", 2, 1, Share(7, 10)),
        ("react", 3, 1, Share(2, 10)),
    ]
    over = clustered_rate(np.array([9, 6]), np.array([10, 10])).interval
    assert (rows[1]["rate"].value, rows[1]["rate"].low, rows[1]["rate"].high) == (0.75, over.low, over.high)
    assert rows[2]["rate"].reason.startswith("one paper")
    fit = fit_curve(np.array([1, 2, 3]), np.array([[9, 7, 0], [6, 0, 2]]), np.array([[10, 10, 0], [10, 0, 10]]))
    for row in rows[1:]:
        n = row["masks"]
        assert row["expected"].value == pytest.approx(fit.accuracy**n)
        assert (row["expected"].low, row["expected"].high) == pytest.approx((fit.interval.low**n, fit.interval.high**n))
    aider = rows[0]["expected"]
    assert (aider.value, aider.low, aider.high) == (pytest.approx(0.5), None, None)
    assert "one paper only" in aider.reason


def test_the_fit_says_what_the_likelihoods_say():
    (aider, react), notes = fits(TRIALS)
    fit = fit_curve(np.array([1, 2, 3]), np.array([[9, 7, 0], [6, 0, 2]]), np.array([[10, 10, 0], [10, 0, 10]]))
    assert react["accuracy"].value == fit.accuracy
    assert (react["accuracy"].low, react["accuracy"].high) == (fit.interval.low, fit.interval.high)
    assert react["observed_horizon"] == 2
    assert react["horizon"].startswith(f"{fit.horizon} (")
    assert (react["first"], react["slope"].value) == (fit.slope.first, fit.slope.value)
    assert react["log_likelihood"] == fit.log_likelihood
    assert react["changing_log_likelihood"] == fit.slope.log_likelihood
    assert react["p_value"] == fit.slope.p_value
    assert (aider["accuracy"].value, aider["horizon"], aider["observed_horizon"]) == (pytest.approx(0.5), "1", 1)
    assert (aider["first"], aider["slope"], aider["changing_log_likelihood"], aider["p_value"]) == (None,) * 4
    assert "one number of masks only" in aider["verdict"]
    assert any("one number of masks" in note for note in notes)
    assert any("one paper only" in note for note in notes)


def test_the_verdict_names_the_model_that_the_likelihood_prefers():
    papers = ("s/a", "s/b", "s/c", "s/d", "s/e", "s/f")
    constant = [
        t
        for i, p in enumerate(papers)
        for t in (*many(1, 79 + i % 3, 20, p), *many(2, 64, 35 + i % 3, p), *many(3, 51, 49, p))
    ]
    (row,), _ = fits(constant)
    assert row["verdict"] == "independent errors are enough"
    assert row["horizon"] == "3 (3 to 3)"
    falling = [t for i, p in enumerate(papers) for t in (*many(1, 93 + i % 3, 6, p), *many(3, 20 + i % 2, 80, p))]
    (row,), _ = fits(falling)
    assert row["slope"].high < 0
    assert row["verdict"] == "accuracy per function falls with the number of masks"
    rising = [t for p in papers[:1] for t in (*many(1, 50, 50, p), *many(3, 60, 40, p))]
    (row,), _ = fits(rising)
    assert row["verdict"] == "accuracy per function rises with the number of masks; if trials are independent"
    lopsided = [*many(1, 90, 10, "s/a"), *many(3, 70, 30, "s/a"), *many(1, 90, 10, "s/b"), *many(3, 5, 95, "s/b")]
    (row,), _ = fits(lopsided)
    assert row["p_value"] < 0.05 < row["p_over_papers"]
    assert row["verdict"] == "accuracy per function falls with the number of masks; over papers this may be chance"


@pytest.mark.parametrize(
    ("outcome", "accuracy", "horizon", "words"),
    [("passed", 1.0, "unbounded", "every trial passed"), ("wrong_result", 0.0, "0", "every trial failed")],
)
def test_one_result_only_is_said_in_words(outcome, accuracy, horizon, words):
    trials = [made(outcome, n, task) for n in (1, 2) for task in ("s/a", "s/b", "s/c")]
    (row,), _ = fits(trials)
    assert row["accuracy"].value == accuracy
    assert row["horizon"].startswith(horizon)
    assert row["slope"] is None
    assert words in row["accuracy"].reason
    assert words in row["verdict"]
    rows, _ = points(trials)
    assert [r["expected"].value for r in rows] == [accuracy, accuracy]


def test_infrastructure_errors_are_left_out_and_counted():
    trials = [*many(1, 3, 1), made("infra_error", 1), made("infra_error", 2)]
    rows, notes = points(trials)
    assert [(r["masks"], r["papers"], r["passed"]) for r in rows] == [(1, 1, Share(3, 4)), (2, 0, Share(0, 0))]
    assert rows[1]["rate"] == Estimate(None, reason="no trial counts")
    assert "2 of 6 trials ended with an infrastructure error and are left out" in notes
    (row,), _ = fits(trials)
    assert row["accuracy"].value == pytest.approx(0.75)
    (row,), _ = fits([made("infra_error", 1)])
    assert row["accuracy"] == Estimate(None, reason="every trial ended with an infrastructure error")
    assert row["verdict"] == "every trial ended with an infrastructure error"
    (row,), _ = points([made("infra_error", 1)])
    assert row["expected"] == Estimate(None, reason="no trial counts")


def test_nothing_to_fit():
    assert difficulty(View(columns([Made(functions=())]))) == []
    bare = columns([Made()])
    bare.variants[0].functions, bare.variants[0].masks = [], 0
    for trials, note in (
        (columns([]), "no trial has finished"),
        (bare, "no trial with a masked function has finished"),
    ):
        sections = difficulty(View(trials))
        assert [s.name for s in sections] == ["difficulty", "difficulty_fit"]
        assert [(s.rows, s.notes) for s in sections] == [([], [note])] * 2


def test_extensions_and_what_was_shown_stay_apart():
    trials = [Made("wrong_result", functions=()), *many(1, 1, 0), *many(1, 0, 1, hint="hints")]
    rows, _ = points(trials)
    assert [(r["shown"], r["passed"]) for r in rows] == [("all", Share(1, 1)), ("hints", Share(0, 1))]


def test_a_known_accuracy_is_recovered():
    rng = np.random.default_rng(7)
    trials = [
        made("passed" if rng.random() < 0.8**n else "no_patch", n, f"s/{paper}", attempt=i)
        for paper in range(12)
        for n in range(1, 6)
        for i in range(1, 21)
    ]
    (row,), _ = fits(trials)
    assert row["accuracy"].low < 0.8 < row["accuracy"].high
    assert row["accuracy"].high - row["accuracy"].low < 0.05
    assert row["verdict"] == "independent errors are enough"


outcomes = st.sampled_from(["passed", "wrong_result", "infra_error"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(outcomes, st.integers(1, 4), st.sampled_from(["s/a", "s/b", "s/c"])), max_size=30))
def test_no_number_is_nan_and_counts_add_up(drawn):
    trials = [made(*some) for some in drawn]
    rows, _ = points(trials)
    counted = [some for some in drawn if some[0] != "infra_error"]
    assert sum(r["passed"].trials for r in rows) == len(counted)
    for r in rows:
        own = [some for some in counted if some[1] == r["masks"]]
        assert r["passed"] == Share(sum(some[0] == "passed" for some in own), len(own))
        assert r["papers"] == len({some[2] for some in own})
    cells = [cell for r in [*rows, *fits(trials)[0]] for cell in r.values()]
    for cell in cells:
        numbers = (cell.value, cell.low, cell.high) if isinstance(cell, Estimate) else (cell,)
        assert all(isfinite(x) for x in numbers if isinstance(x, float))
        assert not isinstance(cell, Estimate) or cell.value is not None or cell.reason
