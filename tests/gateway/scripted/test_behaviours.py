"""Every behaviour of the scripted model: what it says, or how it fails."""

import asyncio
import json
from typing import Any

import pytest
from litellm.exceptions import (
    APIConnectionError,
    BadRequestError,
    ContextWindowExceededError,
    RateLimitError,
    ServiceUnavailableError,
)
from litellm.litellm_core_utils.exception_mapping_utils import ExceptionCheckers
from tests.gateway.scripted import talks
from tests.gateway.scripted.nasty import PAIRS, script
from tests.gateway.scripted.server import registration

from rexlab.errors import InputError
from rexlab.gateway.contract import Protocol
from rexlab.gateway.scripted import upstream as upstream_module
from rexlab.gateway.scripted.behaviours import BEHAVIOURS, HUGE_CHARACTERS, check_behaviour
from rexlab.gateway.scripted.talk import Move
from rexlab.gateway.scripted.upstream import ScriptedUpstream
from rexlab.gateway.upstream import Call, Reply

PLAY = script({"quotes": PAIRS["quotes"]})
SHOWN = {"pkg/quotes.py": PAIRS["quotes"][0]}
BODIES: dict[str, dict[str, Any]] = {
    "aider-whole": talks.aider(talks.AIDER_WHOLE, SHOWN),
    "aider-diff": talks.aider(talks.AIDER_DIFF, SHOWN),
    "mini-swe-agent": talks.mini(),
    "mini-swe-agent-text": talks.mini(tools=False),
    "openhands": talks.openhands(),
    "openhands-edits": talks.openhands(terminal=False),
    "claude-code": talks.claude_code(),
    "claude-code-edits": talks.claude_code(bash=False),
    "react": talks.react(),
    "agentless": talks.agentless("f", "pkg/quotes.py"),
    "plain": {"messages": [{"role": "user", "content": "Please help."}]},
}
every_harness = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
STEPWISE = ["mini-swe-agent", "mini-swe-agent-text", "openhands", "openhands-edits", "claude-code", "react"]


def answer(
    behaviour: str, body: dict[str, Any], *, protocol: Protocol = "chat", number: int = 1, attempt: int = 1
) -> Reply:
    call = Call(registration(PLAY, f"scripted/{behaviour}"), protocol, body, number, attempt)
    return asyncio.run(ScriptedUpstream().answer(call))


async def read(behaviour: str, body: dict[str, Any], number: int = 1, attempt: int = 1) -> list[bytes]:
    """The events of a streamed answer; what came before a break is in the error's ``args``."""
    call = Call(registration(PLAY, f"scripted/{behaviour}"), "chat", {**body, "stream": True}, number, attempt)
    events = (await ScriptedUpstream().answer(call)).events
    assert events
    got: list[bytes] = []
    try:
        async for event in events:
            got.append(event)
    except APIConnectionError as error:
        raise ConnectionResetError(got) from error
    return got


def ends(move: Move) -> bool:
    """Does the harness stop after this move?"""
    if move.calls:
        return move.calls[0].name == "finish" or "COMPLETE_TASK" in str(move.calls[0].arguments)
    return '"action": "submit"' in move.text or "```" not in move.text or "COMPLETE_TASK" in move.text


def test_a_known_behaviour_is_accepted_and_an_unknown_one_refused_with_those_there_are() -> None:
    assert check_behaviour("scripted") == "right"
    assert [check_behaviour(f"scripted/{name}") for name in BEHAVIOURS] == list(BEHAVIOURS)
    for name in ("scripted/", "scripted/right", "scripted/wrogn", "openai/gpt-4o", "scriptedx"):
        with pytest.raises(InputError, match=r"there are: scripted, scripted/wrong, .*scripted/reject"):
            check_behaviour(name)


@every_harness
def test_mistakes_are_the_scripts_and_not_the_players(body: dict[str, Any]) -> None:
    right = talks.move(body, PLAY)
    assert talks.move(body, PLAY, "wrong") == talks.move(body, PLAY, "learns") == right


@every_harness
def test_refuse_declines_in_a_way_that_ends_the_trial(body: dict[str, Any]) -> None:
    move = talks.move(body, PLAY, "refuse")
    assert "cannot help" in f"{move.text}{move.calls}" and ends(move)


@pytest.mark.parametrize("name", STEPWISE)
def test_loop_goes_on_for_ever_without_changing_anything(name: str) -> None:
    body = BODIES[name]
    for _ in range(30):
        move = talks.move(body, PLAY, "loop")
        assert not ends(move)
        said = f"{move.text}{[call.arguments for call in move.calls]}"
        assert any(harmless in said for harmless in ("ls -la", "thought", '"view"', "README.md"))
        body = talks.said(body, move, "done")


def test_loop_never_repeats_itself_to_openhands_which_would_stop() -> None:
    body, seen = talks.openhands(), list[Move]()
    for _ in range(10):
        seen.append(talks.move(body, PLAY, "loop"))
        body = talks.said(body, seen[-1], "Your thought has been logged.")
    assert len({str(move) for move in seen}) == 10


@pytest.mark.parametrize("name", [name for name in BODIES if name not in STEPWISE and name != "claude-code-edits"])
def test_loop_is_useless_where_one_answer_is_all_there_is(name: str) -> None:
    move = talks.move(BODIES[name], PLAY, "loop")
    assert not move.calls and "```" not in move.text and "def" not in move.text


@every_harness
def test_malformed_never_gives_a_usable_edit_and_gives_up_or_goes_on(body: dict[str, Any]) -> None:
    right = PAIRS["quotes"][1]
    for _ in range(6):
        move = talks.move(body, PLAY, "malformed")
        sent = f"{move.text}{[call.text for call in move.calls]}"
        assert right not in sent or "```" not in sent
        if move.calls and ends(move):
            return
        body = talks.said(body, move, "error")


def test_malformed_calls_have_arguments_that_do_not_parse() -> None:
    body = talks.mini()
    document = answer("malformed", body).document
    assert document
    with pytest.raises(json.JSONDecodeError):
        json.loads(document["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])


@every_harness
def test_huge_is_huge_once_and_right_all_the_time(body: dict[str, Any]) -> None:
    right, first = talks.move(body, PLAY), talks.move(body, PLAY, "huge")
    assert HUGE_CHARACTERS <= len(first.text) < HUGE_CHARACTERS + 100_000
    assert first.text.endswith(right.text) and first.calls == right.calls
    told = talks.said(body, first, "done")
    assert talks.move(told, PLAY, "huge") == talks.move(told, PLAY)


def test_slow_streams_token_by_token_and_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_module, "SLOW_TOTAL_S", 0.1)
    body = BODIES["aider-whole"]
    slow, right = asyncio.run(read("slow", body)), asyncio.run(read("wrong", body))
    text = talks.move(body, PLAY).text
    assert len(slow) >= len(text) / 4 > len(right)

    def said(events: list[bytes]) -> str:
        chunks = [json.loads(event.removeprefix(b"data: ")) for event in events[:-1]]
        return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)

    assert said(slow) == said(right) == text
    assert slow[-1] == right[-1] == b"data: [DONE]\n\n"


@pytest.mark.parametrize("protocol", ["chat", "responses", "messages", "embeddings"])
def test_storm_is_a_rate_limit_at_the_first_two_attempts(protocol: Protocol) -> None:
    body = {**talks.mini(), "input": "text"}
    for attempt in (1, 2):
        with pytest.raises(RateLimitError) as caught:
            answer("storm", body, protocol=protocol, number=7, attempt=attempt)
        assert caught.value.status_code == 429
    reply = answer("storm", body, protocol=protocol, number=7, attempt=3)
    assert reply.document == answer("wrong", body, protocol=protocol).document


def test_outage_lasts() -> None:
    for attempt in (1, 2, 10):
        with pytest.raises(ServiceUnavailableError) as caught:
            answer("outage", talks.mini(), number=attempt, attempt=attempt)
        assert caught.value.status_code == 503


def test_reject_is_a_request_that_is_too_long() -> None:
    with pytest.raises(ContextWindowExceededError) as caught:
        answer("reject", talks.mini(), attempt=5)
    assert isinstance(caught.value, BadRequestError) and caught.value.status_code == 400
    assert ExceptionCheckers.is_error_str_context_window_exceeded(str(caught.value))


def test_cut_breaks_the_first_attempt_in_the_middle_and_the_second_is_right() -> None:
    body = talks.mini()
    whole = asyncio.run(read("wrong", body))
    with pytest.raises(ConnectionResetError) as caught:
        asyncio.run(read("cut", body))
    (half,) = caught.value.args
    assert half == whole[: len(half)] and 0 < len(half) < len(whole)
    assert asyncio.run(read("cut", body, attempt=2)) == whole


def test_cut_spares_the_call_that_a_client_makes_anew() -> None:
    assert asyncio.run(read("cut", talks.mini(), number=2)) == asyncio.run(read("wrong", talks.mini()))


def test_cut_without_a_stream_is_a_broken_connection() -> None:
    with pytest.raises(APIConnectionError):
        answer("cut", talks.mini())
    assert answer("cut", talks.mini(), attempt=2).document == answer("wrong", talks.mini()).document
    with pytest.raises(APIConnectionError):
        answer("cut", {"input": "text", "stream": True}, protocol="embeddings")
