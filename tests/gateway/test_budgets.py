"""Budgets: the call after the one that reached a limit is refused, in the client's format, and never tried again."""

import threading

import pytest
from sqlmodel import Session
from tests.gateway.conftest import PATHS, body, model_for
from tests.gateway.test_calls import BOTH, PROTOCOLS
from tests.gateway.test_failures import message_of

from rexlab.gateway.contract import Budget
from rexlab.settings import Settings
from rexlab.store.calls import calls_of, spent_by_run
from rexlab.store.database import open_engine
from rexlab.store.models import AgentRow, RunRow, TrialRow, VariantRow


@BOTH
@PROTOCOLS
@pytest.mark.parametrize(
    ("budget", "named"),
    [
        (Budget(calls=1), "budget of 1 calls is used up"),
        (Budget(tokens=120), "budget of 120 tokens is used up: 120 were used"),
        (Budget(usd=0.0001), "budget of 0.0001 USD is used up"),
        (Budget(seconds=1e-9), "budget of 1e-09 s of calls is used up"),
    ],
    ids=["calls", "tokens", "usd", "seconds"],
)
def test_the_call_after_a_limit_is_refused_in_the_clients_format(open_trial, protocol, stream, budget, named):
    trial = open_trial(model_for(protocol), budget=budget)
    assert trial.ask("say hi", protocol, stream).status_code == 200
    for _ in range(3):
        response = trial.ask("say hi", protocol, stream)
        assert response.status_code == 400
        assert response.headers["x-should-retry"] == "false"
        assert f"the trial's {named}" in message_of(response, protocol)
        if protocol != "messages":
            assert response.json()["error"]["code"] == "budget_exceeded"
    used = trial.close()
    assert used.calls == 1
    assert named in used.budget_exceeded


def test_a_call_that_stays_within_the_limits_is_made(open_trial):
    trial = open_trial(budget=Budget(calls=2, tokens=121, usd=1, seconds=60))
    assert [trial.ask("say hi").status_code for _ in range(3)] == [200, 200, 400]


def test_a_limit_on_calls_holds_for_calls_at_the_same_time(open_trial):
    trial = open_trial(budget=Budget(calls=5))
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(trial.ask("say hi").status_code)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 5 + [400] * 15


def test_a_model_of_unknown_price_is_refused_under_a_limit_in_usd_and_answered_without(open_trial):
    trial = open_trial("openai/nobody-knows-me", budget=Budget(usd=5))
    response = trial.ask("say hi")
    assert response.status_code == 400
    assert "the price of openai/nobody-knows-me is unknown" in message_of(response, "chat")
    free = open_trial("openai/nobody-knows-me")
    assert free.ask("say hi").status_code == 200
    used = free.close()
    assert (used.cost_usd, used.input_tokens) == (None, 100)


def test_leaving_before_the_end_of_an_answer_does_not_get_round_a_budget(open_trial):
    trial = open_trial(budget=Budget(tokens=1000))
    request = body("hang", "chat", True) | {"padding": "x" * 8000}
    with trial.http.stream("POST", PATHS["chat"], json=request) as response:
        next(response.iter_raw())
    while not trial.usage().failures:
        pass
    assert "an estimate for 1 calls" in message_of(trial.ask("say hi"), "chat")
    assert trial.close().input_tokens == 0


def test_a_runs_budget_holds_across_its_trials(open_trial, gateway):
    trials = [open_trial(run_id="shared", run_budget=Budget(calls=3)) for _ in range(2)]
    assert [trials[number % 2].ask("say hi").status_code for number in range(5)] == [200, 200, 200, 400, 400]
    assert "the run's budget of 3 calls" in trials[1].close().budget_exceeded
    assert gateway.run_usage("shared").calls == 3


@pytest.fixture
def stored(tmp_path):
    """A store with one run of two trials."""
    engine = open_engine(Settings(home=tmp_path / "home").store_url)
    shared = {"digest": "d", "platform_version": "0"}
    with Session(engine) as session:
        session.add(RunRow(id="r1", created_at=0, name="r", spec={}, **shared))
        session.add(
            VariantRow(
                id="v1", task="s/t", task_digest="d", task_folder="", kind="masking", functions=[], masks=0, shown={}
            )
        )
        session.add(AgentRow(id="a1", harness="h", harness_digest="d", params={}, reference=False))
        session.commit()
        for number in (1, 2):
            session.add(
                TrialRow(
                    id=f"r1-{number}", run_id="r1", position=number, variant_id="v1", agent_id="a1", attempt=1, seed=0
                )
            )
        session.commit()
    return engine


def test_a_runs_budget_holds_across_a_resume(start, open_trial, stored):
    budget = {"run_id": "r1", "run_budget": Budget(calls=3)}
    first = open_trial(at=start(keep=True), trial_id="r1-1", **budget)
    assert [first.ask("say hi").status_code for _ in range(2)] == [200, 200]
    assert first.ask("fail 400").status_code == 400
    first.close()
    later = open_trial(at=start(keep=True), trial_id="r1-2", **budget)
    assert "the run's budget of 3 calls" in message_of(later.ask("say hi"), "chat")
    later.close()
    assert spent_by_run(stored, "r1").calls == 3


def test_a_runs_budget_holds_across_gateways_that_work_on_it_at_the_same_time(start, open_trial, stored):
    budget = {"run_id": "r1", "run_budget": Budget(calls=3)}
    here, there = start(keep=True), start(keep=True)
    open_trial(at=here, trial_id="r1-1", **budget).close()  # from here on it knows the run
    elsewhere = open_trial(at=there, trial_id="r1-1", epoch=2, **budget)
    assert [elsewhere.ask("say hi").status_code for _ in range(2)] == [200, 200]
    elsewhere.close()
    later = open_trial(at=here, trial_id="r1-2", **budget)
    assert [later.ask("say hi").status_code for _ in range(2)] == [200, 400]
    assert "the run's budget of 3 calls" in later.close().budget_exceeded
    assert spent_by_run(stored, "r1").calls == 3


def test_every_call_is_in_the_store_when_its_trial_is_closed(start, open_trial, stored):
    trial = open_trial(at=start(keep=True), trial_id="r1-1", run_id="r1", epoch=4, budget=Budget(calls=3))
    trial.ask("say hi", "chat", True)
    trial.ask("fail 503")
    trial.ask("mute")
    trial.ask("say hi")
    trial.ask("say hi")
    trial.close()
    rows = calls_of(stored, "r1-1")
    assert [row.number for row in rows] == [1, 2, 3, 4]
    answered, failed, mute, refused = rows
    assert (answered.epoch, answered.run_id, answered.model, answered.protocol) == (4, "r1", "openai/gpt-4o", "chat")
    assert (answered.status, answered.failure, answered.retries) == (200, "", 0)
    assert (answered.input_tokens, answered.cached_tokens, answered.output_tokens) == (100, 40, 20)
    assert answered.cost_usd == pytest.approx(60 * 2.5e-6 + 40 * 1.25e-6 + 20 * 1e-5)
    assert 0 < answered.first_token_s <= answered.seconds
    assert (failed.status, failed.failure, failed.retries) == (503, "ServiceUnavailableError", 2)
    assert (mute.status, mute.input_tokens, mute.output_tokens, mute.cost_usd) == (200, None, None, None)
    assert (refused.status, refused.failure, refused.seconds) == (400, "budget_exceeded", 0)
