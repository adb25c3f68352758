"""Models in another protocol than their provider's, through litellm, against the same provider."""

import pytest
from tests.gateway.conftest import KEY, PATHS, body
from tests.gateway.test_calls import BOTH, text_of
from tests.gateway.test_failures import message_of

from rexlab.gateway.contract import ModelSpec, Registration
from rexlab.gateway.translate import _arguments
from rexlab.gateway.upstream import Call

CLAUDE = "anthropic/claude-sonnet-4-5"
GPT = "openai/gpt-4o"
CROSSED = pytest.mark.parametrize(
    ("model", "protocol"),
    [(CLAUDE, "chat"), (CLAUDE, "responses"), (GPT, "messages")],
    ids=["claude-chat", "claude-responses", "gpt-messages"],
)


@BOTH
@CROSSED
def test_an_answer_comes_in_the_clients_protocol_and_is_metered(open_trial, model, protocol, stream):
    trial = open_trial(model)
    response = trial.ask("say the answer is 42", protocol, stream)
    assert response.status_code == 200, response.text
    assert text_of(response, protocol, stream) == "the answer is 42"
    used = trial.close()
    assert (used.calls, used.failures, used.input_tokens, used.output_tokens) == (1, 0, 100, 20)
    assert used.cached_tokens == 40
    assert used.cost_usd > 0


@CROSSED
def test_a_model_that_repeats_itself_is_heard_to_the_end(open_trial, model, protocol):
    words = "again " * 300
    trial = open_trial(model)
    response = trial.ask(f"say {words}", protocol, True)
    assert text_of(response, protocol, True).count("again") == 300
    assert trial.close().failures == 0


@CROSSED
def test_the_agents_parameters_arrive(open_trial, provider, model, protocol):
    trial = open_trial(model, params={"temperature": 0.5, "max_tokens": 77})
    assert trial.ask("say hi", protocol).status_code == 200
    sent = provider.requests[-1]
    assert sent["model"] == model.split("/")[1]
    assert sent["temperature"] == 0.5
    assert 77 in (sent.get("max_tokens"), sent.get("max_completion_tokens"), sent.get("max_output_tokens"))


@BOTH
@CROSSED
def test_failures_are_retried_by_the_gateway_alone(open_trial, provider, model, protocol, stream):
    trial = open_trial(model)
    response = trial.ask("fail 503", protocol, stream)
    assert response.status_code == 503
    assert "failed as asked" in message_of(response, protocol)
    used = trial.close()
    assert (used.calls, used.retries, used.failures) == (1, 2, 1)
    assert used.outage
    assert len(provider.requests) == 3


@BOTH
@CROSSED
def test_a_refusal_is_the_clients(open_trial, provider, model, protocol, stream):
    trial = open_trial(model)
    response = trial.ask("fail 400", protocol, stream)
    assert response.status_code == 400
    assert "failed as asked" in message_of(response, protocol)
    assert trial.close().outage == ""
    assert len(provider.requests) == 1


@CROSSED
def test_a_key_that_the_provider_repeats_gets_nowhere(open_trial, live, model, protocol):
    trial = open_trial(model)
    for status in (400, 401, 500):
        assert KEY not in trial.ask(f"echo-key {status}", protocol).text
    assert KEY not in trial.close().model_dump_json()
    assert KEY.encode() not in b"".join(p.read_bytes() for p in live.home.rglob("*") if p.is_file())


@CROSSED
def test_a_client_cannot_turn_litellm_against_its_keys(open_trial, provider, model, protocol):
    """litellm's own options, sent as fields of the request, would lead the key to an address of the agent's choice."""
    trial = open_trial(model)
    elsewhere = "http://127.0.0.1:9"
    fields = {
        "api_base": elsewhere, "base_url": elsewhere, "api_key": "sk-other", "custom_llm_provider": "openai",
        "mock_response": "mocked", "extra_headers": {"x-evil": "1"}, "headers": {"x-evil": "1"},
        "fallbacks": [{"model": "openai/x", "api_base": elsewhere}], "metadata": {"x": "y"}, "proxy_server_request": {},
        "extra_body": {"evil": 1}, "litellm_params": {"api_base": elsewhere}, "num_retries": 5, "timeout": 0.001,
        "input_cost_per_token": 0, "model_list": [], "client": "x", "organization": "evil",
    }  # fmt: skip
    response = trial.ask("say untouched", protocol, **fields)
    assert text_of(response, protocol, False) == "untouched"
    assert "evil" not in str(provider.requests) + str(provider.headers)
    assert KEY in str(provider.headers[-1])


@pytest.mark.parametrize("protocol", [*PATHS, "embeddings"])
def test_only_fields_of_the_protocol_and_the_agents_parameters_are_arguments(protocol):
    model = ModelSpec(name="groq/m", params={"temperature": 0, "api_version": "the user's own"})
    registration = Registration(trial_id="t", epoch=1, run_id="r", socket="/s", model=model)
    sent = body("hi", "chat") | {"api_base": "x", "api_key": "y", "input": "i", "temperature": 0}
    given = _arguments(Call(registration, protocol, sent | {"api_version": "the user's own"}, 1))
    assert given["model"] == "groq/m"
    assert not {"api_base", "api_key"} & set(given)
    assert given["timeout"] == 600


@pytest.mark.parametrize("name", ["groq/llama-3.3-70b-versatile"])
def test_a_missing_key_of_another_provider_is_named(name, monkeypatch):
    from rexlab.errors import InputError
    from rexlab.gateway.models import check_model

    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    with pytest.raises(InputError, match="set GROQ_API_KEY in the environment"):
        check_model(ModelSpec(name=name))
    monkeypatch.setenv("GROQ_API_KEY", "gsk-1")
    check_model(ModelSpec(name=name))
