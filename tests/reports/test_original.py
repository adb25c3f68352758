"""AutoExperiment's rule over columns is the rule over records."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.grading.original_rule import judge_by_original_rule
from rexlab.grading.records import MetricValue
from rexlab.reports.original import by_original_rule, original_verdicts
from rexlab.store.columns import OUTCOMES, read_trials
from rexlab.store.database import open_engine
from rexlab.store.leases import claim
from rexlab.store.metric_columns import MetricColumns, read_metric_columns
from rexlab.store.models import AgentRow, GradeRow, MetricRow, Outcome, RunRow, TrialRow, VariantRow
from rexlab.store.records import GradeRecord, save_grade, save_result, save_run


def values(pairs, experiment="one", hidden=False):
    return [MetricValue(experiment, "m", i, hidden, gold, 0.0, got) for i, (gold, got) in enumerate(pairs)]


def as_columns(grades):
    """Values of grades 1, 2, ... as the reader would give them: experiments of a grade side by side."""
    rows = [(g, v) for g, found in enumerate(grades, 1) for v in found]
    names = sorted({v.experiment for _, v in rows})
    rows.sort(key=lambda row: (row[0], names.index(row[1].experiment)))
    return MetricColumns(
        grade=np.array([g for g, _ in rows], dtype=np.int64),
        experiment=np.array([names.index(v.experiment) for _, v in rows], dtype=np.int64),
        hidden=np.array([v.hidden for _, v in rows], dtype=bool),
        target=np.array([v.target for _, v in rows], dtype=float),
        observed=np.array([np.nan if v.observed is None else v.observed for _, v in rows], dtype=float),
    )


def agree(grades):
    found = original_verdicts(as_columns(grades))
    expected = {g: judge_by_original_rule(some) for g, some in enumerate(grades, 1)}
    expected = {g: verdict for g, verdict in expected.items() if verdict.losses}
    assert found.grade.tolist() == list(expected)
    assert found.passed.tolist() == [verdict.passed for verdict in expected.values()]
    assert found.share.tolist() == [v.experiments_passed / len(v.losses) for v in expected.values()]


golds = st.sampled_from([0.0, 1.0, -1.0, 2.0, 0.3, 100.0, -0.5, 5e-324]) | st.floats(-1e6, 1e6)
near = st.sampled_from([1.0, 0.95, 1.05, 0.9, 1.1, 0.85, 1.0500001])


@st.composite
def metric_values(draw):
    gold = draw(golds)
    got = draw(st.none() | near.map(lambda factor: gold * factor) | st.floats(-1e6, 1e6))
    return MetricValue(draw(st.sampled_from("ab")), "m", 0, draw(st.booleans()), gold, 0.0, got)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(metric_values(), max_size=8), max_size=5))
@example([values([(1.0, 1.89)] + [(1.0, 1.0)] * 17)])
@example([values([(-1.0, 2.0), (1.0, 2.0)]), values([(0.0, 0.0)]), values([(0.0, 0.0)] + [(1.0, 1.0)] * 19)])
@example([values([(100.0, 95.0)] * 3), values([(100.0, 95.0), (100.0, 90.0), (100.0, 100.0)])])
@example([values([(1.0, None), (1.0, 1.0)]), values([(-1.0, None)]), values([(-1.0, None), (1.0, 1.0)])])
@example([values([(1.0, 1.0)]) + values([(1.0, 9.0)], "two", hidden=True), values([(1.0, 1.0)], hidden=True)])
def test_the_vectorised_rule_is_the_rule(grades):
    agree(grades)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sums_at_the_tolerance_are_added_as_the_rule_adds(seed):
    rng = np.random.default_rng(seed)
    grades = []
    for _ in range(40):
        gold, off = rng.uniform(0.1, 10.0, size=(2, rng.integers(8, 40)))
        got = gold * (1.0 + off * 0.05 / off.mean())
        grades.append(values(zip(gold.tolist(), got.tolist(), strict=True)))
    agree(grades)


@pytest.fixture
def engine(tmp_path):
    opened = open_engine(f"sqlite:///{tmp_path / 'rexlab.db'}")
    yield opened
    opened.dispose()


def store(engine, run_id, grades):
    """A run with a trial for each item: its outcome, and a list of the values of its grades, the oldest first."""
    run = RunRow(id=run_id, created_at=1.0, name="n", spec={}, digest="d", platform_version="0.1.0")
    variant = VariantRow(
        id="v", task="s/t", task_digest="t", task_folder="", kind="masking", functions=["f"], masks=1, shown={}
    )
    agent = AgentRow(id="a", harness="react", harness_digest="h", params={}, reference=False)
    trials = [
        TrialRow(id=f"{run_id}-{i}", run_id=run_id, position=i, variant_id="v", agent_id="a", attempt=i, seed=0)
        for i in range(1, len(grades) + 1)
    ]
    save_run(engine, run, [variant], [agent], trials)
    for trial, (outcome, found) in zip(trials, grades, strict=True):
        held = claim(engine, trial.id, 60.0)
        save_result(engine, held, outcome=outcome, detail="", timings={}, flags=[], sandbox="process")
        for some in found:
            save_grade(engine, grade(trial.id, outcome, some))


def grade(trial_id, outcome, some):
    row = GradeRow(
        trial_id=trial_id, created_at=1.0, reason="trial", outcome=outcome, credit=0.25, seconds=0.0,
        sandbox="process", platform_version="0.1.0", task_digest="t",
    )  # fmt: skip
    metrics = [
        MetricRow(
            grade_id=0, experiment=v.experiment, metric=v.metric, position=v.position, hidden=v.hidden,
            observed=v.observed, target=v.target, tolerance=0.0, margin=None, passed=False,
        )
        for v in some
    ]  # fmt: skip
    return GradeRecord(row, metrics)


def test_stored_trials_by_the_rule(engine):
    good, bad = values([(1.0, 1.01)]), values([(1.0, 2.0)])
    two = good + values([(1.0, 2.0)], "two")
    store(
        engine,
        "r1",
        [
            (Outcome.PASSED, [good]),
            (Outcome.PASSED, [bad]),
            (Outcome.WRONG_RESULT, [bad, good]),  # the newest grade counts
            (Outcome.EXPERIMENT_CRASHED, [two]),
            (Outcome.MISSING_RESULT, [values([(1.0, None)])]),
            (Outcome.NO_PATCH, []),
            (Outcome.PASSED, [[]]),
            (Outcome.PASSED, [values([(1.0, 1.0)], hidden=True)]),
        ],
    )
    store(engine, "r2", [(Outcome.PASSED, [bad])])
    before = read_trials(engine, ["r1"])
    after = by_original_rule(engine, before)
    assert [str(OUTCOMES[o]) for o in after.outcome] == [
        "passed", "wrong_result", "passed", "experiment_crashed", "missing_result", "no_patch", "wrong_result",
        "wrong_result",
    ]  # fmt: skip
    np.testing.assert_array_equal(after.credit, [1.0, 0.0, 1.0, 0.5, 0.0, np.nan, 0.0, 0.0])
    assert after.outcome.dtype == before.outcome.dtype
    assert replace(after, outcome=before.outcome, credit=before.credit) == before
    both = by_original_rule(engine, read_trials(engine))
    assert [str(OUTCOMES[o]) for o in both.outcome[-1:]] == ["wrong_result"]


def test_values_come_by_grade_and_experiment_in_the_tasks_order(engine):
    some = values([(1.0, 1.0), (2.0, None)], "b") + values([(3.0, 3.5)], "a", hidden=True) + values([(4.0, 4.0)], "b")
    store(engine, "r1", [(Outcome.PASSED, [some, values([(5.0, 5.0)], "a")])])
    read = read_metric_columns(engine, ["r1"])
    assert read.grade.tolist() == [1, 1, 1, 1, 2]
    assert read.target.tolist() == [1.0, 2.0, 4.0, 3.0, 5.0]
    assert read.hidden.tolist() == [False, False, False, True, False]
    assert read.experiment.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_array_equal(read.observed, [1.0, np.nan, 4.0, 3.5, 5.0])


def test_without_trials_nothing_changes(engine):
    assert len(read_metric_columns(engine, ["nothing"])) == 0
    assert len(by_original_rule(engine, columns([]))) == 0
    ungraded = replace(columns([Made("no_patch")]), grade=np.array([-1]))
    assert by_original_rule(engine, ungraded).outcome.tolist() == ungraded.outcome.tolist()
