"""The leaderboard: every agent over all its runs, ranked on the problems that the ranked ones share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.comparisons import match, side
from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Share
from rexlab.reports.success import group_rates
from rexlab.reports.view import View
from rexlab.stats.clusters import clustered_mean
from rexlab.stats.paired import compare_paired, holm
from rexlab.store.columns import Ints

LEVEL = 0.05
"""Of the tests behind the letters."""
SHARE_OF_LARGEST = 0.5
"""Ranked agents share at least this part of the variants of the one that was tried on the most."""
_SAME = 1e-9
"""Mean rates that differ by less are equal: they are sums of the same fractions in another order."""


@dataclass(frozen=True)
class Standing:
    """Who is ranked, and on what."""

    ranked: list[str]
    """The best first; empty where there are not two to rank."""
    too_few: list[str]
    """Agents that share too few variants with those."""
    common: NDArray[np.bool_]
    """Which variants all ranked agents were tried on, (variants,)."""
    success: Mapping[str, Estimate]
    """Of each ranked agent, on these variants."""
    letters: Mapping[str, str]
    tests: int
    """How many comparisons the letters rest on."""


def leaderboard(view: View) -> Section:
    """One row per agent, pooled over all its runs.

    Ranked is by success on the variants that all ranked agents were tried on: the mean over variants of the share of
    attempts that passed, infrastructure errors counted as failures. Agents are taken in order of the number of
    variants they were tried on, the one with the most first; one is left unranked when with it the variants in common
    would be fewer than half of those of the first. With fewer than two agents left nobody is ranked.
    Two agents that share a letter do not differ significantly: McNemar's test on the pairs of common variant and
    attempt, adjusted over all pairs of ranked agents (Holm), 5 %. Reference harnesses and simulated models are listed
    below the others, unranked.
    """
    groups = view.groups(("agent",))
    names = [str(name) for (name,) in groups.values]
    trials, size = view.trials, len(names)
    clean = ~trials.infra
    tried = _tried(view, groups.index, size)
    total, won, counted = (groups.sums(x) for x in (np.ones(len(view)), trials.passed, clean))
    asked, paid = groups.sums(trials.asked), groups.sums(np.where(clean, trials.cost, 0.0))
    strict = group_rates(groups, view.cluster, trials.passed, np.ones(len(view), dtype=bool))
    without = group_rates(groups, view.cluster, trials.passed, clean)
    last = np.full(size, -np.inf)
    np.maximum.at(last, groups.index, trials.ended)
    standing = _stand(view, names, groups.index, tried["variants"])
    ranks = _ranks(standing)
    of_name = {n: trials.agents[i] for i, n in enumerate(view.agent_names)}
    tier = [(of_name[n].reference, of_name[n].simulated, n not in ranks) for n in names]
    rows: list[list[Cell]] = []
    for g in sorted(range(size), key=lambda g: (tier[g], ranks.get(names[g], 0), -won[g] / total[g], names[g])):
        kinds, variants = [int(tried[what][g].sum()) for what in ("papers", "tasks")], int(tried["variants"][g].sum())
        priced = asked[g] and won[g] and np.isfinite(paid[g])
        rows.append(
            [
                names[g],
                ranks.get(names[g]),
                standing.letters.get(names[g]),
                standing.success.get(names[g]),
                Share(int(won[g]), int(total[g])),
                strict[g],
                Share(int(won[g]), int(counted[g])),
                without[g],
                *kinds,
                variants,
                float(total[g] / variants),
                float(paid[g] / won[g]) if priced else None,
                _date(float(last[g])),
                int(tried["runs"][g].sum()),
            ]
        )
    notes = [*_ranking_notes(view, names, tried, standing), *_notes(view, rows)]
    return Section("leaderboard", "Leaderboard", _COLUMNS, rows, notes)


_COLUMNS = [
    Column("agent", "agent"),
    Column("rank", "rank", Kind.COUNT),
    Column("letters", "group"),
    Column("common", "in common [95 %]", Kind.PERCENT),
    Column("passed", "passed", Kind.SHARE),
    Column("strict", "strict [95 %]", Kind.PERCENT),
    Column("passed_without_infra", "w/o infra", Kind.SHARE),
    Column("without_infra", "rate [95 %]", Kind.PERCENT),
    Column("papers", "papers", Kind.COUNT),
    Column("tasks", "tasks", Kind.COUNT),
    Column("variants", "variants", Kind.COUNT),
    Column("attempts", "attempts", Kind.NUMBER),
    Column("usd_per_success", "USD/success", Kind.USD),
    Column("last_trial", "last trial"),
    Column("submissions", "runs", Kind.COUNT),
]


def _tried(view: View, index: Ints, size: int) -> dict[str, NDArray[np.bool_]]:
    """Whether each agent was tried on each paper, task, variant and in each run, (agents, of these)."""
    trials = view.trials
    tasks = np.unique([v.task for v in trials.variants], return_inverse=True)[1] if trials.variants else view.cluster
    kinds = {
        "papers": (view.cluster, int(view.cluster.max(initial=-1)) + 1),
        "tasks": (tasks[trials.variant], len(trials.variants)),
        "variants": (trials.variant, len(trials.variants)),
        "runs": (trials.run, len(trials.runs)),
    }
    found = {}
    for name, (codes, count) in kinds.items():
        found[name] = np.zeros((size, count), dtype=bool)
        found[name][index, codes] = True
    return found


def _stand(view: View, names: Sequence[str], index: Ints, tried: NDArray[np.bool_]) -> Standing:
    agents = dict(zip(view.agent_names, view.trials.agents, strict=True))
    rivals = [g for g, name in enumerate(names) if not (agents[name].reference or agents[name].simulated)]
    rivals.sort(key=lambda g: (-tried[g].sum(), names[g]))
    common = tried[rivals[0]] if rivals else np.zeros(tried.shape[1], dtype=bool)
    least = SHARE_OF_LARGEST * common.sum()
    chosen: list[int] = []
    for g in rivals:
        if (common & tried[g]).sum() >= least:
            chosen.append(g)
            common = common & tried[g]
    too_few = [names[g] for g in rivals if g not in chosen]
    if len(chosen) < 2:
        return Standing([], too_few, common, {}, {}, 0)
    success = {names[g]: _on_common(view, np.equal(index, g) & common[view.trials.variant]) for g in chosen}
    ranked = sorted(success, key=lambda name: (-(success[name].value or 0.0), name))
    return Standing(
        ranked, too_few, common, success, _letters(view, ranked, common), len(ranked) * (len(ranked) - 1) // 2
    )


def _on_common(view: View, members: NDArray[np.bool_]) -> Estimate:
    """Mean over variants of the share of attempts that passed, with its interval over papers."""
    variant, passed = view.trials.variant[members], view.trials.passed[members]
    _, first, place = np.unique(variant, return_index=True, return_inverse=True)
    mean = np.bincount(place, weights=passed) / np.bincount(place)
    _, cluster = np.unique(view.cluster[members][first], return_inverse=True)
    found = clustered_mean(np.bincount(cluster, weights=mean), np.bincount(cluster))
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return Estimate(found.value, low, high, found.reason, found.standard_error)


def _letters(view: View, ranked: Sequence[str], common: NDArray[np.bool_]) -> dict[str, str]:
    """Letters of the ranked agents, the best first."""
    among = common[view.trials.variant]
    number: dict[str, int] = {}
    agents = {name: i for i, name in enumerate(view.agent_names)}
    sides = [side(view, np.equal(view.trials.agent, agents[name]) & among, number) for name in ranked]
    pairs = list(combinations(range(len(ranked)), 2))
    p_values = []
    for i, j in pairs:
        matched = match(sides[i], sides[j])
        p_values.append(
            compare_paired(matched.passed_a, matched.passed_b, matched.cluster).p_value if len(matched) else 1.0
        )
    different = [pair for pair, p in zip(pairs, holm(p_values), strict=True) if p < LEVEL]
    return dict(zip(ranked, letter_groups(len(ranked), different), strict=True))


def letter_groups(size: int, different: Sequence[tuple[int, int]]) -> list[str]:
    """Letters such that two items share one exactly when they do not differ.

    Insert and absorb: begin with one letter for all; for each pair that differs split every letter that both have
    into one without the first and one without the second, and drop those contained in another (H.-P. Piepho, Journal
    of Computational and Graphical Statistics 13 (2004) 456-466, section 2).

    Args:
        size: How many items, in the order in which letters are given out.
        different: Pairs of items that differ.

    Returns:
        Per item its letters: ``a``, ``ab``; a second alphabet goes on with ``a2``.
    """
    groups = [frozenset(range(size))]
    for i, j in different:
        split = [part for g in groups for part in ((g - {i}, g - {j}) if {i, j} <= g else (g,))]
        unique = list(dict.fromkeys(split))
        groups = [g for g in unique if not any(g < other for other in unique)]
    groups.sort(key=sorted)
    names = [chr(ord("a") + k % 26) + (str(k // 26 + 1) if k >= 26 else "") for k in range(len(groups))]
    return ["".join(name for name, g in zip(names, groups, strict=True) if item in g) for item in range(size)]


def _ranks(standing: Standing) -> dict[str, int]:
    """1, 2, 2, 4: equal success is an equal rank."""
    values = [standing.success[name].value or 0.0 for name in standing.ranked]
    return {
        name: 1 + sum(other > value + _SAME for other in values)
        for name, value in zip(standing.ranked, values, strict=True)
    }


def _date(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat() if np.isfinite(seconds) else None


def _ranking_notes(
    view: View, names: Sequence[str], tried: Mapping[str, NDArray[np.bool_]], standing: Standing
) -> list[str]:
    if not standing.ranked:
        if standing.too_few:
            return ["nobody is ranked: no two agents share half of the variants of the one that was tried on the most"]
        return ["nobody is ranked: that takes two agents that are neither references nor simulated"] if names else []
    of = {name: tried["variants"][g] for g, name in enumerate(names)}
    same = all(np.array_equal(of[name], standing.common) for name in standing.ranked)
    papers = len({view.papers[v] for v in np.flatnonzero(standing.common)})
    size = int(standing.common.sum())
    many = f"{size:,} variant{'s' * (size != 1)} of {papers} paper{'s' * (papers != 1)}"
    who = f"all {len(standing.ranked)} ranked agents"
    notes = [f"in common: success on the {many} that {who} were tried on, each variant counted once; ranks go by it"]
    if same:
        notes.append(f"{who} were tried on the same variants")
    else:
        counts = ", ".join(f"{name} on {int(of[name].sum()):,}" for name in standing.ranked)
        notes.append(
            f"agents were tried on different variants ({counts}): passed and strict are of all that each was tried on, "
            "and do not compare agents"
        )
    if standing.too_few:
        notes.append(
            f"unranked, for they share too few variants with the others: {', '.join(standing.too_few)}; name suites or "
            "tasks to rank them there"
        )
    notes.append(
        f"group: agents that share a letter do not differ significantly (McNemar's test on these problems, 5 %, Holm "
        f"over {standing.tests} comparison{'s' * (standing.tests != 1)})"
    )
    return notes


def _notes(view: View, rows: Sequence[Sequence[Cell]]) -> list[str]:
    notes = []
    if view.trials.infra.any():
        notes.append("strict, and in common: infrastructure errors count as failures; w/o infra: they are left out")
    papers = view.papers
    if rows and len({papers[v] for v in np.unique(view.trials.variant)}) == 1:
        notes.append("one paper: nothing can be said of other papers; the intervals of passed trials are Wilson's")
    elif rows:
        notes.append("intervals are over papers, for trials of one paper are not independent")
    present = [view.trials.agents[a] for a in np.unique(view.trials.agent)]
    if any(a.reference for a in present):
        notes.append("[ref]: the harness was handed the solution; not ranked")
    if any(a.simulated for a in present):
        notes.append("[sim]: a scripted model answered; not ranked")
    return notes
