"""Time to success, with trials that were stopped."""

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from tests.support.trials import Made, columns

from rexlab.reports.document import Estimate, Section
from rexlab.reports.times import time_to_success
from rexlab.reports.view import View


def section(*made: Made) -> Section:
    return time_to_success(View(columns(made)))


def trial(outcome: str, solving: float, agent: str = "react m") -> Made:
    return Made(outcome, agent, solving=solving)


def test_published_example() -> None:
    # Kaplan and Meier 1958, table of section 2: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1
    stopped = ("agent_timeout", "budget_exceeded", "wrong_result", "no_patch")
    found = section(
        *(trial("passed", t) for t in (0.8, 3.1, 5.4, 9.2)),
        *(trial(o, t) for o, t in zip(stopped, (1.0, 2.7, 7.0, 12.1), strict=True)),
    )
    assert found.rows[0][:3] == ["react m", 4, 4]
    median = found.rows[0][3]
    assert isinstance(median, Estimate)
    assert median.value == 9.2
    (curve,) = found.series
    assert curve.x == [0.0, 0.8, 3.1, 5.4, 9.2, 12.1]
    assert curve.y == pytest.approx([0, 1 / 8, 3 / 10, 19 / 40, 59 / 80, 59 / 80])


def test_band_and_median_are_those_of_lifelines() -> None:
    rng = np.random.default_rng(3)
    seconds, solved = rng.exponential(60, 200).round(1), rng.random(200) < 0.7
    found = section(*(trial("passed" if s else "wrong_result", t) for t, s in zip(seconds, solved, strict=True)))
    fitted = KaplanMeierFitter().fit(seconds, solved)
    (curve,) = found.series
    at = np.array(curve.x[1:-1])
    expected = 1 - fitted.survival_function_at_times(at).to_numpy()
    assert curve.y[1:-1] == pytest.approx(expected)
    edges = 1 - fitted.confidence_interval_survival_function_.reindex(at, method="ffill").to_numpy()
    assert curve.low is not None
    assert curve.high is not None
    assert curve.low[1:-1] == pytest.approx(edges[:, 1])
    assert curve.high[1:-1] == pytest.approx(edges[:, 0])
    median = found.rows[0][3]
    limits = median_survival_times(fitted.confidence_interval_survival_function_).to_numpy()[0]
    assert isinstance(median, Estimate)
    assert [median.value, median.low, median.high] == [fitted.median_survival_time_, *limits]


def test_infrastructure_errors_and_unknown_times_are_left_out_and_counted() -> None:
    found = section(trial("passed", 1.0), trial("infra_error", 2.0), trial("wrong_result", np.nan))
    assert found.rows[0][1:3] == [1, 0]
    assert "1 trials are left out: how long their agent was at work is not known" in found.notes
    assert "infrastructure errors are left out: 1 trials" in found.notes


def test_fewer_than_half_solved_have_no_median_and_that_is_said() -> None:
    found = section(
        trial("passed", 1.0),
        *(trial("agent_timeout", 9.0) for _ in range(3)),
        *(trial("no_patch", 5.0, "aider m") for _ in range(2)),
    )
    assert [(row[0], row[3]) for row in found.rows] == [
        ("aider m", Estimate(None, reason="the curve ends at 0 % solved")),
        ("react m", Estimate(None, reason="the curve ends at 25 % solved")),
    ]
    assert "no median, for the curve never reaches one half: aider m, react m" in found.notes
    nothing, some = found.series
    assert (nothing.x, nothing.y) == ([0.0, 5.0], [0.0, 0.0])
    assert (some.x, some.y) == ([0.0, 1.0, 9.0], [0.0, 0.25, 0.25])


def test_one_trial_that_passed_has_a_median_without_edges() -> None:
    found = section(trial("passed", 3.0))
    median = found.rows[0][3]
    assert isinstance(median, Estimate)
    assert (median.value, median.low, median.high) == (3.0, 3.0, None)
    assert median.reason


def test_a_long_curve_is_drawn_with_few_steps_that_lie_on_it() -> None:
    n = 5000
    found = section(*(trial("passed", float(t)) for t in range(1, n + 1)))
    (curve,) = found.series
    assert len(curve.x) <= 402
    assert curve.y == pytest.approx([x / n for x in curve.x])
    assert curve.x[-1] == n
    assert np.isfinite([*curve.y, *(curve.low or []), *(curve.high or [])]).all()


@pytest.mark.parametrize("made", [[], [Made("infra_error", solving=1.0)], [Made("passed")]])
def test_without_a_time_there_is_a_note_instead_of_rows(made: list[Made]) -> None:
    found = section(*made)
    assert (found.rows, found.series) == ([], [])
    assert found.notes[0] == "no trial says how long an agent was at work"
