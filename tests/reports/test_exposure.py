"""The Ladder over stored trials, against one written out here; what it must not tell; how much choosing flatters."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.exposure import ALL, exposure
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES
from rexlab.store.models import Outcome

FAIL = "wrong_result"


def sections(made):
    return exposure(View(columns(made)))


def submit(agent, run, passes, *, visible=None, ended=None, task="classic/deis", **fields):
    """One trial per problem: passed or not; what the visible experiments say is the same unless given."""
    when = float(run[1:]) * 60 if ended is None else ended
    seen = passes if visible is None else visible
    return [
        Made(
            "passed" if ok else FAIL,
            agent,
            task=task,
            functions=(f"a.py:f{v}",),
            run=run,
            visible=int(seen[v]),
            ended=when,
            **fields,
        )
        for v, ok in enumerate(passes)
    ]


def test_only_what_clearly_beats_the_best_so_far_is_released():
    # of ten problems 3, 3, 4, 9 and 8. The third gains 0.1 over the standing 0.3, and its differences, two up and one
    # down, have s = 0.57 and s / sqrt(10) = 0.18. The fourth gains 0.6, with s = 0.70 and s / sqrt(10) = 0.22
    ladder, _ = sections(
        [
            *submit("react", "r1", [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]),
            *submit("react", "r2", [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]),
            *submit("react", "r3", [1, 1, 0, 1, 1, 0, 0, 0, 0, 0]),
            *submit("aider", "r4", [0, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
            *submit("react", "r5", [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]),
        ]
    )
    rows = list(ladder.records())
    assert [row["run"] for row in rows] == ["r1", "r2", "r3", "r4", "r5"]
    assert [row["improved"] for row in rows] == [True, False, False, True, False]
    assert [row["released"] for row in rows] == pytest.approx([0.3, 0.3, 0.3, 0.9, 0.9])
    assert any(note.startswith("2 of 5 submissions improved") for note in ladder.notes)


def test_submissions_are_in_order_of_their_last_trials_end():
    made = [
        *submit("late", "r1", [1, 0], ended=500.0),
        *submit("early", "r2", [1, 0], ended=100.0),
        *submit("early", "r3", [1, 0], ended=50.0),
    ]
    made[-1] = replace(made[-1], ended=7200.0)
    rows = list(sections(made)[0].records())
    assert [(row["agent"], row["run"]) for row in rows] == [("early", "r2"), ("late", "r1"), ("early", "r3")]
    assert [row["ended"] for row in rows] == ["1970-01-01 00:01", "1970-01-01 00:08", "1970-01-01 02:00"]


def test_the_ladder_agrees_with_one_written_out_over_stored_trials():
    rng = np.random.default_rng(5)
    problems, submissions = 30, 25
    made, losses = [], np.ones((submissions, problems))
    for s in range(submissions):
        tried = rng.random(problems) < (0.9 if s % 3 else 1.0)
        for v in np.flatnonzero(tried):
            outcomes = rng.choice(["passed", FAIL, "infra_error"], 2, p=[0.2 + 0.02 * s, 0.75 - 0.02 * s, 0.05])
            losses[s, v] = np.mean([outcome != "passed" for outcome in outcomes])
            made += [
                Made(str(o), "react", functions=(f"a.py:f{v}",), run=f"r{s:02}", attempt=k, ended=float(s))
                for k, o in enumerate(outcomes, 1)
            ]
    expected, improved, best, before = [], [], np.inf, np.zeros(problems)
    for row in losses:
        margin = np.sqrt(np.sum((row - before - (row - before).mean()) ** 2) / (problems - 1) / problems)
        improved.append(bool(row.mean() < best - margin))
        if improved[-1]:
            best, before = round(row.mean() * problems) / problems, row
        expected.append(1 - best)
    rows = list(sections(made)[0].records())
    assert [row["improved"] for row in rows] == improved
    assert [row["released"] for row in rows] == pytest.approx(expected)
    assert 1 < sum(improved) < submissions
    assert [row["tried"] for row in rows] == [
        len({m.functions for m in made if m.run == f"r{s:02}"}) for s in range(submissions)
    ]


def test_nothing_shown_depends_on_the_hidden_results_of_what_does_not_improve():
    visible = [1, 1, 1, 0, 0, 1, 0, 1]
    first = submit("react", "r1", [1, 1, 1, 0, 0, 1, 0, 0], visible=visible)
    one = [*first, *submit("react", "r2", [0] * 8, visible=visible)]
    other = [*first, *submit("react", "r2", [1, 1, 0, 0, 0, 1, 0, 1], visible=visible)]
    assert sections(one) == sections(other)


def test_an_untried_problem_and_an_infrastructure_error_count_as_wrong():
    made = [
        *submit("react", "r1", [1, 1, 1, 1]),
        *submit("aider", "r2", [1, 1]),
        *[Made("infra_error", "aider", functions=("a.py:f2",), run="r2", ended=120.0)],
    ]
    ladder, _ = sections(made)
    row = list(ladder.records())[1]
    assert (row["tried"], row["tried_of"]) == (3, 4)
    assert (row["improved"], row["released"]) == (False, 1.0)
    assert any(note.startswith("1 submissions did not try every problem") for note in ladder.notes)


def test_the_visible_result_is_shown_as_it_is():
    made = [
        *submit("react", "r1", [0, 0, 0, 0], visible=[1, 1, 1, 0]),
        Made("no_patch", "react", functions=("a.py:f4",), run="r1"),
        *submit("blind", "r2", [1, 1, 1, 1], visible=[-1] * 4),
    ]
    view = View(columns(made))
    view.trials.grade[4] = -1  # it never came to grading: nothing to accept
    ladder, _ = exposure(view)
    react, blind = ladder.records()
    assert (react["visible"], react["visible_of"]) == (3, 5)
    assert (blind["visible"], blind["visible_of"]) == (None, None)


def test_references_and_simulated_models_submit_nothing():
    ladder, _ = sections(
        [
            *submit("oracle", "r1", [1, 1]),
            *submit("script", "r2", [1, 1], simulated=True),
            *submit("react", "r3", [1, 0]),
        ]
    )
    assert [row["agent"] for row in ladder.records()] == ["react"]
    assert "4 trials of references and simulated models are left out" in ladder.notes
    nobody, _ = sections(submit("oracle", "r1", [1, 1]))
    assert nobody.rows == []
    assert nobody.notes[0] == "no agent has submitted anything"


def test_one_problem_is_too_few():
    ladder, flattery = sections([*submit("react", "r1", [1]), *submit("react", "r2", [0])])
    assert (ladder.rows, flattery.rows) == ([], [])
    assert "there is one problem" in ladder.notes[0]


def test_families_are_harness_and_model():
    made = [
        *submit("react gpt", "r1", [1, 0, 1, 0], params={"steps": 5}),
        *submit("react gpt", "r2", [0, 0, 1, 0], params={"steps": 9}),
        *submit("react claude", "r3", [1, 1, 1, 0]),
    ]
    _, flattery = sections(made)
    rows = {row["family"]: row for row in flattery.records()}
    assert {name: row["submissions"] for name, row in rows.items()} == {"react claude": 1, "react gpt": 2, ALL: 3}
    assert (rows["react claude"]["bias"], rows["react claude"]["meaning"]) == (
        0.0,
        "one submission: there was nothing to choose from",
    )
    assert "the best of 2 would still look" in rows["react gpt"]["meaning"]


def test_the_best_of_two_by_hand():
    # one paper: problems are its units. The losses differ by 1 -1 0 0: se² = 4/3 · 2 / 16 = 1/6, half of it 1/12; the
    # larger of two normals is 1 / sqrt(pi) = 0.5642 standard deviations high on average
    _, flattery = sections([*submit("react", "r1", [0, 1, 1, 1]), *submit("react", "r2", [1, 0, 1, 1])])
    (row,) = flattery.records()
    assert row["bias"] == pytest.approx(np.sqrt(1 / 12 / np.pi), abs=1e-6)
    assert "best of 2 would still look 16.3 points too good" in row["meaning"]


def test_equal_submissions_gain_nothing_and_without_visible_results_there_is_no_estimate():
    _, same = sections([*submit("react", "r1", [1, 1, 1]), *submit("react", "r2", [1, 1, 1])])
    assert same.rows[0][3:] == [0.0, "the 2 submissions did equally well on every paper: choosing gained nothing"]
    made = [*submit("react", "r1", [1, 0, 1], visible=[-1] * 3), *submit("react", "r2", [1, 0, 1], visible=[-1] * 3)]
    _, blind = sections(made)
    assert blind.rows[0][3] is None
    assert blind.rows[0][4].startswith("nothing is visible")


def test_the_bias_is_what_choosing_the_best_of_equals_gains():
    rng = np.random.default_rng(11)
    papers, each, submissions = 20, 6, 5
    made = [
        Made(FAIL, "react", task=f"classic/t{p}", functions=(f"a.py:f{v}",), run=f"r{s}", ended=float(s), visible=0)
        for s in range(submissions)
        for p in range(papers)
        for v in range(each)
    ]
    view = View(columns(made))
    gained, estimated = [], []
    for _ in range(150):
        # a paper is hard for every submission, and besides harder for one than for another
        common = rng.normal(0.0, 1.0, papers)
        skill = 1 / (1 + np.exp(-(common + rng.normal(0.0, 0.7, (submissions, papers)))))
        passes = rng.random((submissions, papers, each)) < skill[:, :, None]
        view.trials.visible[:] = passes.ravel()
        view.trials.outcome[:] = np.where(
            passes.ravel(), OUTCOMES.index(Outcome.PASSED), OUTCOMES.index(Outcome.WRONG_RESULT)
        )
        success = passes.mean(axis=(1, 2))
        gained.append(success.max() - success.mean())
        estimated.append(exposure(view)[1].rows[0][3])
    assert np.mean(estimated) == pytest.approx(np.mean(gained), rel=0.12)


def test_nothing_finished():
    ladder, flattery = sections([])
    assert (ladder.rows, flattery.rows) == ([], [])
    assert ladder.notes == ["no agent has submitted anything"]
