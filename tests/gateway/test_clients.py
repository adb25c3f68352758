"""Clients that agents use: OpenAI's own, and litellm's."""

import asyncio

import httpx2
import openai
import pytest

from rexlab.gateway.contract import Budget


def client_of(trial) -> openai.OpenAI:
    transport = httpx2.HTTPTransport(uds=trial.registration.socket)
    http = httpx2.Client(transport=transport)
    return openai.OpenAI(base_url="http://gateway/v1", api_key=trial.token, http_client=http, max_retries=2)


def asked(words: str) -> dict:
    return {"model": "whatever", "messages": [{"role": "user", "content": words}]}


def test_openais_client_gets_whole_answers_and_streams(open_trial):
    trial = open_trial()
    client = client_of(trial)
    whole = client.chat.completions.create(**asked("say the answer"))
    assert whole.choices[0].message.content == "the answer"
    assert whole.usage.prompt_tokens == 100
    pieces = list(client.chat.completions.create(**asked("say a b c"), stream=True))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "a b c"
    answer = client.responses.create(model="whatever", input="say it so")
    assert answer.output_text == "it so"
    events = list(client.responses.create(model="whatever", input="say it so", stream=True))
    assert events[-1].type == "response.completed"
    assert [model.id for model in client.models.list()] == ["gpt-4o"]
    assert trial.close().calls == 4


def test_openais_client_does_not_try_again_after_a_refusal(open_trial, provider):
    trial = open_trial(budget=Budget(calls=1))
    client = client_of(trial)
    client.chat.completions.create(**asked("say hi"))
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match="budget of 1 calls is used up") as refused:
            client.chat.completions.create(**asked("say hi"), stream=stream)
        assert refused.value.code == "budget_exceeded"
    trial.close()
    assert len(provider.requests) == 1


def test_openais_client_does_not_repeat_what_the_gateway_has_repeated(open_trial, provider):
    with pytest.raises(openai.InternalServerError):
        client_of(open_trial()).chat.completions.create(**asked("fail 503"))
    assert len(provider.requests) == 3


def test_openais_client_sees_that_a_stream_broke(open_trial):
    client = client_of(open_trial())
    with pytest.raises(openai.APIError, match="the stream broke"):
        list(client.chat.completions.create(**asked("cut 2 1000000"), stream=True))


def test_openais_client_with_another_token_hears_so(open_trial):
    trial = open_trial()
    trial.token = "something-else"
    with pytest.raises(openai.AuthenticationError, match="not the token of a trial"):
        client_of(trial).chat.completions.create(**asked("say hi"))


def test_many_async_streams_of_openais_client_at_a_time(open_trial):
    trial = open_trial()

    async def ask(client: openai.AsyncOpenAI, number: int) -> str:
        stream = await client.chat.completions.create(**asked(f"say number {number}"), stream=True)
        return "".join([piece.choices[0].delta.content or "" async for piece in stream])

    async def main() -> list[str]:
        transport = httpx2.AsyncHTTPTransport(uds=trial.registration.socket)
        async with httpx2.AsyncClient(transport=transport) as http:
            client = openai.AsyncOpenAI(base_url="http://gateway/v1", api_key=trial.token, http_client=http)
            return list(await asyncio.gather(*(ask(client, number) for number in range(40))))

    assert asyncio.run(main()) == [f"number {number}" for number in range(40)]
    assert trial.close().output_tokens == 40 * 20
