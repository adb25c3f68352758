"""Recording and replaying: the same requests get the same answers, byte for byte, and others a clear refusal."""

import itertools
import json

import pytest
from tests.gateway.conftest import PATHS, model_for
from tests.gateway.test_calls import BOTH, PROTOCOLS
from tests.gateway.test_failures import message_of

from rexlab.errors import InputError
from rexlab.gateway.contract import Budget

_numbers = itertools.count(1)


@pytest.fixture
def tape(recording):
    """A cassette of the test's own."""
    return recording.home / "cassettes" / f"{next(_numbers)}.jsonl"


@pytest.fixture
def record(recording, open_trial, tape):
    """Record the given calls of one trial: (words, protocol, stream) each; what the client got."""

    def make(*calls, **fields):
        trial = open_trial(model_for(calls[0][1]), at=recording.client, cassette=tape.name, **fields)
        answers = [trial.ask(*call) for call in calls]
        trial.close()
        return answers

    return make


@pytest.fixture
def replay(replaying, open_trial, tape, provider):
    def make(model="openai/gpt-4o", **fields):
        provider.requests.clear()
        return open_trial(model, at=replaying.client, cassette=tape.name, **fields)

    return make


@BOTH
@PROTOCOLS
def test_a_replay_gives_the_recorded_bytes_and_usage_and_asks_nobody(record, replay, provider, protocol, stream):
    calls = [("say one two", protocol, stream), ("say three", protocol, stream)]
    recorded = record(*calls)
    trial = replay(model_for(protocol))
    assert [trial.ask(*call).text for call in calls] == [answer.text for answer in recorded]
    assert not provider.requests
    used = trial.close()
    assert (used.calls, used.input_tokens, used.output_tokens) == (2, 200, 40)
    assert used.cost_usd > 0


def test_the_same_request_twice_gets_its_two_answers_in_order(record, replay, tape):
    record(("say a", "chat", False), ("say a", "chat", False))
    lines = tape.read_text().splitlines()
    second = json.loads(lines[1])
    second["document"]["id"] = "the second"
    tape.write_text(f"{lines[0]}\n{json.dumps(second)}\n")
    trial = replay()
    assert [trial.ask("say a").json()["id"] for _ in range(2)] == ["c1", "the second"]
    response = trial.ask("say a")
    assert "all 2 recorded calls have been played" in message_of(response, "chat")


def test_fields_that_change_no_answer_are_not_compared(record, replay):
    record(("say a", "chat", False))
    assert replay().ask("say a", user="u2", metadata={"session": "2"}, prompt_cache_key="k2").status_code == 200


@BOTH
@PROTOCOLS
def test_a_divergence_is_refused_with_the_first_difference_and_is_no_fault_of_the_agents(
    record, replay, protocol, stream
):
    record(("say the quick brown fox", protocol, stream))
    trial = replay(model_for(protocol))
    response = trial.ask("say the quick brown dog", protocol, stream)
    assert response.status_code == 400
    assert response.headers["x-should-retry"] == "false"
    message = message_of(response, protocol)
    key = "input" if protocol == "responses" else "messages"
    assert f"{key}[0].content (character 20)" in message
    assert 'brown fox", and is now' in message
    assert message.endswith('brown dog"')
    used = trial.close()
    assert (used.failures, used.outage) == (1, message)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"temperature": 1}, "temperature was nothing, and is now 1"),
        ({"messages": []}, 'messages[0] was {"role": "user", "content": "say a"}, and is now nothing'),
        ({"stream": True}, "stream was false, and is now true"),
    ],
)
def test_the_difference_is_named_wherever_it_is(record, replay, fields, named):
    record(("say a", "chat", False))
    assert named in message_of(replay().ask("say a", **fields), "chat")


def test_another_protocol_is_a_difference(record, replay):
    record(("say a", "chat", False))
    response = replay().ask("say a", "responses")
    assert "a responses request, the next recorded one a chat request" in message_of(response, "responses")


def test_a_providers_refusal_is_replayed_and_an_outage_is_not_recorded(record, replay, tape):
    recorded = record(("fail 503", "chat", False), ("fail 400", "chat", False), ("say a", "chat", True))
    assert len(tape.read_text().splitlines()) == 2
    trial = replay()
    refused = trial.ask("fail 400")
    assert (refused.status_code, refused.json()) == (400, recorded[1].json())
    assert trial.ask("say a", "chat", True).text == recorded[2].text


def test_a_line_that_was_not_written_whole_is_not_played(record, replay, tape):
    record(("say a", "chat", False), ("say b", "chat", False))
    whole = tape.read_bytes()
    tape.write_bytes(whole[:-5])
    trial = replay()
    assert trial.ask("say a").status_code == 200
    assert "all 1 recorded calls" in message_of(trial.ask("say b"), "chat")


def test_each_attempt_of_a_claim_goes_on_in_the_same_cassette(recording, replaying, open_trial, tape):
    for gateway in (recording, replaying):
        for words in ("say a", "say b"):
            trial = open_trial(at=gateway.client, cassette=tape.name, trial_id="one")
            assert trial.ask(words).status_code == 200
            trial.close()
    assert len(tape.read_text().splitlines()) == 2


def test_a_later_claim_records_anew(record, tape):
    record(("say a", "chat", False), ("say b", "chat", False))
    record(("say c", "chat", False), epoch=2)
    assert [json.loads(x)["request"]["messages"][0]["content"] for x in tape.open()] == ["say c"]


def test_budgets_hold_in_a_replay_as_in_the_recording(record, replay):
    calls = [("say a", "chat", False), ("say b", "chat", False)]
    assert [a.status_code for a in record(*calls, budget=Budget(tokens=100))] == [200, 400]
    trial = replay(budget=Budget(tokens=100))
    assert [trial.ask(*call).status_code for call in calls] == [200, 400]


def test_a_cassette_that_is_missing_or_none_is_the_callers_mistake(replay, record, tape):
    with pytest.raises(InputError, match="jsonl cannot be read: No such file or directory; record it first"):
        replay()
    record(("say a", "chat", False))
    tape.write_text('{"protocol": "chat"}\n')
    with pytest.raises(InputError, match="line 1 is not a recorded call"):
        replay()


def test_a_cassette_stays_below_its_folder(recording, open_trial):
    for name in ("../outside.jsonl", "", "..", "/etc/passwd"):
        with pytest.raises(InputError, match="no file name for a cassette"):
            open_trial(at=recording.client, cassette=name)


def test_a_scripted_model_plays_in_any_mode(replaying, open_trial):
    trial = open_trial("scripted", at=replaying.client)
    assert trial.http.post(PATHS["chat"], json={"messages": [{"role": "user", "content": "hi"}]}).status_code == 200
