"""The scripted model behind the whole gateway: metered, free, and failing as providers fail."""

import pytest
from tests.gateway.conftest import PATHS
from tests.gateway.test_calls import BOTH, PROTOCOLS, text_of
from tests.gateway.test_failures import message_of

from rexlab.gateway.contract import Budget


@BOTH
@PROTOCOLS
def test_it_answers_costs_nothing_and_its_tokens_are_counted(open_trial, provider, protocol, stream):
    trial = open_trial("scripted", budget=Budget(usd=0.01))
    response = trial.ask("Hello there", protocol, stream)
    assert response.status_code == 200
    assert text_of(response, protocol, stream)
    used = trial.close()
    assert (used.calls, used.cost_usd, used.unmetered_calls) == (1, 0.0, 0)
    assert used.input_tokens > 0
    assert used.output_tokens > 0
    assert not provider.requests


def test_a_storm_passes_within_a_call(open_trial):
    trial = open_trial("scripted/storm")
    assert trial.ask("Hello").status_code == 200
    assert trial.close().retries == 2


@BOTH
def test_an_outage_stays(open_trial, stream):
    trial = open_trial("scripted/outage")
    response = trial.ask("Hello", "messages", stream)
    assert response.status_code == 503
    assert "scripted outage" in message_of(response, "messages")
    assert "scripted outage" in trial.close().outage


@BOTH
def test_a_rejection_is_the_agents_and_tried_once(open_trial, stream):
    trial = open_trial("scripted/reject")
    response = trial.ask("Hello", "chat", stream)
    assert response.status_code == 400
    assert "context" in message_of(response, "chat")
    used = trial.close()
    assert (used.failures, used.retries, used.outage) == (1, 0, "")


def test_a_huge_answer_comes_whole(open_trial):
    trial = open_trial("scripted/huge")
    assert len(text_of(trial.ask("Hello", "chat", True), "chat", True)) > 4_000_000


def test_a_name_that_no_scripted_model_has_is_refused(open_trial, gateway):
    from rexlab.errors import InputError

    with pytest.raises(InputError, match="no scripted model 'scripted/unheard'"):
        open_trial("scripted/unheard")


def test_loops_end_in_the_budget(open_trial):
    trial = open_trial("scripted/loop", budget=Budget(calls=3))
    statuses = [trial.http.post(PATHS["chat"], json={"messages": [{"role": "user", "content": "go"}]}).status_code]
    while statuses[-1] == 200:
        statuses.append(trial.ask("go").status_code)
    assert statuses == [200, 200, 200, 400]
    assert trial.close().budget_exceeded
