"""Compare agents on the variants and attempts that they share: every pair of them, with one correction over all."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section
from rexlab.reports.view import View
from rexlab.stats.paired import PairedComparison, compare_paired, holm
from rexlab.store.columns import Ints

MOST_AGENTS = 12
"""Of one report: 66 pairs. More make a table that nobody reads, and a correction that hides every difference."""
_ATTEMPTS = _REPEATS = 1 << 20
"""A trial's key is a number: variant, attempt, and which of several such trials. 22 bits are left for the variant."""


@dataclass(frozen=True)
class Pairs:
    """Trials of two agents, A and B, at the same variant and attempt."""

    of_a: Ints
    """Number of A's trial in the view it is of, (pairs,)."""
    of_b: Ints
    passed_a: NDArray[np.bool_]
    """Whether A passed, (pairs,)."""
    passed_b: NDArray[np.bool_]
    cluster: Ints
    """Number of the pair's paper, (pairs,)."""
    infra: int
    """Pairs left out, for an infrastructure error ended one of the two trials."""
    alone_a: int
    """Trials of A without a trial of B at their variant and attempt."""
    alone_b: int
    repeated: int
    """Pairs at a variant and attempt of which one side has several trials; these were matched in their order."""

    def __len__(self) -> int:
        return int(self.passed_a.size)


@dataclass(frozen=True)
class Compared:
    """Two agents by name, and what came of comparing them."""

    a: str
    b: str
    pairs: Pairs
    found: PairedComparison
    p_holm: float
    """McNemar's p-value, adjusted for all comparisons made with this one."""


@dataclass(frozen=True)
class Side:
    """Trials of one agent by variant and attempt."""

    view: View
    keys: Ints
    """(trials,), sorted, each once."""
    trials: Ints
    """Which of the view's trials has that key, (trials,)."""


def pair_up(view_a: View, agent_a: int, view_b: View, agent_b: int) -> Pairs:
    """Pair the trials of an agent with those of another, by variant and attempt.

    Where a side has several trials of a variant and attempt (pooled runs), the first is matched with the first of the
    other, the second with the second, in order of run and position.

    Args:
        view_a: Trials, A's among them.
        agent_a: Which of ``view_a.trials.agents`` is A.
        view_b: Trials, B's among them; may be the same view.
        agent_b: Which of ``view_b.trials.agents`` is B.
    """
    number: dict[str, int] = {}
    of_a, of_b = np.equal(view_a.trials.agent, agent_a), np.equal(view_b.trials.agent, agent_b)
    return match(side(view_a, of_a, number), side(view_b, of_b, number))


def side(view: View, members: NDArray[np.bool_], number: dict[str, int]) -> Side:
    """Trials of one agent, ready to be matched with those of others that have the same ``number``.

    Args:
        view: Trials, the agent's among them.
        members: Which of them, (trials,).
        number: Of each variant id; ids that it lacks are added.
    """
    numbers = np.array([number.setdefault(v.id, len(number)) for v in view.trials.variants], dtype=np.int64)
    trials = np.flatnonzero(members)
    cell = numbers[view.trials.variant[trials]] * _ATTEMPTS + view.trials.attempt[trials]
    order = np.argsort(cell, kind="stable")
    cell = cell[order]
    repeat = np.arange(cell.size) - np.searchsorted(cell, cell)
    return Side(view, cell * _REPEATS + repeat, trials[order])


def match(a: Side, b: Side) -> Pairs:
    """Pair the trials of two sides that were made with the same numbers of variants."""
    keys, in_a, in_b = np.intersect1d(a.keys, b.keys, assume_unique=True, return_indices=True)
    of_a, of_b = a.trials[in_a], b.trials[in_b]
    counted = ~(a.view.trials.infra[of_a] | b.view.trials.infra[of_b])
    several = [s.keys[s.keys % _REPEATS == 1] // _REPEATS for s in (a, b)]
    repeated = np.isin(keys // _REPEATS, np.concatenate(several)) & counted
    return Pairs(
        of_a=of_a[counted],
        of_b=of_b[counted],
        passed_a=a.view.trials.passed[of_a][counted],
        passed_b=b.view.trials.passed[of_b][counted],
        cluster=a.view.cluster[of_a][counted],
        infra=int((~counted).sum()),
        alone_a=a.keys.size - keys.size,
        alone_b=b.keys.size - keys.size,
        repeated=int(repeated.sum()),
    )


def compare_all(named: Sequence[tuple[str, str, Pairs]]) -> list[Compared]:
    """Compare the two agents of each, by name; p-values are adjusted over all of them (Holm).

    Raises:
        ValueError: two have no pair.
    """
    found = [compare_paired(p.passed_a, p.passed_b, p.cluster) for _, _, p in named]
    adjusted = holm([f.p_value for f in found])
    return [Compared(a, b, p, f, q) for (a, b, p), f, q in zip(named, found, adjusted, strict=True)]


def comparisons(view: View) -> Section | None:
    """Every pair of agents, references left out: McNemar's test, the difference over papers, the odds ratio.

    At most ``MOST_AGENTS`` agents, those with the most trials; a note names the others. None where there are not two.
    """
    counts = np.bincount(view.trials.agent, minlength=len(view.trials.agents))
    names = view.agent_names
    usable = [i for i, agent in enumerate(view.trials.agents) if counts[i] and not agent.reference]
    usable.sort(key=lambda i: (-counts[i], names[i]))
    if len(usable) < 2:
        return None
    number: dict[str, int] = {}
    compared = sorted(usable[:MOST_AGENTS], key=names.__getitem__)
    sides = {i: side(view, np.equal(view.trials.agent, i), number) for i in compared}
    matched = [(names[i], names[j], match(sides[i], sides[j])) for i, j in combinations(sides, 2)]
    notes = [f"{a} and {b} share no variant and attempt that both finished" for a, b, p in matched if not len(p)]
    if left_out := [names[i] for i in usable[MOST_AGENTS:]]:
        notes.append(f"the {MOST_AGENTS} agents with the most trials are compared; left out: {', '.join(left_out)}")
    return comparison_section(compare_all([m for m in matched if len(m[2])]), notes)


def comparison_section(compared: Sequence[Compared], notes: Sequence[str] = ()) -> Section:
    """The table of these comparisons; its notes say what was left out, what each number is, then ``notes``."""
    rows: list[list[Cell]] = []
    for c in compared:
        edges = c.found.interval
        low, high = (edges.low, edges.high) if edges else (None, None)
        counts = (c.found.pairs, c.found.clusters, c.found.both, c.found.only_a, c.found.only_b, c.found.neither)
        difference = Estimate(c.found.difference, low, high, c.found.reason)
        rows.append([c.a, c.b, *counts, difference, c.found.odds_ratio, c.found.p_value, c.p_holm])
    columns = [
        Column("a", "A"),
        Column("b", "B"),
        Column("pairs", "pairs", Kind.COUNT),
        Column("papers", "papers", Kind.COUNT),
        Column("both", "both", Kind.COUNT),
        Column("only_a", "only A", Kind.COUNT),
        Column("only_b", "only B", Kind.COUNT),
        Column("neither", "neither", Kind.COUNT),
        Column("difference", "A - B [95 %]", Kind.POINTS),
        Column("odds_ratio", "odds ratio", Kind.NUMBER),
        Column("p_value", "p", Kind.P_VALUE),
        Column("p_holm", "p (Holm)", Kind.P_VALUE),
    ]
    return Section("comparisons", "Comparisons", columns, rows, [*_notes(compared), *notes])


def _notes(compared: Sequence[Compared]) -> list[str]:
    notes = []
    if compared:
        notes.append(
            "pairs are trials of the same variant and attempt; p: exact McNemar test, two-sided, on these pairs; the "
            "interval is over papers, for trials of one paper are not independent"
        )
    if len(compared) > 1:
        notes.append(f"p (Holm): adjusted for the {len(compared)} comparisons of this table")
    if any(c.found.odds_ratio is None for c in compared):
        notes.append("odds ratio: pairs that A alone passed over those that B alone passed; none where B has no such")
    for reason, count in Counter(c.found.reason for c in compared if c.found.reason).items():
        notes.append(f"{count} of {len(compared)} rows: {reason}")
    if infra := [c.pairs.infra for c in compared if c.pairs.infra]:
        notes.append(
            f"left out for an infrastructure error in one of the two trials: {sum(infra):,} pairs of {len(infra)} rows"
        )
    if several := [c.pairs.repeated for c in compared if c.pairs.repeated]:
        notes.append(
            f"{sum(several):,} pairs of {len(several)} rows are of a variant and attempt that was run several times; "
            "matched in order"
        )
    for c in compared:
        if len(c.pairs) < max(c.pairs.alone_a, c.pairs.alone_b):
            notes.append(
                f"{c.a} and {c.b} share little: {len(c.pairs):,} pairs, while {c.pairs.alone_a:,} trials of A and "
                f"{c.pairs.alone_b:,} of B have no partner"
            )
    return notes
