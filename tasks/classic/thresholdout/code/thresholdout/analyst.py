"""Analysts that choose later queries by the answers to earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from thresholdout.data import Sample
from thresholdout.oracles import Oracle
from thresholdout.queries import attribute_values, nested_accuracies


@dataclass(frozen=True)
class Findings:
    """What an analyst ends up with: the chosen attributes, best first, their signs, and one accuracy per size."""

    order: np.ndarray
    signs: np.ndarray
    answers: np.ndarray
    train_accuracy: np.ndarray
    reported_accuracy: np.ndarray


def select_attributes(train_values: np.ndarray, answers: np.ndarray, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    """Attributes that both estimates call correlated with the label, and in the same direction, with their signs."""
    train_shift = train_values - 0.5
    answer_shift = answers - 0.5
    agree = np.sign(train_shift) == np.sign(answer_shift)
    clear = np.minimum(np.abs(train_shift), np.abs(answer_shift)) > cutoff
    kept = np.flatnonzero(agree & clear)
    order = kept[np.argsort(-np.abs(train_shift[kept]), kind="stable")]
    return order, np.sign(train_shift[order])


@dataclass(frozen=True)
class FeatureSelector:
    """Screens single attributes through the oracle, then asks it about votes over the attributes it kept."""

    clip: float
    cutoff: float
    sizes: Sequence[int]

    def investigate(self, oracle: Oracle, train: Sample, holdout: Sample) -> Findings:
        """Run the two rounds of queries on one pair of samples."""
        train_values = attribute_values(train, self.clip)
        holdout_values = attribute_values(holdout, self.clip)
        answers = np.array([oracle.answer(t, h) for t, h in zip(train_values, holdout_values, strict=True)])
        order, signs = select_attributes(train_values, answers, self.cutoff)
        fitted = nested_accuracies(train, order, signs, self.sizes)
        checked = nested_accuracies(holdout, order, signs, self.sizes)
        reported = np.array([oracle.answer(t, h) for t, h in zip(fitted, checked, strict=True)])
        return Findings(order, signs, answers, fitted, reported)


def majority_attack(oracle: Oracle, holdout: Sample, clip: float, sizes: Sequence[int]) -> Findings:
    """Aim every attribute by the oracle's answer about it, without training data, and ask about votes over prefixes."""
    blind = 0.5
    ask = np.vectorize(partial(oracle.answer, blind), otypes=[float])
    answers = ask(attribute_values(holdout, clip))
    order = np.arange(answers.size)
    signs = np.where(answers > blind, 1.0, -1.0)
    reported = ask(nested_accuracies(holdout, order, signs, sizes))
    return Findings(order, signs, answers, np.full(len(sizes), blind), reported)
