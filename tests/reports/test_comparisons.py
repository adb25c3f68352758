"""Pairing by hand and by brute force; the table of comparisons against statsmodels and hand-counted values."""

from collections import defaultdict

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.comparisons import MOST_AGENTS, compare_all, comparison_section, comparisons, pair_up
from rexlab.reports.view import View
from rexlab.store.columns import OUTCOMES
from rexlab.store.models import Outcome

FAIL = "wrong_result"


def view(made):
    return View(columns(made))


def agent(of, name):
    return of.agent_names.index(name)


def pair(of, a="react", b="aider"):
    return pair_up(of, agent(of, a), of, agent(of, b))


def test_trials_are_paired_by_variant_and_attempt():
    of = view(
        [
            Made("passed", "react", attempt=1),
            Made(FAIL, "react", attempt=2),
            Made("passed", "react", functions=("a.py:g",)),
            Made("passed", "aider", attempt=2),
            Made(FAIL, "aider", attempt=1),
            Made("passed", "aider", attempt=3),
            Made("passed", "aider", task="classic/other"),
        ]
    )
    pairs = pair(of)
    assert sorted(zip(pairs.passed_a.tolist(), pairs.passed_b.tolist(), strict=True)) == [(False, True), (True, False)]
    assert (pairs.alone_a, pairs.alone_b, pairs.infra, pairs.repeated) == (1, 2, 0, 0)


def test_a_pair_with_an_infrastructure_error_on_either_side_is_left_out_and_counted():
    of = view(
        [
            Made("infra_error", "react", attempt=1),
            Made("passed", "react", attempt=2),
            Made("passed", "react", attempt=3),
            Made("passed", "aider", attempt=1),
            Made("infra_error", "aider", attempt=2),
            Made(FAIL, "aider", attempt=3),
        ]
    )
    pairs = pair(of)
    assert (len(pairs), pairs.infra) == (1, 2)
    assert (pairs.passed_a.tolist(), pairs.passed_b.tolist()) == ([True], [False])


def test_several_trials_of_one_attempt_are_matched_in_order():
    of = view(
        [
            Made("passed", "react", run="r1"),
            Made(FAIL, "react", run="r2"),
            Made("passed", "react", run="r3"),
            Made(FAIL, "aider", run="r1"),
            Made("passed", "aider", run="r2"),
        ]
    )
    pairs = pair(of)
    assert pairs.passed_a.tolist() == [True, False]
    assert pairs.passed_b.tolist() == [False, True]
    assert (pairs.repeated, pairs.alone_a, pairs.alone_b) == (2, 1, 0)


def test_views_of_different_runs_are_paired_by_the_variants_ids():
    first = view([Made("passed", "react", task="classic/b"), Made(FAIL, "react", task="classic/a")])
    second = view(
        [
            Made(FAIL, "react", task="classic/c"),
            Made("passed", "react", task="classic/a"),
            Made(FAIL, "react", task="classic/b"),
        ]
    )
    pairs = pair_up(first, 0, second, 0)
    assert {(p, q) for p, q in zip(pairs.passed_a.tolist(), pairs.passed_b.tolist(), strict=True)} == {
        (True, False),
        (False, True),
    }
    assert (pairs.alone_a, pairs.alone_b) == (0, 1)


def test_pairing_agrees_with_a_loop_over_trials():
    rng = np.random.default_rng(3)
    outcomes = ["passed", FAIL, "infra_error"]
    made = [
        Made(
            outcomes[rng.choice(3, p=[0.4, 0.4, 0.2])],
            ["react", "aider"][rng.integers(2)],
            task=f"classic/t{rng.integers(7)}",
            paper=f"p{rng.integers(3)}",
            functions=(f"a.py:f{rng.integers(4)}",),
            attempt=int(rng.integers(1, 5)),
            run=f"r{rng.integers(3)}",
        )
        for _ in range(700)
    ]
    # a variant has one paper: that of its first trial counts, as where the columns are made
    of = view(made)
    sides = {"react": defaultdict(list), "aider": defaultdict(list)}
    for i, m in enumerate(made):
        sides[m.agent][m.task, m.functions, m.attempt].append(i)
    expected, infra, alone, repeated = [], 0, [0, 0], 0
    for key in sides["react"].keys() | sides["aider"].keys():
        a, b = sides["react"][key], sides["aider"][key]
        for i, j in zip(a, b, strict=False):
            if "infra_error" in (made[i].outcome, made[j].outcome):
                infra += 1
                continue
            repeated += max(len(a), len(b)) > 1
            expected.append((made[i].outcome == "passed", made[j].outcome == "passed", int(of.cluster[i])))
        alone[0] += max(0, len(a) - len(b))
        alone[1] += max(0, len(b) - len(a))
    pairs = pair(of)
    found = list(zip(pairs.passed_a.tolist(), pairs.passed_b.tolist(), pairs.cluster.tolist(), strict=True))
    assert sorted(found) == sorted(expected)
    assert (pairs.infra, pairs.alone_a, pairs.alone_b, pairs.repeated) == (infra, *alone, repeated)
    assert infra and repeated and all(alone)


def three_agents(papers=6):
    """Of ten variants of each paper react passes 8, aider 5, noop none; aider's are among react's but for one."""
    made = []
    for p in range(papers):
        for v in range(10):
            passes = {"react": v < 8, "aider": v < 4 or v == 9, "noop": False, "oracle": True}
            made += [
                Made("passed" if ok else FAIL, name, task=f"classic/t{p}", functions=(f"a.py:f{v}",))
                for name, ok in passes.items()
            ]
    return made


def test_all_pairs_of_agents_are_compared_but_references():
    section = comparisons(view(three_agents()))
    rows = {(r["a"], r["b"]): r for r in section.records()}
    assert list(rows) == [("aider", "noop"), ("aider", "react"), ("noop", "react")]
    row = rows["aider", "react"]
    assert (row["pairs"], row["papers"]) == (60, 6)
    assert (row["both"], row["only_a"], row["only_b"], row["neither"]) == (24, 6, 24, 6)
    assert row["difference"] == pytest.approx(-18 / 60)
    assert row["odds_ratio"] == pytest.approx(0.25)
    assert "no spread between papers" in row["difference_reason"]
    assert rows["aider", "noop"]["odds_ratio"] is None
    assert any(note.startswith("odds ratio") for note in section.notes)


def test_the_p_values_are_mcnemars_and_holms():
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.multitest import multipletests

    records = list(comparisons(view(three_agents())).records())
    raw = [mcnemar([[r["both"], r["only_a"]], [r["only_b"], r["neither"]]], exact=True).pvalue for r in records]
    assert [r["p_value"] for r in records] == pytest.approx(raw)
    assert [r["p_holm"] for r in records] == pytest.approx(multipletests(raw, method="holm")[1])


def test_agents_that_share_nothing_are_told_and_have_no_row():
    of = view([Made("passed", "react", task="classic/a"), Made("passed", "aider", task="classic/b")])
    section = comparisons(of)
    assert section.rows == []
    assert section.notes == ["aider and react share no variant and attempt that both finished"]


def test_one_agent_has_nobody_to_be_compared_with():
    assert comparisons(view([Made("passed", "react"), Made("passed", "oracle")])) is None
    assert comparisons(view([])) is None


def test_many_agents_the_ones_with_the_fewest_trials_are_left_out_and_named():
    made = [Made("passed", f"a{i:02}", attempt=k) for i in range(MOST_AGENTS + 1) for k in range(1, 3 + (i != 4))]
    section = comparisons(view(made))
    assert len(section.rows) == MOST_AGENTS * (MOST_AGENTS - 1) // 2
    assert "a04" not in {name for row in section.rows for name in row[:2]}
    assert any(note.endswith("left out: a04") for note in section.notes)


def test_notes_say_what_was_left_out_and_how_little_is_shared():
    made = [Made("passed", "react", attempt=k, run=run) for run in ("r1", "r2") for k in range(1, 6)]
    made += [Made(FAIL, "aider", attempt=1), Made(FAIL, "aider", attempt=1), Made("infra_error", "aider", attempt=2)]
    notes = comparisons(view(made)).notes
    assert "left out for an infrastructure error in one of the two trials: 1 pairs of 1 rows" in notes
    assert "aider and react share little: 2 pairs, while 0 trials of A and 7 of B have no partner" in notes
    assert "2 pairs of 1 rows are of a variant and attempt that was run several times; matched in order" in notes
    assert any("one paper only" in note for note in notes)


def test_without_a_comparison_the_table_is_empty():
    section = comparison_section(compare_all([]))
    assert (section.rows, section.notes) == ([], [])


def test_a_hundred_thousand_trials_of_twelve_agents_take_a_moment(benchmark_clock):
    rng = np.random.default_rng(0)
    made = [Made(task=f"classic/t{t}", functions=(f"a.py:f{f}",)) for t in range(24) for f in range(35)]
    made += [Made(agent=f"agent{a}") for a in range(12)]
    small = View(columns(made))
    repeated = small.pick(np.tile(np.arange(840), 120))
    repeated.trials.agent[:] = np.repeat(np.arange(1, 13), 8400)
    repeated.trials.attempt[:] = np.tile(np.repeat(np.arange(1, 11), 840), 12)
    repeated.trials.outcome[rng.random(len(repeated)) < 0.5] = OUTCOMES.index(Outcome.WRONG_RESULT)
    assert len(repeated) == 100_800
    with benchmark_clock(2.0):
        section = comparisons(repeated)
    assert [row[2] for row in section.rows] == [8400] * 66


@pytest.fixture
def benchmark_clock():
    """``with benchmark_clock(2.0)`` fails when its block takes more seconds of this process than that."""
    import contextlib
    import time

    @contextlib.contextmanager
    def clock(most):
        start = time.process_time()
        yield
        assert time.process_time() - start < most

    return clock
