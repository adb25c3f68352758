"""Trials as AutoExperiment's own rule judges them, for numbers that compare with the published ones."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from rexlab.grading.original_rule import TOLERANCE
from rexlab.store.columns import OUTCOMES, Floats, Ints, TrialColumns
from rexlab.store.metric_columns import MetricColumns, read_metric_columns
from rexlab.store.models import Outcome

_NEAR = 1e-9
"""So close to the tolerance the order of a sum could decide."""


@dataclass(frozen=True)
class OriginalVerdicts:
    """What the rule says of grades; arrays are (grades,)."""

    grade: Ints
    """Ids, rising; a grade without a visible value is not among them."""
    passed: NDArray[np.bool_]
    share: Floats
    """Of the experiments that pass."""


def by_original_rule(engine: Engine, trials: TrialColumns) -> TrialColumns:
    """The same trials by the rule of ``grading.original_rule``.

    A trial passes when the rule says so, whatever its outcome was; one that passed and does not by the rule has a wrong
    result. Its credit is the share of experiments that pass. A trial that never came to grading stays as it is.

    Raises:
        StoreError: the store cannot be read.
    """
    verdicts = original_verdicts(read_metric_columns(engine, [run.id for run in trials.runs]))
    graded = trials.grade >= 0
    place = np.searchsorted(verdicts.grade, trials.grade)
    found = np.isin(trials.grade, verdicts.grade)
    passed, share = np.zeros(len(trials), dtype=bool), np.zeros(len(trials))
    passed[found], share[found] = verdicts.passed[place[found]], verdicts.share[place[found]]
    otherwise = np.where(trials.passed, OUTCOMES.index(Outcome.WRONG_RESULT), trials.outcome)
    outcome = np.where(passed, OUTCOMES.index(Outcome.PASSED), otherwise)
    return replace(
        trials,
        outcome=np.where(graded, outcome, trials.outcome),
        credit=np.where(graded, share, trials.credit),
    )


def original_verdicts(values: MetricColumns) -> OriginalVerdicts:
    """``judge_by_original_rule`` of many grades at once."""
    seen = ~values.hidden
    grade, experiment = values.grade[seen], values.experiment[seen]
    gold, observed = values.target[seen], values.observed[seen]
    if not grade.size:
        return OriginalVerdicts(np.array([], np.int64), np.array([], np.bool_), np.array([], np.float64))
    starts = _starts((grade[1:] != grade[:-1]) | (experiment[1:] != experiment[:-1]))
    counts = np.diff(np.append(starts, grade.size))
    with np.errstate(all="ignore"):  # as in the rule, a tiny gold makes an infinite loss
        losses = np.abs(gold - np.where(np.isnan(observed), 0.0, observed)) / np.where(gold == 0, 1.0, gold)
        losses[gold == 0] = 1.0
        mean = np.add.reduceat(losses, starts) / counts
    for i in np.flatnonzero(np.abs(mean - TOLERANCE) < _NEAR):
        # numpy adds in another order than the rule does, and here that could decide
        mean[i] = sum(losses[starts[i] : starts[i] + counts[i]].tolist()) / counts[i]
    mean[np.logical_and.reduceat(np.isnan(observed), starts)] = 1.0
    within = mean <= TOLERANCE
    of_grade = _starts(grade[starts][1:] != grade[starts][:-1])
    share = np.add.reduceat(within.astype(np.float64), of_grade) / np.diff(np.append(of_grade, starts.size))
    return OriginalVerdicts(grade[starts][of_grade], np.logical_and.reduceat(within, of_grade), share)


def _starts(changes: NDArray[np.bool_]) -> Ints:
    """Where groups of neighbours begin, from where each differs from the one before."""
    return np.flatnonzero(np.concatenate([[True], changes])).astype(np.int64)
