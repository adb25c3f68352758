"""What models were asked over all runs; who is at work; what database it is."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from rexlab.store.call_row import CallRow
from rexlab.store.calls import REFUSED, save_calls, spent_by_run, use_by_model
from rexlab.store.leases import claim, this_process
from rexlab.store.schema import describe_database
from rexlab.store.workers import running_claims

Plan = Callable[..., list[str]]


def call(trial: str, model: str, *, at: float = 100.0, cost: float | None = 0.5, failure: str = "") -> CallRow:
    return CallRow(
        trial_id=trial,
        epoch=1,
        run_id=trial.rsplit("-", 1)[0],
        number=1,
        at=at,
        protocol="chat",
        model=model,
        status=200,
        failure=failure,
        input_tokens=10,
        output_tokens=2,
        cost_usd=cost,
        seconds=1.5,
    )


def test_models_are_summed_over_runs_the_most_expensive_first(engine: Engine, plan: Plan) -> None:
    (one,), (two,) = plan(1, "r1"), plan(1, "r2")
    save_calls(
        engine,
        [
            call(one, "cheap", cost=0.1),
            call(one, "dear", cost=2.0),
            call(two, "dear", cost=3.0),
            call(two, "dear", cost=None, failure="RateLimitError"),
            call(two, "dear", cost=None, failure=REFUSED),
        ],
    )
    dear, cheap = use_by_model(engine)
    assert (dear.model, dear.spent.calls, dear.spent.failures, dear.refused) == ("dear", 3, 1, 1)
    assert (dear.spent.cost_usd, dear.spent.input_tokens, dear.spent.seconds) == (pytest.approx(5.0), 30, 4.5)
    assert (cheap.model, cheap.spent.cost_usd, cheap.refused) == ("cheap", pytest.approx(0.1), 0)
    assert spent_by_run(engine, "r2").calls == 2


def test_only_calls_since_a_moment_count_where_one_is_given(engine: Engine, plan: Plan) -> None:
    (trial,) = plan(1)
    save_calls(engine, [call(trial, "m", at=10.0), call(trial, "m", at=20.0), call(trial, "n", at=10.0)])
    assert [(use.model, use.spent.calls) for use in use_by_model(engine, since=20.0)] == [("m", 1)]


def test_a_model_with_an_unknown_price_has_an_unknown_cost(engine: Engine, plan: Plan) -> None:
    (trial,) = plan(1)
    save_calls(engine, [call(trial, "m"), call(trial, "m", cost=None)])
    assert [use.spent.cost_usd for use in use_by_model(engine)] == [None]


def test_a_model_that_refused_calls_alone_was_never_asked(engine: Engine, plan: Plan) -> None:
    (trial,) = plan(1)
    save_calls(engine, [call(trial, "m", cost=None, failure=REFUSED)])
    (use,) = use_by_model(engine)
    assert (use.spent.calls, use.spent.cost_usd, use.refused) == (0, 0.0, 1)
    assert spent_by_run(engine, "r1").calls == 0


def test_claimed_trials_are_listed_with_their_leases(engine: Engine, plan: Plan) -> None:
    (first, _), (other,) = plan(2, "r1"), plan(1, "r2")
    before = time.time()
    for trial in (other, first):
        assert claim(engine, trial, 60.0) is not None
    found = running_claims(engine)
    assert [(c.trial_id, c.run_id, c.owner) for c in found] == [
        (other, "r2", this_process()),
        (first, "r1", this_process()),
    ]
    assert all(before <= c.started_at <= c.lease_expires - 59 for c in found)


def test_the_database_says_what_it_is(engine: Engine) -> None:
    found = describe_database(engine)
    assert found.kind == engine.dialect.name
    assert float(found.version.split(".")[0]) == {"sqlite": 3, "postgresql": 15}[found.kind]
    assert found.schema == "0006"
