"""Sets of functions to mask."""

from collections import Counter
from itertools import combinations, pairwise
from math import comb, factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rexlab.task.draws import Draws
from rexlab.task.variants import enumerate_variants, progressive

IDS = st.integers(0, 9).map(lambda k: [f"m.py:f{i}" for i in range(k)])


@given(IDS, st.integers(0, 11))
def test_without_a_sample_there_are_all_sets_in_order(ids: list[str], masks: int) -> None:
    assert enumerate_variants(ids, masks) == list(combinations(ids, masks))


@given(IDS, st.integers(0, 11), st.integers(0, 300), st.integers())
def test_a_sample_is_an_ordered_part_of_all_sets_without_repetition(
    ids: list[str], masks: int, sample: int, seed: int
) -> None:
    everything = list(combinations(ids, masks))
    drawn = enumerate_variants(ids, masks, sample=sample, seed=seed)
    assert len(drawn) == min(sample, len(everything))
    assert drawn == [s for s in everything if s in set(drawn)]
    assert drawn == enumerate_variants(ids, masks, sample=sample, seed=seed)


def test_a_sample_of_astronomically_many_sets_is_drawn_at_once() -> None:
    ids = [str(i) for i in range(200)]
    drawn = enumerate_variants(ids, 100, sample=500, seed=1)
    assert len(set(drawn)) == 500
    assert all(len(s) == len(set(s)) == 100 for s in drawn)


def test_every_set_is_drawn_equally_often() -> None:
    ids = [str(i) for i in range(6)]
    counts = Counter(s for seed in range(2000) for s in enumerate_variants(ids, 3, sample=5, seed=seed))
    assert len(counts) == comb(6, 3)
    expected = 2000 * 5 / comb(6, 3)
    # chi-square with 19 degrees of freedom exceeds 43.8 once in a thousand
    assert sum((c - expected) ** 2 / expected for c in counts.values()) < 43.8


def test_a_sample_is_the_same_on_every_machine_and_python() -> None:
    ids = [f"f{i}" for i in range(12)]
    # recorded once: runs that were planned before must be planned alike for ever
    assert enumerate_variants(ids, 3, sample=3, seed=7) == [
        ("f0", "f4", "f10"),
        ("f1", "f7", "f11"),
        ("f4", "f5", "f6"),
    ]


def test_more_masks_than_functions_give_no_set_and_none_gives_the_empty_one() -> None:
    assert enumerate_variants(["a"], 2) == []
    assert enumerate_variants(["a"], 2, sample=3) == []
    assert enumerate_variants([], 0) == [()]
    assert enumerate_variants(["a", "b"], 0, sample=4) == [()]


@given(IDS, st.lists(st.integers(0, 11)), st.integers(0, 30), st.integers())
def test_the_sets_of_a_chain_are_nested(ids: list[str], sizes: list[int], chains: int, seed: int) -> None:
    drawn = progressive(ids, sizes, chains, seed)
    assert len(drawn) == min(chains, factorial(len(ids)))
    for chain in drawn:
        assert [len(s) for s in chain] == sorted({n for n in sizes if n <= len(ids)})
        assert all(set(small) <= set(large) for small, large in pairwise(chain))
        assert all(list(s) == [i for i in ids if i in s] for s in chain)
    assert drawn == progressive(ids, sizes, chains, seed)


def test_no_two_chains_follow_the_same_order() -> None:
    drawn = progressive(list("abcd"), [1, 2, 3], 24, seed=3)
    assert len({tuple(chain) for chain in drawn}) == 24


@pytest.mark.parametrize("call", [lambda: enumerate_variants(["a"], -1), lambda: progressive(["a"], [-1], 1)])
def test_negative_numbers_are_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="negative"):
        call()


def test_an_id_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        enumerate_variants(["a", "a"], 1)


@given(st.integers(1, 10**40), st.integers())
def test_draws_stay_below_their_bound(bound: int, seed: int) -> None:
    draws = Draws("test", seed)
    assert all(0 <= draws.below(bound) < bound for _ in range(5))
