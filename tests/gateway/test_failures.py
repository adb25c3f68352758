"""Providers that fail: what is tried again, what the client hears, and whose fault it is."""

import httpx
import pytest
from tests.gateway.conftest import FAST, PATHS, body, model_for
from tests.gateway.test_calls import BOTH, PROTOCOLS, events_of, text_of

from rexlab.gateway.contract import Usage
from rexlab.gateway.options import RetryPolicy


def message_of(response: httpx.Response, protocol: str) -> str:
    """The sentence of an error, which must have the protocol's form."""
    document = response.json()
    assert document.get("type") == ("error" if protocol == "messages" else None)
    assert document["error"]["type"]
    return document["error"]["message"]


@BOTH
@PROTOCOLS
@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_a_failure_that_passes_is_not_seen_by_the_client(open_trial, protocol, stream, status):
    trial = open_trial(model_for(protocol))
    response = trial.ask(f"fail {status} 2", protocol, stream)
    assert response.status_code == 200, response.text
    used = trial.close()
    assert (used.calls, used.retries, used.failures, used.outage) == (1, 2, 0, "")


@BOTH
@PROTOCOLS
def test_a_failure_that_stays_is_an_outage_until_a_call_succeeds(open_trial, protocol, stream):
    trial = open_trial(model_for(protocol))
    response = trial.ask("fail 503", protocol, stream)
    assert response.status_code == 503
    assert response.headers["x-should-retry"] == "false"
    assert message_of(response, protocol) == "failed as asked"
    used = trial.usage()
    assert (used.calls, used.retries, used.failures, used.outage) == (1, 2, 1, "failed as asked")
    assert trial.ask("say hi", protocol, stream).status_code == 200
    assert trial.close().outage == ""


@BOTH
@PROTOCOLS
def test_a_request_that_the_provider_refuses_is_the_agents_failure_and_tried_once(
    open_trial, provider, protocol, stream
):
    trial = open_trial(model_for(protocol))
    response = trial.ask("fail 400", protocol, stream)
    assert response.status_code == 400
    assert message_of(response, protocol) == "failed as asked"
    assert len(provider.requests) == 1
    assert trial.close().outage == ""


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_or_model_is_not_the_agents_fault(open_trial, status):
    trial = open_trial()
    assert trial.ask(f"fail {status}").status_code == {401: 403}.get(status, status)
    used = trial.close()
    assert used.retries == 0
    assert used.outage


def test_retry_after_is_waited_for(start, open_trial):
    slow = RetryPolicy(attempts=2, first_delay_s=0, max_delay_s=0, max_retry_after_s=0.5)
    trial = open_trial(at=start(retry=slow))
    assert trial.ask("retry-after 0.3 429").status_code == 200
    assert trial.close().seconds >= 0.3


@pytest.mark.parametrize("attempt", [1, 2, 5, 50])
def test_backoff_doubles_with_jitter_and_both_it_and_the_providers_wish_are_bounded(attempt):
    policy = RetryPolicy(attempts=9, first_delay_s=1, max_delay_s=20, max_retry_after_s=60)
    whole = min(2.0 ** (attempt - 1), 20)
    delays = {policy.delay(attempt, None) for _ in range(50)}
    assert len(delays) > 10
    assert whole / 2 <= min(delays) <= max(delays) <= whole
    assert policy.delay(attempt, 45) == 45
    assert policy.delay(attempt, 3600) == 60


def test_a_provider_that_cannot_be_reached_is_an_outage(start, open_trial):
    nowhere = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "sk-none-needed"}
    trial = open_trial(at=start(environment=nowhere))
    response = trial.ask("say hi")
    assert response.status_code == 502
    assert "cannot be reached" in message_of(response, "chat")
    used = trial.close()
    assert (used.retries, used.outage) == (FAST.attempts - 1, response.json()["error"]["message"])
    assert used.cost_usd == 0


@PROTOCOLS
def test_a_stream_cut_before_its_first_event_is_tried_again(open_trial, protocol):
    trial = open_trial(model_for(protocol))
    response = trial.ask("cut 0", protocol, True)
    assert text_of(response, protocol, True) == "All is well."
    assert trial.close().retries == 1


@PROTOCOLS
def test_an_error_as_the_first_event_is_tried_again(open_trial, protocol):
    trial = open_trial(model_for(protocol))
    response = trial.ask("error-event", protocol, True)
    assert text_of(response, protocol, True) == "All is well."
    assert trial.close().retries == 1


@PROTOCOLS
@pytest.mark.parametrize("how", ["cut 2 1000000", "truncate"])
def test_a_stream_that_breaks_later_is_visibly_broken(open_trial, protocol, how):
    trial = open_trial(model_for(protocol))
    seen = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        trial.http.stream("POST", PATHS[protocol], json=body(how, protocol, True)) as response,
    ):
        for piece in response.iter_raw():
            seen += piece
    last = events_of(seen.decode())[-1]
    assert "broke" in (last["message"] if protocol == "responses" else last["error"]["message"])
    used = trial.close()
    assert (used.calls, used.failures, used.retries) == (1, 1, 0)
    assert used.outage


def test_a_client_that_leaves_during_a_retry_ends_it(start, open_trial):
    patient = RetryPolicy(attempts=5, first_delay_s=3600, max_delay_s=3600)
    trial = open_trial(at=start(retry=patient))
    with pytest.raises(httpx.ReadTimeout):
        trial.http.post(PATHS["chat"], json=body("fail 503"), timeout=0.5)
    while not (used := trial.usage()).failures:
        pass
    assert (used.calls, used.retries) == (1, 0)


def test_closing_a_trial_ends_its_calls(open_trial, provider):
    trial = open_trial()
    with trial.http.stream("POST", PATHS["chat"], json=body("hang", "chat", True)) as response:
        pieces = response.iter_raw()
        next(pieces)
        assert trial.close().calls == 1
        with pytest.raises(httpx.TransportError):
            list(pieces)
    assert provider.dropped.wait(20)


def test_usage_starts_at_nothing(open_trial):
    assert open_trial().usage() == Usage()
