"""Calls to models: kept as metered, summed honestly."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from rexlab.store.call_row import CallRow
from rexlab.store.calls import REFUSED, calls_of, save_calls, spent_by_run, spent_by_trial


def call(trial_id: str, number: int, *, epoch: int = 1, cost: float | None = 0.5, failure: str = "") -> CallRow:
    return CallRow(
        trial_id=trial_id,
        epoch=epoch,
        run_id="r1",
        number=number,
        at=time.time(),
        protocol="chat",
        model="openai/m",
        status=200,
        failure=failure,
        retries=1,
        input_tokens=10,
        cached_tokens=4,
        output_tokens=2,
        cost_usd=cost,
        seconds=1.5,
    )


def test_calls_of_every_claim_count_for_the_trial_and_the_run(engine: Engine, plan: Callable[..., list[str]]) -> None:
    first, second, _ = plan(3)
    save_calls(engine, [call(first, 1), call(first, 1, epoch=2), call(second, 1)])
    assert [c.epoch for c in calls_of(engine, first)] == [1, 2]
    assert spent_by_trial(engine, first).cost_usd == pytest.approx(1.0)
    run = spent_by_run(engine, "r1")
    assert (run.calls, run.retries, run.input_tokens, run.cached_tokens, run.output_tokens) == (3, 3, 30, 12, 6)
    assert run.cost_usd == pytest.approx(1.5)
    assert run.seconds == pytest.approx(4.5)


def test_one_answered_call_of_unknown_price_makes_the_sum_unknown(
    engine: Engine, plan: Callable[..., list[str]]
) -> None:
    trial, *_ = plan(1)
    save_calls(engine, [call(trial, 1), call(trial, 2, cost=None, failure="RateLimitError")])
    assert spent_by_trial(engine, trial).cost_usd == pytest.approx(0.5)
    save_calls(engine, [call(trial, 3, cost=None)])
    assert spent_by_trial(engine, trial).cost_usd is None


def test_a_refused_call_is_kept_and_not_summed(engine: Engine, plan: Callable[..., list[str]]) -> None:
    trial, *_ = plan(1)
    save_calls(engine, [call(trial, 1), call(trial, 2, failure=REFUSED)])
    assert len(calls_of(engine, trial)) == 2
    assert spent_by_run(engine, "r1").calls == 1


def test_nothing_asked_is_nothing_spent(engine: Engine, plan: Callable[..., list[str]]) -> None:
    plan(1)
    spent = spent_by_run(engine, "r1")
    assert (spent.calls, spent.cost_usd, spent.seconds) == (0, 0.0, 0.0)
    save_calls(engine, [])
