"""Which sets of functions to mask: all of a size, a seeded sample of them, or nested chains."""

from collections.abc import Sequence
from itertools import combinations
from math import comb, factorial

from rexlab.task.draws import Draws

FunctionSet = tuple[str, ...]
"""Ids in the order in which the task declares them."""


def enumerate_variants(
    function_ids: Sequence[str], masks: int, *, sample: int | None = None, seed: int = 0
) -> list[FunctionSet]:
    """Sets of ``masks`` functions, in the order of ``itertools.combinations``.

    Args:
        function_ids: The functions that can be masked, without repetition.
        masks: How many to mask at a time; 0 gives the one empty set, more than there are gives no set.
        sample: Draw this many sets without replacement when there are more; all of them when None.
        seed: What the sample is drawn with. Every sample of this size is equally likely.

    Raises:
        ValueError: ``masks`` or ``sample`` is negative, or an id stands there twice.
    """
    _reject_repetition(function_ids)
    if masks < 0 or (sample is not None and sample < 0):
        raise ValueError("masks and sample must not be negative")
    total = comb(len(function_ids), masks)
    if sample is None or sample >= total:
        return list(combinations(function_ids, masks))
    # Only ranks are drawn: C(60, 30) sets would never fit in memory.
    ranks = Draws("variants", seed, len(function_ids), masks).distinct(sample, total)
    return [_combination(function_ids, masks, rank) for rank in ranks]


def progressive(
    function_ids: Sequence[str], sizes: Sequence[int], chains: int, seed: int = 0
) -> list[list[FunctionSet]]:
    """Nested sets along random orders of the functions: the difficulty curve becomes a paired comparison.

    Args:
        function_ids: The functions that can be masked, without repetition.
        sizes: How many functions the sets of a chain have; sizes beyond the number of functions are left out.
        chains: How many orders to draw; no order comes twice, so there are at most k! of them.
        seed: What they are drawn with.

    Returns:
        One list a chain, its sets from small to large, each set part of the next.

    Raises:
        ValueError: A size or ``chains`` is negative, or an id stands there twice.
    """
    _reject_repetition(function_ids)
    if chains < 0 or any(size < 0 for size in sizes):
        raise ValueError("sizes and chains must not be negative")
    count = len(function_ids)
    total = factorial(count)
    ranks = Draws("chains", seed, count).distinct(min(chains, total), total)
    kept = sorted({size for size in sizes if size <= count})
    orders = [_permutation(count, rank) for rank in ranks]
    return [[tuple(function_ids[i] for i in sorted(order[:size])) for size in kept] for order in orders]


def _reject_repetition(function_ids: Sequence[str]) -> None:
    if len(set(function_ids)) != len(function_ids):
        raise ValueError("a function id stands there twice")


def _combination(items: Sequence[str], size: int, rank: int) -> FunctionSet:
    """The combination at this place of the lexicographic order."""
    chosen: list[str] = []
    for index, item in enumerate(items):
        if len(chosen) == size:
            break
        with_item = comb(len(items) - index - 1, size - len(chosen) - 1)
        if rank < with_item:
            chosen.append(item)
        else:
            rank -= with_item
    return tuple(chosen)


def _permutation(count: int, rank: int) -> list[int]:
    """The permutation of ``range(count)`` at this place of the lexicographic order."""
    left = list(range(count))
    order = []
    for remaining in range(count - 1, -1, -1):
        place, rank = divmod(rank, factorial(remaining))
        order.append(left.pop(place))
    return order
