"""Estimates: from the trials that are most like the run's own, wide where little is known, silent where nothing is."""

import numpy as np
import pytest

from rexlab.dashboard.estimate import RunEstimate, estimate_run
from rexlab.execution.options import RunOptions
from rexlab.execution.plan import AgentSpec
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.harness.manifest import find_harness
from rexlab.settings import bundled
from rexlab.store.estimates import Past
from rexlab.store.models import AgentRow

REACT = find_harness("react", [bundled("harnesses")])  # its own budget is 1 USD a trial
NOOP = find_harness("noop", [bundled("harnesses")])


def agent(model: str | None = "openai/one", name: str = "a1") -> tuple[AgentSpec, AgentRow]:
    harness = REACT if model else NOOP
    spec = AgentSpec(harness, ModelSpec(name=model) if model else None, {})
    row = AgentRow(
        id=name,
        harness=harness.name,
        harness_digest="d",
        label=f"{harness.name} {model}",
        model=model,
        params={},
        reference=False,
        simulated=bool(spec.model and spec.model.simulated),
    )
    return spec, row


def past(
    seconds: list[float],
    usd: list[float] | None = None,
    task: str = "s/one",
    name: str = "a1",
    model: str | None = "openai/one",
    harness: str = "react",
) -> Past:
    costs = usd or []
    simulated = bool(model and model.startswith("scripted"))
    return Past(
        *(name, harness, model, simulated, task),
        *(len(seconds), sum(seconds), sum(x * x for x in seconds)),
        *(len(costs), sum(costs), sum(x * x for x in costs)),
    )


def estimate(
    *known: Past,
    agents: list[tuple[AgentSpec, AgentRow]] | None = None,
    trials: dict[str, int] | None = None,
    workers: int = 1,
    options: RunOptions | None = None,
) -> RunEstimate:
    return estimate_run(agents or [agent()], trials or {"s/one": 10}, options or RunOptions(), workers, known)


def test_trials_that_always_took_the_same_give_exactly_that() -> None:
    found = estimate(past([4.0] * 9, [0.5] * 9))
    assert found.seconds is not None
    assert found.usd is not None
    assert (found.seconds.low, found.seconds.mean, found.seconds.high) == pytest.approx((40, 40, 40))
    assert (found.usd.low, found.usd.mean, found.usd.high) == pytest.approx((5, 5, 5))
    assert (found.untimed, found.unpriced) == ([], [])
    assert found.agents[0].trials == 9


def test_the_range_is_wider_the_more_they_differ_and_the_fewer_there_are() -> None:
    def width(seconds: list[float]) -> float:
        found = estimate(past(seconds)).seconds
        assert found is not None
        assert found.low <= found.mean <= found.high
        return found.high - found.low

    assert width([3, 5] * 20) < width([1, 7] * 20)
    assert width([3, 5] * 20) < width([3, 5])
    assert width([4]) > width([3, 5])


def test_nine_of_ten_runs_lie_within_the_range() -> None:
    chance = np.random.default_rng(3)
    inside = 0
    for _ in range(400):
        found = estimate(past(list(chance.gamma(4, 2, 30)))).seconds
        assert found is not None
        inside += found.low <= chance.gamma(4, 2, 10).sum() <= found.high
    assert 0.84 < inside / 400 < 0.96


def test_workers_share_the_trials_and_none_is_shorter_than_its_longest_trial() -> None:
    known = past([6.0] * 8)
    for workers, seconds in [(1, 60), (3, 20), (10, 6), (200, 6)]:
        found = estimate(known, workers=workers).seconds
        assert found is not None
        assert found.mean == pytest.approx(seconds)


def test_the_same_agent_goes_before_its_model_and_that_before_its_harness() -> None:
    this = past([1.0] * 5)
    otherwise = past([2.0] * 5, name="a2")
    other_model = past([3.0] * 5, name="a3", model="openai/two")
    for known, seconds, words in [
        ((this, otherwise, other_model), 10, "this very agent"),
        ((otherwise, other_model), 20, "harness and model"),
        ((other_model,), 30, "other models"),
    ]:
        found = estimate(*known)
        assert found.seconds is not None
        assert found.seconds.mean == pytest.approx(seconds)
        assert words in found.agents[0].basis


def test_the_same_task_goes_before_others_and_an_untried_one_gets_the_mean_of_all() -> None:
    known = (past([1.0] * 4), past([3.0] * 4, task="s/two"))
    found = estimate(*known, trials={"s/one": 5, "s/three": 5}).seconds
    assert found is not None
    assert found.mean == pytest.approx(5 * 1 + 5 * 2)
    # the five trials of the untried task are off in the same direction
    assert found.high - found.mean > 1.6 * 5


def test_scripted_models_say_nothing_about_others_and_cost_nothing() -> None:
    scripted = past([1.0] * 5, [0.0] * 5, name="a9", model="scripted")
    found = estimate(scripted)
    assert (found.seconds, found.usd) == (None, None)
    assert found.untimed == found.unpriced == ["react openai/one"]
    assert found.agents[0].trial_usd is None
    own = estimate(scripted, agents=[agent("scripted")])
    assert own.usd is not None
    assert (own.usd.high, own.agents[0].trial_usd) == (0.0, 0.0)


def test_an_agent_of_which_nothing_is_known_is_left_out_by_name() -> None:
    found = estimate(past([2.0] * 5, harness="noop", model=None), agents=[agent(None), agent()], trials={"s/one": 3})
    assert found.seconds is not None
    assert found.seconds.mean == pytest.approx(6)
    assert found.untimed == ["react openai/one"]
    assert found.usd is None


def test_a_model_whose_price_is_unknown_has_a_time_and_no_cost() -> None:
    found = estimate(past([2.0] * 5))
    assert found.seconds is not None
    assert (found.usd, found.unpriced) == (None, ["react openai/one"])


@pytest.mark.parametrize(
    ("options", "most"),
    [
        (RunOptions(), 10.0),
        (RunOptions(budget=Budget(usd=3)), 30.0),
        (RunOptions(budget=Budget(usd=3), run_budget=Budget(usd=7)), 7.0),
        (RunOptions(lifted=("usd",)), None),
        (RunOptions(lifted=("usd",), run_budget=Budget(usd=7)), 7.0),
    ],
)
def test_budgets_bound_the_cost(options: RunOptions, most: float | None) -> None:
    assert estimate(options=options).most_usd == most


def test_who_asks_no_model_costs_nothing_at_the_most() -> None:
    assert estimate(agents=[agent(None)]).most_usd == 0
    assert estimate(agents=[agent("scripted"), agent(None)]).most_usd == 0
