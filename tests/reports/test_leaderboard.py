"""The leaderboard, counted by hand: who is ranked, on what, and who differs from whom."""

from itertools import combinations

import numpy as np
import pytest
from tests.support.trials import Made, columns

from rexlab.reports.leaderboard import leaderboard, letter_groups
from rexlab.reports.view import View
from rexlab.stats.clusters import clustered_rate

FAIL = "wrong_result"


def board(made):
    return leaderboard(View(columns(made)))


def rows_of(section):
    return {row["agent"]: row for row in section.records()}


def tries(agent, passes, *, task="classic/deis", attempt=1, **fields):
    """One trial per variant of a task."""
    return [
        Made("passed" if ok else FAIL, agent, task=task, functions=(f"a.py:f{v}",), attempt=attempt, **fields)
        for v, ok in enumerate(passes)
    ]


def test_agents_are_ranked_by_success_on_what_they_were_tried_on():
    section = board([*tries("good", [1] * 9 + [0]), *tries("bad", [1] * 3 + [0] * 7), *tries("oracle", [1] * 10)])
    rows = rows_of(section)
    assert list(rows) == ["good", "bad", "oracle [ref]"]
    assert [row["rank"] for row in rows.values()] == [1, 2, None]
    assert (rows["bad"]["passed"], rows["bad"]["passed_of"]) == (3, 10)
    assert rows["bad"]["common"] == rows["bad"]["strict"] == pytest.approx(0.3)
    assert rows["oracle [ref]"]["common"] is None
    assert any("same variants" in note for note in section.notes)


def test_what_each_agent_was_tried_on_is_counted():
    made = [
        *tries("react", [1, 1, 0], task="classic/a", paper="p1", run="r1", ended=86400.0 * 365),
        *tries("react", [1], task="classic/b", paper="p1", run="r2", ended=86400.0 * 366),
        *tries("react", [0], task="rex/c", paper="p2", run="r2", attempt=2),
    ]
    row = rows_of(board([*made, *made]))["react"]
    assert (row["papers"], row["tasks"], row["variants"], row["submissions"]) == (2, 3, 5, 2)
    assert row["attempts"] == 2.0
    assert row["last_trial"] == "1971-01-02"


def test_infrastructure_errors_fail_in_strict_and_are_left_out_of_the_other_rate():
    made = [*tries("react", [1, 1, 0]), Made("infra_error", "react", functions=("a.py:f3",)), *tries("aider", [0] * 4)]
    section = board(made)
    row = rows_of(section)["react"]
    assert (row["passed"], row["passed_of"], row["passed_without_infra_of"]) == (2, 4, 3)
    assert (row["strict"], row["without_infra"]) == (pytest.approx(0.5), pytest.approx(2 / 3))
    assert row["common"] == pytest.approx(0.5)
    assert any("infrastructure errors count as failures" in note for note in section.notes)


def test_each_common_variant_counts_once_however_often_it_was_attempted():
    made = [
        *tries("react", [1, 0]),
        *[Made("passed", "react", functions=("a.py:f0",), attempt=k) for k in range(2, 9)],
        *tries("aider", [1, 0]),
    ]
    rows = rows_of(board(made))
    assert rows["react"]["strict"] == pytest.approx(8 / 9)
    assert rows["react"]["common"] == rows["aider"]["common"] == 0.5
    assert rows["react"]["rank"] == rows["aider"]["rank"] == 1


def test_ranks_go_by_common_variants_where_agents_were_tried_on_different_ones():
    # easy was tried on four easy variants more, and looks better; on the six that both share it is worse
    section = board([*tries("easy", [1, 1, 0, 0, 0, 0, 1, 1, 1, 1]), *tries("hard", [1, 1, 1, 0, 0, 0])])
    rows = rows_of(section)
    assert rows["easy"]["strict"] == pytest.approx(0.6)
    assert (rows["hard"]["common"], rows["easy"]["common"]) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert (rows["hard"]["rank"], rows["easy"]["rank"]) == (1, 2)
    assert any("tried on different variants (hard on 6, easy on 10)" in note for note in section.notes)
    assert any(note.startswith("in common: success on the 6 variants of 1 paper that") for note in section.notes)


def test_who_shares_too_few_variants_is_listed_and_not_ranked():
    made = [*tries("one", [1] * 4), *tries("two", [0] * 4), *tries("late", [1])]
    section = board(made)
    rows = rows_of(section)
    assert (rows["one"]["rank"], rows["two"]["rank"], rows["late"]["rank"]) == (1, 2, None)
    assert list(rows) == ["one", "two", "late"]
    assert any("too few variants with the others: late" in note for note in section.notes)
    half = rows_of(board([*tries("one", [1] * 4), *tries("two", [0] * 4), *tries("late", [1, 1])]))
    assert half["late"]["rank"] == 1
    assert half["one"]["common"] == 1.0


def test_nobody_is_ranked_without_two_agents_to_compare():
    alone = board([*tries("one", [1] * 4), *tries("oracle", [1] * 4), *tries("script", [1] * 4, simulated=True)])
    assert {row["rank"] for row in alone.records()} == {None}
    assert alone.notes[0] == "nobody is ranked: that takes two agents that are neither references nor simulated"
    apart = board([*tries("one", [1] * 4), *tries("two", [1] * 4, task="classic/other")])
    assert {row["rank"] for row in apart.records()} == {None}
    assert apart.notes[0].startswith("nobody is ranked: no two agents share half")


def test_references_and_simulated_models_are_below_the_others():
    made = [
        *tries("a", [0, 0]),
        *tries("b", [0, 1]),
        *tries("script", [1, 1], simulated=True),
        *tries("oracle", [1, 1]),
    ]
    section = board(made)
    assert list(rows_of(section)) == ["b", "a", "script [sim]", "oracle [ref]"]
    assert any(note.startswith("[ref]") for note in section.notes)
    assert any(note.startswith("[sim]") for note in section.notes)


def test_cost_is_per_success_and_unknown_where_a_price_is():
    made = [
        *tries("cheap", [1, 0, 1, 0], calls=3, cost=0.5),
        *tries("free", [1, 0, 0, 0]),
        *tries("dear", [1, 1, 1], calls=3, cost=1.0),
        Made(FAIL, "dear", functions=("a.py:f3",), calls=1),
        *tries("hopeless", [0, 0, 0, 0], calls=3, cost=1.0),
    ]
    rows = rows_of(board(made))
    assert rows["cheap"]["usd_per_success"] == pytest.approx(1.0)
    assert [rows[name]["usd_per_success"] for name in ("free", "dear", "hopeless")] == [None] * 3


def test_the_interval_in_common_is_over_papers():
    rng = np.random.default_rng(1)
    made, won = [], []
    for p in range(8):
        passes = (rng.random(5) < 0.2 + 0.08 * p).tolist()
        won.append(sum(passes))
        for name, ok in (("a", passes), ("b", [not x for x in passes])):
            made += tries(name, ok, task=f"classic/t{p}")
    row = rows_of(board(made))["a"]
    expected = clustered_rate(np.array(won), np.full(8, 5))
    assert (row["common"], row["common_error"]) == (
        pytest.approx(expected.value),
        pytest.approx(expected.standard_error),
    )
    assert (row["common_low"], row["common_high"]) == (
        pytest.approx(expected.interval.low),
        pytest.approx(expected.interval.high),
    )


def test_letters_follow_mcnemar_and_holm():
    # 20 variants: top passes 20, near 17, low 5. McNemar: top-near 0 against 3, p = 0.25; near-low 12 to 0, p = 0.0005
    section = board([*tries("top", [1] * 20), *tries("near", [1] * 17 + [0] * 3), *tries("low", [1] * 5 + [0] * 15)])
    assert {name: row["letters"] for name, row in rows_of(section).items()} == {"top": "a", "near": "a", "low": "b"}
    assert any("Holm over 3 comparisons" in note for note in section.notes)
    # 7 to 0 among three comparisons: p = 2 / 2**7 = 0.0156, adjusted at most 0.047; 6 to 0: 0.031, adjusted above 0.05
    seven = board([*tries("x", [1] * 7 + [0]), *tries("y", [0] * 8), *tries("z", [0] * 8)])
    six = board([*tries("x", [1] * 6 + [0]), *tries("y", [0] * 7), *tries("z", [0] * 7)])
    assert {n: r["letters"] for n, r in rows_of(seven).items()} == {"x": "a", "y": "b", "z": "b"}
    assert {r["letters"] for r in six.records()} == {"a"}


def test_letters_of_a_published_display():
    # Piepho 2004, where neighbours do not differ and all others do: a, ab, b ... become overlapping letters
    assert letter_groups(4, [(0, 2), (0, 3), (1, 3)]) == ["a", "ab", "bc", "c"]
    assert letter_groups(3, []) == ["a", "a", "a"]
    assert letter_groups(3, [(0, 1), (0, 2), (1, 2)]) == ["a", "b", "c"]
    assert letter_groups(0, []) == []


@pytest.mark.parametrize("seed", range(20))
def test_letters_are_shared_exactly_by_those_that_do_not_differ(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(2, 9))
    different = [pair for pair in combinations(range(size), 2) if rng.random() < 0.5]
    letters = [set(text) for text in letter_groups(size, different)]
    for i, j in combinations(range(size), 2):
        assert bool(letters[i] & letters[j]) == ((i, j) not in different)
    # none is superfluous: each joins all that it can, no two the same
    groups = [{i for i in range(size) if name in letters[i]} for name in set().union(*letters)]
    assert not any(a < b for a in groups for b in groups)


def test_letters_go_on_after_z():
    every = list(combinations(range(28), 2))
    assert letter_groups(28, every)[24:] == ["y", "z", "a2", "b2"]


def test_nothing_finished_gives_an_empty_table():
    section = board([])
    assert section.rows == []
    assert section.notes == []
