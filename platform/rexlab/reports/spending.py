"""What success costs: calls, tokens, USD and seconds per trial and per success, and the accuracy-cost front."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Share
from rexlab.reports.success import group_rates
from rexlab.reports.view import Groups, View
from rexlab.stats.survival import pareto_front
from rexlab.store.columns import Ints

_LEADING = [Column("agent", "agent"), Column("trials", "trials", Kind.COUNT)]
_MEASURES = [
    ("calls_per_trial", "calls/trial", Kind.NUMBER),
    ("tokens_per_trial", "tokens/trial", Kind.NUMBER),
    ("usd_per_trial", "USD/trial", Kind.USD),
    ("usd_per_success", "USD/success", Kind.USD),
    ("wall_s_per_trial", "wall/trial", Kind.SECONDS),
    ("solving_s_per_trial", "solving/trial", Kind.SECONDS),
    ("wall_s_per_success", "wall/success", Kind.SECONDS),
]
_GPU = [
    ("gpu_s_per_trial", "GPU s/trial", Kind.SECONDS),
    ("gpu_s_per_success", "GPU s/success", Kind.SECONDS),
]
_CLOSING = [
    Column("passed", "passed", Kind.SHARE),
    Column("rate", "rate [95 %]", Kind.PERCENT),
    Column("front", "on front", Kind.FLAG),
]


def cost(view: View) -> Section:
    """One row per agent. Infrastructure errors are left out; what is unknown of one trial is unknown of their sum."""
    trials, groups = view.trials, view.groups(["agent"])
    counted = np.flatnonzero(~trials.infra)
    names = [str(value[0]) for value in groups.values]
    count = groups.sums(np.ones(len(view)), counted)
    passed = groups.sums(trials.passed, counted)
    gpus = np.array([v.gpus for v in trials.variants], dtype=np.float64)[trials.variant]
    with_gpu = bool(gpus.any())
    spent = {"calls": trials.calls, "tokens": trials.tokens, "usd": trials.cost}
    # a trial without a GPU takes no GPU seconds, however long it ran
    spent |= {"wall_s": trials.wall, "solving_s": trials.solving, "gpu_s": np.where(gpus > 0, gpus * trials.wall, 0.0)}
    totals = {name: groups.sums(values, counted) for name, values in spent.items()}
    rates = group_rates(groups, view.cluster, trials.passed, ~trials.infra)
    price = np.divide(totals["usd"], count, out=np.full(len(names), np.nan), where=count > 0)
    front = _front(view, groups, price, rates)
    measures = [*_MEASURES, *(_GPU if with_gpu else [])]
    rows: list[list[Cell]] = []
    for g in np.flatnonzero(count).tolist():
        per = {"trial": count[g], "success": passed[g]}
        cells = [_ratio(totals[m.partition("_per_")[0]][g], per[m.partition("_per_")[2]]) for m, _, _ in measures]
        share = Share(int(passed[g]), int(count[g]))
        rows.append([names[g], int(count[g]), *cells, share, rates[g], front[g]])
    columns = [*_LEADING, *(Column(*measure) for measure in measures), *_CLOSING]
    notes = [*_left_out(view), *_notes(view, groups, counted, front), *([_GPU_NOTE] if with_gpu else [])]
    if not rows:
        notes.append("no trial says anything about an agent's cost")
    return Section("cost", "Cost", columns, rows, notes)


_GPU_NOTE = "GPU seconds: the GPUs that the task asks for times wall seconds, whether they were busy or not"


def _ratio(total: float, count: float) -> float | None:
    return float(total / count) if count and np.isfinite(total) else None


def _front(view: View, groups: Groups, price: NDArray[np.float64], rates: Sequence[Estimate]) -> list[bool | None]:
    """Whether each agent is on the front of its kind; None where it competes with nobody, or has no known price.

    What was handed the solution costs nothing and would beat every agent; so would a script that stands for a model.
    """
    reference, simulated = _of_agents(view, groups)
    rate = np.array([r.value for r in rates], dtype=np.float64)
    front: list[bool | None] = [None] * len(rates)
    for kind in (False, True):
        rivals = np.flatnonzero(~reference & (simulated == kind) & np.isfinite(price))
        for g, best in zip(rivals.tolist(), pareto_front(price[rivals], rate[rivals]).tolist(), strict=True):
            front[g] = best
    return front


def _of_agents(view: View, groups: Groups) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each group's agent was handed the solution, and whether its model is a script."""
    number = np.zeros(len(groups.values), dtype=np.int64)
    number[groups.index] = view.trials.agent  # all trials of a group have one agent
    agents = [view.trials.agents[a] for a in number.tolist()]
    return np.array([a.reference for a in agents], dtype=bool), np.array([a.simulated for a in agents], dtype=bool)


def _left_out(view: View) -> list[str]:
    infra = view.trials.infra
    if not infra.any():
        return []
    known = view.trials.cost[infra & np.isfinite(view.trials.cost)]
    unknown = int(infra.sum()) - known.size
    return [
        f"infrastructure errors are left out: {infra.sum()} trials, which used {view.trials.tokens[infra].sum():.0f} "
        f"tokens and {known.sum():.4g} USD" + (f" and, in {unknown} of them, an unknown amount" if unknown else "")
    ]


def _notes(view: View, groups: Groups, counted: Ints, front: Sequence[bool | None]) -> list[str]:
    trials = view.trials
    count, asked, passed = (
        groups.sums(values, counted) for values in (np.ones(len(view)), trials.asked, trials.passed)
    )
    notes = [
        f"{what} unknown, so no figure rests on it: {found}"
        for what, values in (("USD", trials.cost), ("wall seconds", trials.wall), ("solving seconds", trials.solving))
        if (found := _named(groups, groups.sums(~np.isfinite(values), counted)))
    ]
    if silent := _names(groups, (count > 0) & (asked == 0)):
        notes.append(f"no model was asked, so calls, tokens and USD are 0: {silent}")
    if failed := _names(groups, (count > 0) & (passed == 0)):
        notes.append(f"nothing passed, so nothing can be said per success: {failed}")
    if any(f is not None for f in front):
        notes.append(
            "on front: no agent of known price is at most as costly per trial and at least as successful, "
            "and better in one of both"
        )
    reference, simulated = _of_agents(view, groups)
    if reference.any():
        notes.append("[ref] rows are not on the front: they were handed the solution")
    if simulated.any() and not (simulated | reference).all():
        notes.append("[sim] rows have a front of their own, apart from that of real models")
    return notes


def _names(groups: Groups, which: NDArray[np.bool_]) -> str:
    return ", ".join(str(groups.values[g][0]) for g in np.flatnonzero(which))


def _named(groups: Groups, counts: NDArray[np.float64]) -> str:
    return ", ".join(f"{groups.values[g][0]} ({counts[g]:.0f} trials)" for g in np.flatnonzero(counts))
