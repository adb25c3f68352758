"""All protocols over a real server, read by OpenAI's own client and by a strict reader of Anthropic's events."""

import json
import math
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openai import OpenAI
from tests.gateway.scripted import talks
from tests.gateway.scripted.nasty import PAIRS, script
from tests.gateway.scripted.server import serve

PLAY = script({"quotes": PAIRS["quotes"]}, "pkg/new.py")
TOOL_TALKS = {"mini": talks.mini(), "openhands": talks.openhands()}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(PLAY) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as made:
        yield made


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_completion_holds_the_text(client: OpenAI, stream: bool) -> None:
    body = talks.aider(talks.AIDER_WHOLE, {"pkg/quotes.py": PAIRS["quotes"][0]})
    wanted = talks.move(body, PLAY).text
    if stream:
        with client.chat.completions.stream(model="m", **body) as events:
            completion: Any = events.get_final_completion()
    else:
        completion = client.chat.completions.create(model="m", **body)
    assert completion.choices[0].message.content == wanted
    assert completion.choices[0].finish_reason == "stop"
    assert completion.model == "m"
    assert completion.usage.completion_tokens == len(wanted) // 4
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens


@pytest.mark.parametrize("body", TOOL_TALKS.values(), ids=TOOL_TALKS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_completion_holds_the_calls(client: OpenAI, stream: bool, body: dict[str, Any]) -> None:
    wanted = talks.move(body, PLAY)
    if stream:
        with client.chat.completions.stream(model="m", stream_options={"include_usage": True}, **body) as events:
            completion: Any = events.get_final_completion()
    else:
        completion = client.chat.completions.create(model="m", **body)
    choice = completion.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert [c.function.name for c in choice.message.tool_calls] == [c.name for c in wanted.calls]
    assert [json.loads(c.function.arguments) for c in choice.message.tool_calls] == [c.arguments for c in wanted.calls]
    assert completion.usage.prompt_tokens > 0


def test_usage_comes_in_a_chunk_of_its_own_only_where_it_was_asked_for(client: OpenAI) -> None:
    body = talks.mini()
    asked = list(client.chat.completions.create(model="m", stream=True, stream_options={"include_usage": True}, **body))
    silent = list(client.chat.completions.create(model="m", stream=True, **body))
    assert [bool(chunk.choices) for chunk in asked].count(False) == 1 and asked[-1].usage
    assert all(chunk.choices for chunk in silent) and silent[-1].usage == asked[-1].usage


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_holds_text_and_calls(client: OpenAI, stream: bool) -> None:
    items: Any = [{"role": "user", "content": talks.TASK + talks.MINI}]
    tools: Any = [{"type": "function", "name": "bash", "parameters": {"type": "object", "properties": {}}}]
    seen: list[Any] = []
    for _ in range(4):
        if stream:
            with client.responses.stream(model="m", input=items, tools=tools) as events:
                numbers = [event.sequence_number for event in events]
                response: Any = events.get_final_response()
            assert numbers == list(range(len(numbers)))
        else:
            response = client.responses.create(model="m", input=items, tools=tools)
        assert response.status == "completed" and response.usage.output_tokens > 0
        call = next(item for item in response.output if item.type == "function_call")
        seen.append(json.loads(call.arguments)["command"])
        items += [item.model_dump() for item in response.output]
        items.append({"type": "function_call_output", "call_id": call.call_id, "output": "done"})
    assert response.output_text == "I am done."
    assert [command.split(" ")[0] for command in seen] == ["mkdir", "mkdir", "python", "echo"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_to_a_bare_text_is_text(client: OpenAI, stream: bool) -> None:
    if stream:
        with client.responses.stream(model="m", input="Please help.") as events:
            pieces = [event.delta for event in events if event.type == "response.output_text.delta"]
        text = "".join(pieces)
    else:
        text = client.responses.create(model="m", input="Please help.").output_text
    assert "def f(x):" in text


@pytest.mark.parametrize("stream", [False, True])
def test_a_message_holds_text_and_calls(url: str, stream: bool) -> None:
    body = {**talks.claude_code(), "model": "m"}
    wanted = talks.move(body, PLAY)
    reply = httpx.post(f"{url}/v1/messages", json={**body, "stream": stream})
    message = read_message_events(reply.text) if stream else reply.json()
    assert message["type"] == "message" and message["role"] == "assistant" and message["model"] == "m"
    assert message["stop_reason"] == "tool_use" and message["stop_sequence"] is None
    text, call = message["content"]
    assert text == {"type": "text", "text": wanted.text}
    assert (call["type"], call["name"], call["input"]) == ("tool_use", "Read", wanted.calls[0].arguments)
    assert message["usage"]["input_tokens"] > 0 and message["usage"]["output_tokens"] > 1


def read_message_events(text: str) -> dict[str, Any]:
    """The message that Anthropic's events make up; fails on an event out of its place."""
    message: dict[str, Any] = {}
    partial, is_open, ended = "", False, False
    for block in text.removesuffix("\n\n").split("\n\n"):
        head, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert head == f"event: {event['type']}" and not ended
        match event["type"]:
            case "message_start":
                assert not message and event["message"]["content"] == []
                message = event["message"]
            case "ping":
                assert message
            case "content_block_start":
                assert not is_open and event["index"] == len(message["content"])
                message["content"].append(event["content_block"])
                partial, is_open = "", True
            case "content_block_delta":
                assert is_open and event["index"] == len(message["content"]) - 1
                delta, content = event["delta"], message["content"][-1]
                if content["type"] == "text":
                    content["text"] += delta["text"] if delta["type"] == "text_delta" else fail()
                else:
                    partial += delta["partial_json"] if delta["type"] == "input_json_delta" else fail()
            case "content_block_stop":
                assert is_open and event["index"] == len(message["content"]) - 1
                if message["content"][-1]["type"] == "tool_use":
                    message["content"][-1]["input"] = json.loads(partial)
                is_open = False
            case "message_delta":
                assert not is_open
                message.update(event["delta"])
                message["usage"].update(event["usage"])
            case "message_stop":
                assert message["stop_reason"]
                ended = True
            case other:
                fail(other)
    assert ended
    return message


def fail(what: str = "a delta of the wrong kind") -> str:
    raise AssertionError(what)


@pytest.mark.parametrize("form", [{"encoding_format": "float"}, {}], ids=["float", "base64"])
def test_embeddings_of_texts_that_share_words_are_nearer(client: OpenAI, form: Any) -> None:
    texts = ["the noise schedule of diffusion", "a noise schedule for diffusion", "graph monoid pooling", "", "über"]
    made = client.embeddings.create(model="m", input=texts, **form)
    first, near, far, none, foreign = (row.embedding for row in made.data)
    assert [row.index for row in made.data] == list(range(5)) and made.usage.prompt_tokens > 0
    assert len(first) == 256 and math.hypot(*first) == pytest.approx(1) == pytest.approx(math.hypot(*foreign))
    assert dot(first, near) > dot(first, far) + 0.2 and not any(none)


def test_embeddings_take_one_text_tokens_and_other_dimensions(client: OpenAI) -> None:
    assert len(client.embeddings.create(model="m", input="one text", dimensions=32).data[0].embedding) == 32
    assert len(client.embeddings.create(model="m", input=[[1, 2], [3]]).data) == 2
    assert len(client.embeddings.create(model="m", input=[1, 2, 3]).data) == 1


def dot(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("path", ["chat/completions", "responses", "messages"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_same_request_gets_the_same_answer_to_the_byte(url: str, path: str, stream: bool) -> None:
    body = talks.mini()
    request = {"model": "m", "stream": stream, **(body if path != "responses" else {"input": body["messages"]})}
    first, second = (httpx.post(f"{url}/v1/{path}", json=request).content for _ in range(2))
    assert first == second and len(first) > 100


def test_every_request_of_a_conversation_has_call_ids_of_its_own(client: OpenAI) -> None:
    body, ids = talks.mini(), list[str]()
    for _ in range(3):
        message: Any = client.chat.completions.create(model="m", **body).choices[0].message
        ids.append(message.tool_calls[0].id)
        body = talks.said(body, talks.move(body, PLAY), "done")
    assert len(set(ids)) == 3


def test_requests_with_odd_contents_are_answered(url: str) -> None:
    odd: list[dict[str, Any]] = [
        {},
        {"messages": []},
        {"messages": [{"role": "assistant", "content": None, "tool_calls": None}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}, "text"]}]},
        {"messages": [{"role": "tool", "content": None}], "tools": None, "stream_options": None},
    ]
    for body in odd:
        for path in ("chat/completions", "responses", "messages"):
            assert httpx.post(f"{url}/v1/{path}", json=body).status_code == 200
