"""What more attempts bring: pass@k, one of k succeeds, and pass^k, all k do, by agent and k."""

import numpy as np

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section
from rexlab.reports.view import View
from rexlab.stats.passk import MeanPass, mean_pass_at_k, mean_pass_hat_k
from rexlab.store.columns import Ints

MOST = 10
"""The largest k shown."""


def attempts(view: View) -> Section:
    """One row per agent and k up to the fewest attempts that one of its variants has; nothing is extrapolated.

    Means over variants of the unbiased estimates. Infrastructure errors count as failures.
    """
    rows: list[list[Cell]] = []
    notes: list[str] = []
    for agent, name in enumerate(view.agent_names):
        tried, passed, paper = _by_variant(view, agent)
        if not tried.size:
            continue
        fewest = int(tried.min())
        for k in range(1, min(fewest, MOST) + 1):
            either = mean_pass_at_k(tried, passed, paper, k)
            every = mean_pass_hat_k(tried, passed, paper, k)
            rows.append([name, int(tried.size), k, _estimate(either), _estimate(every)])
        if fewest < tried.max():
            short = int((tried == fewest).sum())
            notes.append(
                f"{name}: {short} of {tried.size} variants have {fewest} attempts and none has fewer, so k ends there"
            )
    columns = [
        Column("agent", "agent"),
        Column("variants", "variants", Kind.COUNT),
        Column("k", "k", Kind.COUNT),
        Column("pass_at_k", "pass@k [95 %]", Kind.PERCENT),
        Column("pass_hat_k", "pass^k [95 %]", Kind.PERCENT),
    ]
    return Section("attempts", "More attempts", columns, rows, [*_notes(view, rows), *notes])


def _by_variant(view: View, agent: int) -> tuple[Ints, Ints, Ints]:
    """The agent's attempts and passes at each variant it tried, and that one's paper, (variants,)."""
    size = len(view.trials.variants)
    own = np.flatnonzero(view.trials.agent == agent)
    variant = view.trials.variant[own]
    tried = np.bincount(variant, minlength=size)
    passed = np.bincount(variant[view.trials.passed[own]], minlength=size)
    paper = np.zeros(size, dtype=np.int64)
    paper[variant] = view.cluster[own]
    met = tried > 0
    return tried[met], passed[met], paper[met]


def _estimate(found: MeanPass) -> Estimate:
    mean = found.mean
    if mean is None:
        return Estimate(None, reason=found.reason)
    low, high = (mean.interval.low, mean.interval.high) if mean.interval else (None, None)
    return Estimate(mean.value, low, high, found.reason, mean.standard_error)


def _notes(view: View, rows: list[list[Cell]]) -> list[str]:
    if not rows:
        return ["no trial has finished"]
    notes = ["pass@k: one of k attempts at a variant passes; pass^k: all k do; unbiased, then averaged over variants"]
    if infra := int(view.trials.infra.sum()):
        notes.append(f"infrastructure errors ({infra}) count as failures")
    return notes
