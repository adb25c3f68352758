"""The difficulty curve: success against the number of masked functions, and the models that are fitted to it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rexlab.reports.breakdown import infra_left_out
from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Share
from rexlab.reports.success import rate_over_papers
from rexlab.reports.view import View
from rexlab.stats.curve import CurveFit, Slope, fit_curve
from rexlab.stats.rates import Interval
from rexlab.store.columns import Ints

LEVEL = 0.05
"""P-values below it say that the accuracy changes with the number of masks."""
_AGENT = (Column("agent", "agent"), Column("shown", "shown"))


@dataclass(frozen=True)
class Curve:
    """An agent's trials at each number of masks, without infrastructure errors."""

    agent: str
    shown: str
    masks: Ints
    """Numbers of masked functions that were tried, (sizes,)."""
    passed: Ints
    """(papers, sizes)"""
    trials: Ints
    """(papers, sizes)"""

    @cached_property
    def fit(self) -> CurveFit | None:
        """Of the sizes that have a trial that counts; None without any."""
        some = self.trials.any(axis=0)
        if not some.any():
            return None
        return fit_curve(self.masks[some], self.passed[:, some], self.trials[:, some])


def difficulty(view: View) -> list[Section]:
    """The sections ``difficulty`` and ``difficulty_fit``; none where every trial is of an extension task."""
    curves = _curves(view)
    return [] if curves is None else [_points(view, curves), _fits(view, curves)]


def _points(view: View, curves: list[Curve]) -> Section:
    """One row per agent and number of masks: success over papers, and what the model of independent errors expects."""
    rows = [_point(curve, at) for curve in curves for at in range(curve.masks.size)]
    columns = [
        *_AGENT,
        Column("masks", "masks", Kind.COUNT),
        Column("papers", "papers", Kind.COUNT),
        Column("passed", "passed", Kind.SHARE),
        Column("rate", "rate [95 %]", Kind.PERCENT),
        Column("expected", "p^n [95 %]", Kind.PERCENT),
    ]
    notes = _notes(view, curves)
    if curves:
        notes.append("p^n: each masked function is right with probability p, whatever the others are")
    return Section("difficulty", "Difficulty", columns, rows, notes)


def _fits(view: View, curves: list[Curve]) -> Section:
    """One row per agent: accuracy per function, horizon, and whether the accuracy changes with the number of masks."""
    columns = [
        *_AGENT,
        Column("accuracy", "per function [95 %]", Kind.PERCENT),
        Column("horizon", "horizon"),
        Column("observed_horizon", "observed horizon", Kind.COUNT),
        Column("first", "at n = 1", Kind.PERCENT),
        Column("slope", "slope [95 %]", Kind.NUMBER),
        Column("log_likelihood", "log L", Kind.NUMBER),
        Column("changing_log_likelihood", "log L, changing", Kind.NUMBER),
        Column("p_value", "p", Kind.P_VALUE),
        Column("p_over_papers", "p over papers", Kind.P_VALUE),
        Column("verdict", "verdict"),
    ]
    notes = _notes(view, curves)
    if curves:
        notes += [
            "per function: p of the model p^n, in which functions fail independently of each other",
            "horizon: the largest number of masks at which p^n is 50 % or more; observed: at which half of trials pass",
            "slope: change of the log odds of the accuracy per function with each further mask",
            "p: likelihood-ratio test of slope 0, takes trials as independent; over papers: a t test that does not",
        ]
    if any(curve.fit and curve.fit.slope is None for curve in curves):
        notes.append(
            "one number of masks, or one result only: the two models cannot be told apart, their cells are empty"
        )
    return Section("difficulty_fit", "Accuracy per function", columns, [_fit_row(curve) for curve in curves], notes)


def _curves(view: View) -> list[Curve] | None:
    """By agent and what was shown; None where every trial is of an extension task."""
    if len(view) and view.extension.all():
        return None
    view = view.pick(~view.extension & (view.masks >= 1))
    groups = view.groups(("agent", "shown"))
    sizes, size = np.unique(view.masks, return_inverse=True)
    papers = int(view.cluster.max()) + 1 if len(view) else 1
    shape = (len(groups.values), papers, sizes.size)
    cell = (groups.index * papers + view.cluster) * sizes.size + size
    tried, counted, passed = (
        np.bincount(cell[kept], minlength=int(np.prod(shape))).reshape(shape)
        for kept in (np.ones(len(view), dtype=bool), ~view.trials.infra, view.trials.passed)
    )
    curves = []
    for g, (agent, shown) in enumerate(groups.values):
        own = tried[g].any(axis=0)
        curves.append(Curve(str(agent), str(shown), sizes[own], passed[g][:, own], counted[g][:, own]))
    return curves


def _point(curve: Curve, at: int) -> list[Cell]:
    papers = curve.trials[:, at] > 0
    won, trials = curve.passed[papers, at], curve.trials[papers, at]
    masks = int(curve.masks[at])
    return [
        curve.agent,
        curve.shown,
        masks,
        int(papers.sum()),
        Share(int(won.sum()), int(trials.sum())),
        rate_over_papers(won, trials),
        _expected(curve.fit, masks),
    ]


def _expected(fit: CurveFit | None, masks: int) -> Estimate:
    if fit is None:
        return Estimate(None, reason="no trial counts")
    n = np.array([masks])
    band = fit.band(n)
    low, high = (float(band[0][0]), float(band[1][0])) if band else (None, None)
    return Estimate(float(fit.success(n)[0]), low, high, fit.reason)


def _fit_row(curve: Curve) -> list[Cell]:
    fit = curve.fit
    if fit is None:
        reason = "every trial ended with an infrastructure error"
        return [curve.agent, curve.shown, Estimate(None, reason=reason), *[None] * 8, reason]
    accuracy = _with_edges(fit.accuracy, fit.interval, fit.reason)
    row: list[Cell] = [curve.agent, curve.shown, accuracy, _horizon(fit), fit.observed_horizon]
    slope = fit.slope
    if slope is None:
        return [*row, None, None, fit.log_likelihood, None, None, None, fit.reason]
    change = _with_edges(slope.value, slope.interval, "" if slope.interval else fit.reason)
    likelihoods = (fit.log_likelihood, slope.log_likelihood)
    return [*row, slope.first, change, *likelihoods, slope.p_value, slope.cluster_p_value, _verdict(fit, slope)]


def _with_edges(value: float | None, interval: Interval | None, reason: str) -> Estimate:
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Estimate(value, low, high, reason)


def _horizon(fit: CurveFit) -> str:
    def word(horizon: int | None) -> str:
        return "unbounded" if horizon is None else str(horizon)

    edges = fit.horizon_interval
    return word(fit.horizon) + (f" ({word(edges[0])} to {word(edges[1])})" if edges else "")


def _verdict(fit: CurveFit, slope: Slope) -> str:
    """Which model the likelihood prefers, in words."""
    if slope.p_value >= LEVEL:
        return "independent errors are enough"
    falls = slope.value < 0 if slope.value is not None else slope.first > fit.accuracy
    words = f"accuracy per function {'falls' if falls else 'rises'} with the number of masks"
    if slope.cluster_p_value is None:
        return f"{words}; if trials are independent"
    return words if slope.cluster_p_value < LEVEL else f"{words}; over papers this may be chance"


def _notes(view: View, curves: list[Curve]) -> list[str]:
    if not curves:
        return ["no trial with a masked function has finished" if len(view) else "no trial has finished"]
    notes = infra_left_out(view.pick(~view.extension & (view.masks >= 1)))
    if any(int(curve.trials.any(axis=1).sum()) == 1 for curve in curves):
        notes.append("where an agent was tried on one paper only, nothing can be said about other papers")
    return notes
