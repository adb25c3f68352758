"""How long success takes: Kaplan-Meier curves per agent, for trials that were stopped before they could succeed."""

import numpy as np

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Series
from rexlab.reports.view import View
from rexlab.stats.survival import SurvivalCurve, kaplan_meier
from rexlab.store.columns import Floats

_STEPS = 400
"""Most steps of a drawn curve: more cannot be told apart, and a page of them is slow."""


def time_to_success(view: View) -> Section:
    """One row per agent and its curve. Infrastructure errors, and trials whose time is unknown, are left out."""
    trials, groups = view.trials, view.groups(["agent"])
    known, passed = np.isfinite(trials.solving), trials.passed
    counted = known & ~trials.infra
    rows: list[list[Cell]] = []
    series: list[Series] = []
    for g, (name, *_) in enumerate(groups.values):
        members = np.flatnonzero(groups.members(g) & counted)
        if not members.size:
            continue
        seconds, solved = trials.solving[members], passed[members]
        curve = kaplan_meier(seconds, solved)
        rows.append([name, int(solved.sum()), int((~solved).sum()), _median(curve)])
        series.append(_drawn(str(name), curve, float(seconds.max())))
    columns = [
        Column("agent", "agent"),
        Column("solved", "passed", Kind.COUNT),
        Column("stopped", "stopped", Kind.COUNT),
        Column("median_s", "median time [95 %]", Kind.SECONDS),
    ]
    notes = _NOTES if rows else ["no trial says how long an agent was at work"]
    if missing := [name for name, *_, median in rows if isinstance(median, Estimate) and median.value is None]:
        notes = [*notes, f"no median, for the curve never reaches one half: {', '.join(map(str, missing))}"]
    if unknown := int((~known & ~trials.infra).sum()):
        notes = [*notes, f"{unknown} trials are left out: how long their agent was at work is not known"]
    if trials.infra.any():
        notes = [*notes, f"infrastructure errors are left out: {trials.infra.sum()} trials"]
    return Section("time_to_success", "Time to success", columns, rows, notes, series)


_NOTES = [
    "time: seconds at work until the agent ended; a strategy's attempts are added up",
    "stopped: hit a limit, gave up or was wrong; such a trial counts as at work until then, so the curve says how fast "
    "trials succeed that go on, and may end above the success rate",
    "median and band (Kaplan and Meier, log-log) take trials as independent: with few papers they are too narrow",
]


def _median(curve: SurvivalCurve) -> Estimate:
    """The median, and as its interval the times at which the band's edges fall to one half.

    Source: Brookmeyer and Crowley, Biometrics 38 (1982), here with the log-log band.
    """
    value = curve.median()
    if value is None:
        share = 1 - float(curve.unsolved[-1]) if curve.times.size else 0.0
        return Estimate(None, reason=f"the curve ends at {100 * share:.0f} % solved")
    low, high = (_falls_to_half(curve.times, edge) for edge in curve.band())
    return Estimate(value, low, high, "" if high is not None else "the band never falls to one half: no upper edge")


def _falls_to_half(times: Floats, share: Floats) -> float | None:
    below = np.flatnonzero(share <= 0.5)
    return float(times[below[0]]) if below.size else None


def _drawn(label: str, curve: SurvivalCurve, last: float) -> Series:
    """Share solved by each time: steps from 0 to the time of the last trial."""
    if not curve.times.size:
        return Series(label, [0.0, last], [0.0, 0.0])
    at = np.unique(np.linspace(0, curve.times.size - 1, min(curve.times.size, _STEPS)).round().astype(np.int64))
    x = [0.0, *curve.times[at].tolist()]
    low, high = curve.band()
    y, above, below = ([0.0, *(1.0 - edge[at]).tolist()] for edge in (curve.unsolved, low, high))
    if last > x[-1]:
        x, y, above, below = [*x, last], [*y, y[-1]], [*above, above[-1]], [*below, below[-1]]
    return Series(label, x, y, below, above)
