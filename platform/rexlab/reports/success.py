"""The main table: success by agent and whatever else is asked for, strict and without infrastructure errors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Share
from rexlab.reports.view import KEY_TITLES, Groups, View
from rexlab.stats.clusters import clustered_rate
from rexlab.stats.rates import wilson
from rexlab.store.columns import OUTCOMES, Coded, Ints


def success(view: View, by: Sequence[str]) -> Section:
    """One row per group: counts, rates with intervals, credit, outcomes, flags, spending."""
    groups = view.groups(by)
    trials = view.trials
    size = len(groups.values)
    counted = ~trials.infra
    total, passed = groups.sums(np.ones(len(view))), groups.sums(trials.passed)
    clean = groups.sums(counted)
    credit = groups.sums(np.where(counted, np.nan_to_num(trials.credit), 0.0))
    asked, cost = groups.sums(trials.asked), groups.sums(trials.cost)  # one unknown price makes the sum unknown
    calls, tokens = groups.sums(trials.calls), groups.sums(trials.tokens)
    strict = group_rates(groups, view.cluster, trials.passed, np.ones(len(view), dtype=bool))
    without = group_rates(groups, view.cluster, trials.passed, counted)
    outcomes = np.bincount(groups.index * len(OUTCOMES) + trials.outcome, minlength=size * len(OUTCOMES))
    flags = count_flags(groups, trials.flags)
    rows: list[list[Cell]] = []
    for g, key in enumerate(groups.values):
        in_group = outcomes[g * len(OUTCOMES) : (g + 1) * len(OUTCOMES)]
        rows.append(
            [
                *key,
                Share(int(passed[g]), int(total[g])),
                strict[g],
                Share(int(passed[g]), int(clean[g])),
                without[g],
                float(credit[g] / clean[g]) if clean[g] else None,
                {str(OUTCOMES[o]): int(in_group[o]) for o in np.argsort(-in_group, kind="stable") if in_group[o]},
                flags[g],
                int(calls[g]) if asked[g] else None,
                int(tokens[g]) if asked[g] else None,
                float(cost[g]) if asked[g] and np.isfinite(cost[g]) else None,
            ]
        )
    columns = [
        *key_columns(by),
        Column("passed", "passed", Kind.SHARE),
        Column("strict", "strict [95 %]", Kind.PERCENT),
        Column("passed_without_infra", "w/o infra", Kind.SHARE),
        Column("without_infra", "rate [95 %]", Kind.PERCENT),
        Column("credit", "credit", Kind.PERCENT),
        Column("outcomes", "outcomes", Kind.COUNTS),
        Column("flags", "flags", Kind.COUNTS),
        Column("calls", "calls", Kind.COUNT),
        Column("tokens", "tokens", Kind.COUNT),
        Column("cost_usd", "USD", Kind.USD),
    ]
    return Section("success", "Success", columns, rows, _notes(view, strict))


def key_columns(by: Sequence[str]) -> list[Column]:
    """The columns that name a group."""
    return [Column(key, KEY_TITLES.get(key, key), Kind.COUNT if key == "masks" else Kind.TEXT) for key in by]


def group_rates(groups: Groups, cluster: Ints, passed: NDArray[np.bool_], counted: NDArray[np.bool_]) -> list[Estimate]:
    """Success per group among the trials that count, with an interval over papers; Wilson's where there is but one."""
    papers = int(cluster.max()) + 1 if cluster.size else 1
    cell = (groups.index * papers + cluster)[counted]
    shape = (len(groups.values), papers)
    total = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    won = np.bincount(cell, weights=passed[counted], minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)
    return [rate_over_papers(w[n > 0], n[n > 0]) for w, n in zip(won, total, strict=True)]


def rate_over_papers(won: Ints, trials: Ints) -> Estimate:
    """A success rate from totals per paper, (papers,)."""
    if not trials.size:
        return Estimate(None, reason="no trial counts")
    if trials.size == 1:
        edges = wilson(int(won[0]), int(trials[0]))
        low, high = (edges.low, edges.high) if edges else (None, None)
        return Estimate(float(won[0] / trials[0]), low, high, "one paper: Wilson's interval, for this paper alone")
    found = clustered_rate(won, trials)
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    return Estimate(found.value, low, high, found.reason, found.standard_error)


def count_flags(groups: Groups, flags: Coded) -> list[dict[str, int]]:
    """How often each flag stands on the trials of each group."""
    size = max(len(flags.values), 1)
    pairs, counts = np.unique(groups.index * size + flags.codes, return_counts=True)
    found: list[dict[str, int]] = [{} for _ in groups.values]
    for group, code, count in zip(*divmod(pairs, size), counts.tolist(), strict=True):
        for flag in flags.values[code]:
            found[group][flag] = found[group].get(flag, 0) + count
    return found


def _notes(view: View, rates: list[Estimate]) -> list[str]:
    notes = []
    if view.trials.infra.any():
        notes.append("strict: infrastructure errors count as failures; w/o infra: they are left out")
    alone = sum(r.reason.startswith("one paper") for r in rates)
    if len(rates) > alone:
        notes.append("intervals are over papers, for trials of one paper are not independent")
    if alone:
        notes.append(f"{alone} of {len(rates)} rows rest on one paper: Wilson's interval, which says nothing of others")
    if any(view.trials.agents[a].reference for a in np.unique(view.trials.agent)):
        notes.append("[ref]: the harness was handed the solution; its rows judge tasks and checks, not an agent")
    if any(view.trials.agents[a].simulated for a in np.unique(view.trials.agent)):
        notes.append("[sim]: a scripted model answered; its rows judge harnesses and the platform, not a model")
    return notes
