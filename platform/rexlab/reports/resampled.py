"""What more attempts buy when a check picks the answer: resampling of stored trials, and strategies that really ran."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rexlab.reports.document import Cell, Column, Estimate, Kind, Section, Series, Share
from rexlab.reports.view import View
from rexlab.stats.clusters import ClusteredRate
from rexlab.stats.refinement import refinement_curve
from rexlab.stats.resampling import ResamplingCurve, resampling_curve
from rexlab.store.columns import OUTCOMES, Ints
from rexlab.store.models import Outcome

PERFECT, VISIBLE, CLAIM = "perfect", "visible experiments", "agent's claim"
"""The verifiers: one that knows the truth, one that re-runs what agents can see, one that takes the agent's word."""
_COST = 1.0
"""Of a false positive, in successes, for which the best number of samples is told."""


def resampling(view: View) -> Section:
    """Accuracy when up to K attempts at a problem are drawn until a verifier accepts one; a row per agent and verifier.

    Problems are variants, their attempts all trials of the agent at the variant but infrastructure errors. K goes to
    the median number of attempts, so that at least half of the problems with several attempts count.
    """
    trials, groups = view.trials, view.groups(["agent"])
    paper = np.zeros(len(trials.variants), dtype=np.int64)
    paper[trials.variant] = view.cluster
    verdicts, passed = _Verdicts(view), trials.passed
    rows: list[list[Cell]] = []
    series: list[Series] = []
    notes = list(_HOW)
    for g, (name, *_) in enumerate(groups.values):
        own = np.flatnonzero(groups.members(g) & ~trials.infra)
        if not own.size:
            continue
        attempts = verdicts.count(own)
        several = attempts >= 2
        usable = several & verdicts.judged
        if unseen := int((several & ~verdicts.judged).sum()):
            notes.append(f"{name}: {unseen} problems are left out, for nothing that matters to them is visible")
        if not usable.any():
            notes.append(f"{name}: no problem has two attempts that verifiers can choose from")
            continue
        ranked = np.sort(attempts[usable])
        largest = int(ranked[(ranked.size - 1) // 2])
        if fewer := int(((attempts > 0) & (attempts < largest) & verdicts.judged).sum()):
            notes.append(f"{name}: {fewer} problems with fewer than {largest} attempts are left out")
        for verifier, accepts in verdicts.accepts.items():
            if older := int((verdicts.unknown[verifier][own] & usable[trials.variant[own]]).sum()):
                notes.append(f"{name}, {verifier}: left out, for {older} older grades do not say whether it accepts")
                continue
            if verifier == CLAIM and not trials.claims_made[own].any():
                notes.append(f"{name}, {verifier}: left out, for it never claimed a number")
                continue
            accepted = own[accepts[own]]
            seen, right = (verdicts.count(kept)[usable] for kept in (accepted, accepted[passed[accepted]]))
            curve = resampling_curve(attempts[usable], seen, right, paper[usable], largest)
            rows.append([name, verifier, *_cells(curve)])
            series.append(_accuracy(f"{name}, {verifier}", curve))
    columns = [
        Column("agent", "agent"),
        Column("verifier", "verifier"),
        Column("problems", "problems", Kind.COUNT),
        Column("samples", "samples K", Kind.COUNT),
        Column("one", "right at 1", Kind.PERCENT),
        Column("most", "right at K [95 %]", Kind.PERCENT),
        Column("false_positives", "wrong accepted at K", Kind.PERCENT),
        Column("ceiling", "ceiling", Kind.PERCENT),
        Column("best_at_cost_1", "best K", Kind.COUNT),
    ]
    if not rows:
        notes = notes[len(_HOW) :] or ["no trial says anything about several attempts"]
    elif trials.infra.any():
        notes.append(f"infrastructure errors are left out: {trials.infra.sum()} trials")
    return Section("resampling", "Resampling", columns, rows, notes, series)


_HOW = [
    "attempts are drawn until the verifier accepts one, at most K; with none accepted there is no answer; right: the "
    "accepted one passes the hidden experiments too",
    "ceiling: no K does better, as far as these attempts show; best K: where a wrong answer costs what a right one "
    "gains; 0 when even one sample does harm",
]


class _Verdicts:
    """What each verifier says of each trial, (trials,), and which variants it can judge, (variants,)."""

    def __init__(self, view: View) -> None:
        trials = view.trials
        self._variant, self._variants = trials.variant, len(trials.variants)
        # a patch that could not be applied has nothing measured, whatever is visible: no verifier accepts it
        measured = (trials.grade >= 0) & (trials.outcome != OUTCOMES.index(Outcome.PATCH_REJECTED)) & ~trials.infra
        self.judged = self.count(np.flatnonzero(measured & (trials.visible < 0))) == 0
        nowhere = np.zeros(len(view), dtype=bool)
        self.accepts = {PERFECT: trials.passed, VISIBLE: trials.visible == 1, CLAIM: trials.claim == 1}
        self.unknown = {PERFECT: nowhere, VISIBLE: nowhere, CLAIM: measured & (trials.claim < 0)}

    def count(self, rows: Ints) -> Ints:
        """How many of the trials of these numbers each variant has, (variants,)."""
        return np.bincount(self._variant[rows], minlength=self._variants)


def _cells(curve: ResamplingCurve) -> list[Cell]:
    most = curve.band[-1]
    low, high = (most.interval.low, most.interval.high) if most.interval else (None, None)
    return [
        curve.problems,
        int(curve.samples[-1]),
        float(curve.accuracy[0]),
        Estimate(most.value, low, high, most.reason, most.standard_error),
        float(curve.wrong[-1]),
        curve.ceiling,
        curve.best(_COST),
    ]


def _accuracy(label: str, curve: ResamplingCurve) -> Series:
    bands = [mean.interval for mean in curve.band if mean.interval]
    banded = len(bands) == len(curve.band)
    return Series(
        label,
        curve.samples.astype(float).tolist(),
        curve.accuracy.tolist(),
        [band.low for band in bands] if banded else None,
        [band.high for band in bands] if banded else None,
    )


def refinement(view: View) -> Section | None:
    """Trials of strategies: how often the verifier was satisfied in the end, and how often it was right then.

    The series follow both round by round. None when no trial had a strategy. Infrastructure errors are left out.
    """
    values, codes = view.trials.selection.values, view.trials.selection.codes
    chosen = np.array([value is not None for value in values], dtype=bool)[codes]
    counted = chosen & ~view.trials.infra
    if not counted.any():
        return None
    trials, groups = view.trials, view.groups(["agent"])
    scores = _scores(values)
    rows: list[list[Cell]] = []
    series: list[Series] = []
    for g, (name, *_) in enumerate(groups.values):
        members = np.flatnonzero(groups.members(g) & counted)
        if not members.size:
            continue
        tried, passed = scores[codes[members]], trials.passed[members]
        curve = refinement_curve(tried, passed, view.cluster[members])
        made = values[codes[members[0]]]  # a strategy is part of its agent: any of its trials knows it
        content, right = curve.satisfied[-1], curve.right[-1]
        rows.append(
            [
                name,
                f"{made['kind']} n={made['n']}",
                made["verifier"],
                curve.trials,
                float(np.isfinite(tried).sum(axis=1).mean()),
                Share(content.successes, content.trials),
                Share(right.successes, right.trials) if right else None,
                Share(int(passed.sum()), curve.trials),
            ]
        )
        series += [
            _by_round(f"{name}, satisfied", curve.satisfied),
            _by_round(f"{name}, right when satisfied", curve.right),
        ]
    columns = [
        Column("agent", "agent"),
        Column("strategy", "strategy"),
        Column("verifier", "verifier"),
        Column("trials", "trials", Kind.COUNT),
        Column("rounds", "rounds", Kind.NUMBER),
        Column("satisfied", "satisfied", Kind.SHARE),
        Column("right", "right when satisfied", Kind.SHARE),
        Column("passed", "passed", Kind.SHARE),
    ]
    notes = [
        "rounds: how often the harness was launched, on average; satisfied: the verifier had nothing to say against "
        "the chosen attempt; right: it passed the hidden experiments too"
    ]
    if any(row[6] is None for row in rows):
        notes.append("-: the verifier was never satisfied")
    return Section("refinement", "Strategies", columns, rows, notes, series)


def _scores(selections: list[dict[str, Any] | None]) -> NDArray[np.float64]:
    """What the verifier gave in each round, (selections, rounds); NaN where there was none."""
    given = [[a["score"] for a in selection["attempts"]] if selection else [] for selection in selections]
    table = np.full((len(given), max(map(len, given))), np.nan)
    for row, scores in zip(table, given, strict=True):
        row[: len(scores)] = scores
    return table


def _by_round(label: str, rates: tuple[ClusteredRate | None, ...]) -> Series:
    """A curve over the rounds that have a rate; its band where each of them has an interval."""
    known = [(float(i), rate) for i, rate in enumerate(rates, 1) if rate]
    bands = [rate.interval for _, rate in known if rate.interval]
    banded = len(bands) == len(known)
    return Series(
        label,
        [i for i, _ in known],
        [rate.value for _, rate in known],
        [band.low for band in bands] if banded else None,
        [band.high for band in bands] if banded else None,
    )
