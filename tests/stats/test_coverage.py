"""A smaller run of benchmarks/coverage.py: 95 % intervals hold the truth in 93 to 97 % of simulated studies."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from rexlab.stats.rates import wilson

STUDIES = 1000
# a run of 1000 studies with a true coverage of 93 to 97 % leaves these edges once in 1000 runs on either side
LOWEST, HIGHEST = binom.ppf(1e-3, STUDIES, 0.93) / STUDIES, binom.ppf(1 - 1e-3, STUDIES, 0.97) / STUDIES


@pytest.fixture(scope="module")
def coverage():
    path = Path(__file__).parents[2] / "benchmarks" / "coverage.py"
    spec = importlib.util.spec_from_file_location("coverage_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("quantity", "rate"),
    [
        ("clustered rate", 0.1),
        ("clustered rate", 0.5),
        ("paired difference", 0.3),
        ("mean pass@5", 0.1),
        ("accuracy per function", 0.7),
        ("the same, papers differ", 0.9),
    ],
)
@pytest.mark.parametrize(("papers", "sizes", "correlation"), [(12, "uneven", 0.3), (18, "skewed", 0.15)])
def test_intervals_cover(coverage, quantity, rate, papers, sizes, correlation):
    result = coverage.simulate(coverage.Scenario(quantity, papers, sizes, correlation, rate), STUDIES, seed=11)
    assert LOWEST <= result.coverage <= HIGHEST


def test_the_simulation_finds_out_an_interval_that_is_too_narrow(coverage):
    """Wilson's, which takes trials as independent, on the same studies: hence papers, not trials."""
    rng = np.random.default_rng(4)
    sizes = coverage.sizes(rng, "uneven", STUDIES, 18, 20)
    passed = rng.binomial(sizes, rng.beta(*coverage.beta(0.3, 0.15), sizes.shape))
    edges = [wilson(s, n) for s, n in zip(passed.sum(axis=1), sizes.sum(axis=1), strict=True)]
    assert np.mean([e.low <= 0.3 <= e.high for e in edges]) < 0.8


@pytest.mark.parametrize("name", ["mean pass@5", "the same, papers differ"])
def test_the_truth_that_is_compared_with_is_what_many_papers_tend_to(coverage, name):
    """One study of 40 000 papers must land on it: a wrong truth would make every coverage meaningless."""
    low, high, truth = coverage.KINDS[name][0](
        np.random.default_rng(1), coverage.Scenario(name, 40_000, "equal", 0.15, 0.5), 1
    )
    assert high[0] - low[0] < 0.01
    assert truth == pytest.approx((low[0] + high[0]) / 2, abs=0.006)
