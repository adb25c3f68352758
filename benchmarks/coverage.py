"""How often the 95 % intervals of reports hold the truth, over simulated studies of papers that resemble themselves.

    python benchmarks/coverage.py [--studies 2000] [--seed 0] [--all]

Every study draws papers, each with a success rate of its own (beta, with the given intraclass correlation), and trials
on them. Sizes of papers: equal; uneven (the largest up to six times the smallest); skewed (log-normal, sigma 0.8). The
goal is 93 to 97 % with at least 12 papers and rates of 0.1 to 0.9; whatever misses it is printed (--all: everything).
Beside rexlab's interval of a rate stand two that it does not use, to show why: the percentile and the studentised
bootstrap over papers.
A simulated coverage has a standard error of sqrt(0.95 · 0.05 / studies), 0.5 points for 2000.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, comb, ndtr

from rexlab.stats.clusters import jackknife
from rexlab.stats.curve import accuracy_intervals
from rexlab.stats.curve_models import fit_accuracy

Floats = NDArray[np.float64]
ENOUGH = 12
"""Papers from which the goal holds."""
GOAL = (0.93, 0.97)
MASKS = np.arange(1.0, 6.0)
ATTEMPTS, K = 8, 5
STEPS = 20_000
REPLICATES = 1000
PERCENTILE, STUDENTISED = "rate, percentile boot", "rate, bootstrap-t"
"""For comparison: not what reports use."""
PROBLEM_ICC = 0.25
"""Of the attempts at one problem, given its paper."""


@dataclass(frozen=True)
class Scenario:
    """One kind of study."""

    quantity: str
    papers: int
    sizes: str
    correlation: float
    rate: float
    """Of agent B, for a difference; per function, for a curve; of one attempt, for pass@k."""


@dataclass(frozen=True)
class Result:
    """Of many studies of one scenario."""

    scenario: Scenario
    truth: float
    coverage: float
    width: float


def sizes(rng: np.random.Generator, kind: str, studies: int, papers: int, usual: int) -> NDArray[np.int_]:
    if kind == "equal":
        return np.full((studies, papers), usual)
    if kind == "uneven":
        return rng.integers(usual // 2, 3 * usual + 1, (studies, papers))
    return np.maximum(2, np.round(usual * np.exp(0.8 * rng.standard_normal((studies, papers))))).astype(np.int_)


def beta(mean: Floats | float, correlation: float) -> tuple[Floats, Floats]:
    """Parameters of the beta distribution whose binomials have this intraclass correlation."""
    total = 1 / correlation - 1
    return np.asarray(mean) * total, (1 - np.asarray(mean)) * total


def quantiles(mean: Floats | float, correlation: float, place: Floats) -> Floats:
    """The beta distribution's quantiles at places 0 to 1, as steps: the inverse itself is slow."""
    a, b = beta(mean, correlation)
    return np.asarray(
        betaincinv(a, b, (np.arange(STEPS) + 0.5) / STEPS)[np.minimum((place * STEPS).astype(np.int_), STEPS - 1)]
    )


def rate(rng: np.random.Generator, s: Scenario, studies: int) -> tuple[Floats, Floats, float]:
    n = sizes(rng, s.sizes, studies, s.papers, 20)
    won = rng.binomial(n, rng.beta(*beta(s.rate, s.correlation), n.shape))
    found = jackknife(won.astype(float), n.astype(float))
    return found.low, found.high, s.rate


def bootstrapped(
    rng: np.random.Generator, s: Scenario, studies: int, *, studentised: bool
) -> tuple[Floats, Floats, float]:
    """Resample papers (one set of resamples serves all studies): quantiles of the rate, or of (rate* - rate) / se*.

    Efron and Tibshirani, An Introduction to the Bootstrap, 1993, sections 13.3 and 12.5; se is the clustered one (CR1).
    """
    n = sizes(rng, s.sizes, studies, s.papers, 20).astype(float)
    won = rng.binomial(n.astype(np.int_), rng.beta(*beta(s.rate, s.correlation), n.shape)).astype(float)
    drawn = rng.multinomial(s.papers, np.full(s.papers, 1 / s.papers), size=REPLICATES).T.astype(float)

    def estimate(weights: Floats) -> tuple[Floats, Floats]:
        total = n @ weights
        value = won @ weights / total
        squares = won**2 @ weights - 2 * value * ((won * n) @ weights) + value**2 * (n**2 @ weights)
        return value, np.sqrt(s.papers / (s.papers - 1) * np.maximum(squares, 0.0)) / total

    again, errors = estimate(drawn)
    if not studentised:
        low, high = np.quantile(again, [0.025, 0.975], axis=1)
        return low, high, s.rate
    value, error = estimate(np.ones((s.papers, 1)))
    scores = np.where(errors > 1e-12, (again - value) / np.where(errors > 1e-12, errors, 1.0), 0.0)
    low, high = np.quantile(scores, [0.025, 0.975], axis=1)
    return value[:, 0] - high * error[:, 0], value[:, 0] - low * error[:, 0], s.rate


def difference(rng: np.random.Generator, s: Scenario, studies: int) -> tuple[Floats, Floats, float]:
    """Papers' rates of A and B correlate by about 0.6; on half of the pairs the two succeed on the same draw."""
    gain = 0.0 if s.rate == 0.5 else 0.1
    n = sizes(rng, s.sizes, studies, s.papers, 20)
    one, two = rng.standard_normal(n.shape), rng.standard_normal(n.shape)
    a = quantiles(s.rate + gain, s.correlation, ndtr(one))
    b = quantiles(s.rate, s.correlation, ndtr(0.6 * one + 0.8 * two))
    both = 0.5 * np.minimum(a, b) + 0.5 * a * b
    only_a, only_b = a - both, b - both
    cells = np.maximum(np.stack([only_a, only_b, 1 - only_a - only_b], axis=-1), 0.0)
    drawn = rng.multinomial(n, cells / cells.sum(axis=-1, keepdims=True))
    balance = (drawn[..., 0] - drawn[..., 1]).astype(float)
    found = jackknife((balance + n) / 2, n.astype(float))
    return 2 * found.low - 1, 2 * found.high - 1, gain


def mean_pass(rng: np.random.Generator, s: Scenario, studies: int) -> tuple[Floats, Floats, float]:
    """Problems of a paper differ too; the truth comes from the beta's quantiles."""
    n = sizes(rng, s.sizes, studies, s.papers, 6)
    easiness = rng.beta(*beta(s.rate, s.correlation), n.shape)
    problem = np.repeat(easiness.ravel(), n.ravel())
    own = rng.beta(*(np.maximum(part, 1e-9) for part in beta(problem, PROBLEM_ICC)))
    won = rng.binomial(ATTEMPTS, own)
    value = (1 - comb(ATTEMPTS - np.arange(ATTEMPTS + 1), K) / comb(ATTEMPTS, K))[won]
    paper = np.repeat(np.arange(n.size), n.ravel())
    totals = np.bincount(paper, weights=value, minlength=n.size).reshape(n.shape)
    papers = quantiles(s.rate, s.correlation, np.arange(STEPS) / STEPS)
    a, b = beta(papers, PROBLEM_ICC)
    none = np.prod([(b + i) / (a + b + i) for i in range(K)], axis=0)
    found = jackknife(totals, n.astype(float))
    return found.low, found.high, float(1 - none.mean())


def curve(rng: np.random.Generator, s: Scenario, studies: int) -> tuple[Floats, Floats, float]:
    """The model holds over all papers: success at n masks is beta with mean p^n, high or low at all n of a paper."""
    n = sizes(rng, s.sizes, studies, s.papers, 8)
    place = rng.random(n.shape)
    chance = np.stack([quantiles(s.rate**m, s.correlation, place) for m in MASKS], axis=-1)
    low, high = _curves(rng, n, chance)
    return low, high, s.rate


def differing(rng: np.random.Generator, s: Scenario, studies: int) -> tuple[Floats, Floats, float]:
    """Papers have a p of their own: what is estimated is then the p that fits the papers' mean curve best."""
    n = sizes(rng, s.sizes, studies, s.papers, 8)
    a, b = beta(s.rate, s.correlation)
    low, high = _curves(rng, n, rng.beta(a, b, n.shape)[..., None] ** MASKS)
    mean = np.array([np.prod([(a + i) / (a + b + i) for i in range(int(m))]) for m in MASKS])
    return low, high, float(fit_accuracy(MASKS, mean, np.ones(MASKS.size)))


def _curves(rng: np.random.Generator, n: NDArray[np.int_], chance: Floats) -> tuple[Floats, Floats]:
    trials = np.broadcast_to(n[..., None], chance.shape)
    won = rng.binomial(trials, np.clip(chance, 0.0, 1.0))
    low, high, _ = accuracy_intervals(MASKS, won.astype(float), trials.astype(float))
    return low, high


KINDS: dict[str, tuple[Callable[[np.random.Generator, Scenario, int], tuple[Floats, Floats, float]], list[float]]] = {
    "clustered rate": (rate, [0.1, 0.3, 0.5, 0.7, 0.9]),
    PERCENTILE: (partial(bootstrapped, studentised=False), [0.1, 0.5, 0.9]),
    STUDENTISED: (partial(bootstrapped, studentised=True), [0.1, 0.5, 0.9]),
    "paired difference": (difference, [0.1, 0.3, 0.5, 0.8]),
    f"mean pass@{K}": (mean_pass, [0.05, 0.1, 0.3, 0.5]),
    "accuracy per function": (curve, [0.5, 0.7, 0.9]),
    "the same, papers differ": (differing, [0.5, 0.7, 0.9]),
}


def scenarios(papers: tuple[int, ...] = (4, 8, 12, 18, 40)) -> Iterator[Scenario]:
    for name, (_, rates) in KINDS.items():
        for count, kind, correlation, level in product(papers, ("equal", "uneven", "skewed"), (0.05, 0.15, 0.3), rates):
            yield Scenario(name, count, kind, correlation, level)


def simulate(scenario: Scenario, studies: int, seed: int) -> Result:
    """Coverage and mean width; a study without an interval counts as not covering."""
    low, high, truth = KINDS[scenario.quantity][0](np.random.default_rng(seed), scenario, studies)
    return Result(scenario, truth, float(((low <= truth) & (truth <= high)).mean()), float((high - low).mean()))


def missed(result: Result) -> bool:
    return not GOAL[0] <= result.coverage <= GOAL[1]


def show(result: Result) -> str:
    s = result.scenario
    head = f"{s.quantity:24} {s.papers:6} {s.sizes:7} {s.correlation:5.2f} {s.rate:5.2f} {result.truth:6.3f}"
    return f"{head} {100 * result.coverage:8.1f} {result.width:6.3f}{'  missed' if missed(result) else ''}"


def main() -> None:
    options = argparse.ArgumentParser(description="Coverage of the intervals in reports.")
    options.add_argument("--studies", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--all", action="store_true", help="print every scenario, not just those that miss the goal")
    chosen = options.parse_args()
    begin = time.perf_counter()
    print("quantity                 papers sizes     icc  rate  truth coverage  width")
    groups: dict[tuple[str, int], list[Result]] = defaultdict(list)
    for number, scenario in enumerate(scenarios()):
        result = simulate(scenario, chosen.studies, chosen.seed + number)
        groups[scenario.quantity, scenario.papers].append(result)
        if chosen.all or missed(result):
            print(show(result), flush=True)
    print("\nquantity                 papers scenarios missed  coverage: lowest  median highest  mean width")
    for (name, papers), results in groups.items():
        cover = 100 * np.array([r.coverage for r in results])
        count, width = sum(map(missed, results)), np.mean([r.width for r in results])
        print(
            f"{name:24} {papers:6} {len(results):9} {count:6} {cover.min():17.1f} {np.median(cover):7.1f} "
            f"{cover.max():7.1f} {width:11.3f}"
        )
    ours = {key: results for key, results in groups.items() if key[0] not in (PERCENTILE, STUDENTISED)}
    counted = [r for (_, papers), results in ours.items() if papers >= ENOUGH for r in results]
    short = sum(map(missed, counted))
    print(f"\nfrom {ENOUGH} papers up: {len(counted)} scenarios, {short} of them outside of 93 to 97 %")
    print(f"{chosen.studies} studies each, seed {chosen.seed}; {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
