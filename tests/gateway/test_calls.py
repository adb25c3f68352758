"""Calls of every protocol, whole and streamed, straight to a provider."""

import json
import threading

import httpx
import pytest
from tests.gateway.conftest import KEY, PATHS, body, model_for

from rexlab.gateway.contract import Usage

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
PROTOCOLS = pytest.mark.parametrize("protocol", list(PATHS))


def text_of(response, protocol: str, stream: bool) -> str:
    """What the model said."""
    if not stream:
        document = response.json()
        if protocol == "chat":
            return document["choices"][0]["message"]["content"]
        return (document["content"] if protocol == "messages" else document["output"][0]["content"])[0]["text"]
    pieces = []
    for event in events_of(response.text):
        if protocol == "chat":
            pieces += [c["delta"].get("content") or "" for c in event["choices"]]
        elif event["type"] in ("content_block_delta", "response.output_text.delta"):
            pieces.append(event["delta"] if protocol == "responses" else event["delta"]["text"])
    return "".join(pieces)


def events_of(text: str) -> list[dict]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


@BOTH
@PROTOCOLS
def test_a_call_is_answered_and_metered(open_trial, protocol, stream):
    trial = open_trial(model_for(protocol))
    response = trial.ask("say the answer is 42", protocol, stream)
    assert response.status_code == 200, response.text
    assert text_of(response, protocol, stream) == "the answer is 42"
    used = trial.close()
    price = {"messages": 60 * 3e-6 + 40 * 3e-7 + 20 * 1.5e-5}.get(protocol, 60 * 2.5e-6 + 40 * 1.25e-6 + 20 * 1e-5)
    assert used == Usage(
        calls=1, input_tokens=100, cached_tokens=40, output_tokens=20, cost_usd=used.cost_usd, seconds=used.seconds
    )
    assert used.cost_usd == pytest.approx(price)
    assert used.seconds > 0


@PROTOCOLS
def test_a_request_goes_up_as_it_came_but_for_model_and_parameters(open_trial, provider, protocol):
    trial = open_trial(model_for(protocol), params={"temperature": 0.5})
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}, "x-odd": [1, None]}]
    if protocol == "messages":
        tools = [{"name": "f", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}]
    fields = {"tools": tools, "top_p": 0.25, "unheard_of": {"é\ud800": 1e-7}, "temperature": 1}
    asked = json.dumps(body("say hi", protocol) | fields)
    assert trial.http.post(PATHS[protocol], content=asked).status_code == 200
    expected = json.loads(asked) | {"model": model_for(protocol).split("/")[1], "temperature": 0.5}
    assert provider.requests[-1] == expected


def test_parameters_have_the_name_that_each_protocol_gives_them(open_trial, provider):
    params = {"max_tokens": 77, "reasoning_effort": "high"}
    trial = open_trial(params=params)
    trial.ask("say hi", "chat", max_completion_tokens=9)
    assert provider.requests[-1]["max_completion_tokens"] == 77
    assert provider.requests[-1]["reasoning_effort"] == "high"
    trial.ask("say hi", "chat", max_tokens=9)
    assert provider.requests[-1]["max_tokens"] == 77
    trial.ask("say hi", "responses", reasoning={"summary": "auto"}, max_output_tokens=9)
    assert provider.requests[-1]["max_output_tokens"] == 77
    assert provider.requests[-1]["reasoning"] == {"summary": "auto", "effort": "high"}
    open_trial("anthropic/claude-sonnet-4-5", params=params).ask("say hi", "messages")
    assert provider.requests[-1]["max_tokens"] == 77
    assert provider.requests[-1]["output_config"] == {"effort": "high"}


def test_the_provider_gets_the_key_and_never_the_trials_token(open_trial, provider):
    for protocol in PATHS:
        trial = open_trial(model_for(protocol))
        headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "some-beta", "x-secret-of-harness": "1"}
        assert trial.http.post(PATHS[protocol], json=body("say hi", protocol), headers=headers).status_code == 200
        sent = provider.headers[-1]
        assert KEY in (sent.get("authorization", ""), sent.get("x-api-key", ""), sent.get("authorization", "")[7:])
        assert trial.token not in str(sent)
        assert (sent["anthropic-version"], sent["anthropic-beta"]) == ("2023-06-01", "some-beta")
        assert "x-secret-of-harness" not in sent


@pytest.mark.parametrize("asked", [False, True])
def test_a_chats_usage_event_reaches_the_client_only_if_it_asked(open_trial, provider, asked):
    trial = open_trial()
    fields = {"stream_options": {"include_usage": True}} if asked else {}
    response = trial.ask("say one two", "chat", True, **fields)
    assert provider.requests[-1]["stream_options"] == {"include_usage": True}
    assert any(event.get("usage") for event in events_of(response.text)) is asked
    assert response.text.endswith("data: [DONE]\n\n")
    assert trial.usage().output_tokens == 20


def test_the_first_event_is_passed_on_while_the_answer_still_runs(open_trial):
    trial = open_trial()
    with trial.http.stream("POST", PATHS["chat"], json=body("hang", "chat", True)) as response:
        first = next(response.iter_raw())
    assert b'"role": "assistant"' in first


def test_a_client_that_leaves_ends_the_providers_stream_and_is_metered(open_trial, provider):
    trial = open_trial()
    with trial.http.stream("POST", PATHS["chat"], json=body("hang", "chat", True)) as response:
        next(response.iter_raw())
    assert provider.dropped.wait(20)
    used = trial.close()
    assert (used.calls, used.unmetered_calls, used.input_tokens) == (1, 1, 0)
    assert not used.outage


@BOTH
@PROTOCOLS
def test_usage_that_the_provider_does_not_tell_is_unknown(open_trial, protocol, stream):
    trial = open_trial(model_for(protocol))
    assert trial.ask("mute", protocol, stream).status_code == 200
    used = trial.close()
    assert (used.calls, used.unmetered_calls, used.input_tokens, used.output_tokens) == (1, 1, 0, 0)


@PROTOCOLS
def test_paths_are_known_without_the_version_too(open_trial, protocol):
    trial = open_trial(model_for(protocol))
    response = trial.http.post(PATHS[protocol].removeprefix("/v1"), json=body("say hi", protocol))
    assert text_of(response, protocol, False) == "hi"


def test_embeddings_come_from_a_model_of_their_own(open_trial, provider):
    trial = open_trial("anthropic/claude-sonnet-4-5", params={"embedding_model": "openai/text-embedding-3-small"})
    response = trial.http.post("/v1/embeddings", json={"input": ["a"], "model": "x"})
    assert response.json()["data"][0]["embedding"] == [0.25, 0.5]
    assert provider.requests[-1]["model"] == "text-embedding-3-small"
    used = trial.close()
    assert (used.input_tokens, used.output_tokens) == (7, 0)
    assert used.cost_usd == pytest.approx(7 * 2e-8)


def test_tokens_are_counted_by_anthropic_and_estimated_for_others(open_trial):
    request = body("say hi", "messages")
    counted = open_trial("anthropic/claude-sonnet-4-5").http.post("/v1/messages/count_tokens", json=request).json()
    assert counted == {"input_tokens": 4711}
    estimated = open_trial("openai/gpt-4o").http.post("/v1/messages/count_tokens", json=request).json()
    assert estimated == {"input_tokens": len(json.dumps(request, separators=(",", ":"))) // 4}


def test_models_are_listed_in_the_clients_format(open_trial):
    trial = open_trial("openai/gpt-4o")
    assert [m["id"] for m in trial.http.get("/v1/models").json()["data"]] == ["gpt-4o"]
    assert trial.http.get("/v1/models/gpt-4o").json()["object"] == "model"
    anthropic = trial.http.get("/v1/models", headers={"anthropic-version": "2023-06-01"}).json()
    assert anthropic["data"][0]["type"] == "model"
    assert trial.http.head("/").status_code == 200
    assert trial.http.get("/v1/files").status_code == 404


def test_a_request_that_is_no_json_object_is_the_clients_mistake(open_trial):
    trial = open_trial()
    for content in (b"{", b"[]", b"[" * 100_000):
        response = trial.http.post(PATHS["chat"], content=content)
        assert response.status_code == 400, response.text
        assert response.json()["error"]["code"] == "invalid_json"
    assert trial.usage().calls == 0


def test_a_request_that_is_too_large_is_refused_before_it_is_parsed(open_trial):
    trial = open_trial()
    for content in (b" " * (64 * 2**20 + 1), iter([b" " * 2**22] * 17)):
        response = trial.http.post(PATHS["chat"], content=content)
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "request_too_large"


def test_32_streams_at_a_time_are_each_metered_on_their_own_trial(open_trial):
    trials = [open_trial() for _ in range(32)]
    said: dict[int, str] = {}

    def ask(number: int) -> None:
        for call in range(1 + number % 3):
            said[number] = text_of(trials[number].ask(f"say {number} {call}", "chat", True), "chat", True)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, trial in enumerate(trials):
        calls = 1 + number % 3
        assert said[number] == f"{number} {calls - 1}"
        used = trial.close()
        assert (used.calls, used.input_tokens, used.output_tokens) == (calls, 100 * calls, 20 * calls)


def test_a_trial_has_so_many_connections_and_no_more(open_trial):
    trial = open_trial()
    transport = httpx.HTTPTransport(uds=trial.registration.socket, limits=httpx.Limits(max_connections=None))
    many = []
    with httpx.Client(transport=transport, base_url="http://gateway") as http:
        request = http.build_request("GET", "/")
        try:
            for _ in range(300):
                many.append(http.send(request, stream=True))
            pytest.fail("300 connections were taken")
        except httpx.TransportError:
            assert len(many) > 100
        finally:
            for response in many:
                response.close()
    assert trial.ask("say hi").status_code == 200
