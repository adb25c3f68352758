"""The chat client against a real server that answers, refuses, stumbles and breaks off."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from rexlab_kit.chat import ATTEMPTS, Chat, Refused, Unavailable

from tests.kit.stub_model import Raw, Responder, StubModel, completion, refusal, serve

ASK = [{"role": "user", "content": "?"}]


def chat(model: StubModel) -> Chat:
    return Chat(model.url, "token-of-the-trial", "stub", timeout_s=20, pause_s=0.001)


def after(failures: int, failure: Raw, then: Any) -> Responder:
    """Fails so many times, then answers."""
    count = iter(range(1_000))
    return lambda _path, _body: failure if next(count) < failures else then


def test_an_answer_comes_with_its_tokens_and_the_request_carries_token_model_and_parameters() -> None:
    with serve(lambda _path, _body: "hello") as model:
        answer = chat(model).complete(ASK, temperature=0.5)
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens, answer.cached_tokens) == ("hello", 100, 10, 40)
    assert answer.finish_reason == "stop"
    assert model.requests == [{"model": "stub", "messages": ASK, "temperature": 0.5}]
    assert model.headers[0]["Authorization"] == "Bearer token-of-the-trial"


@pytest.mark.parametrize(
    "failure",
    [
        refusal(500, "oops"),
        refusal(503, "busy"),
        refusal(429, "slow down"),
        Raw(drop=True),
        Raw(body=b'{"choices": [', length=5_000),
        Raw(body=b"<html>"),
        Raw(body=b"[]"),
    ],
    ids=["500", "503", "429", "dropped", "cut", "not json", "not an object"],
)
def test_what_may_pass_is_asked_again(failure: Raw) -> None:
    with serve(after(2, failure, "at last")) as model:
        assert chat(model).complete(ASK).text == "at last"
    assert len(model.requests) == 3


@pytest.mark.parametrize(
    "failure",
    [refusal(503, "the provider is down"), Raw(drop=True), Raw(body=b"{", length=10)],
    ids=["503", "drop", "cut"],
)
def test_after_all_attempts_the_model_is_unavailable(failure: Raw) -> None:
    with serve(lambda _path, _body: failure) as model, pytest.raises(Unavailable, match=f"in {ATTEMPTS} attempts"):
        chat(model).complete(ASK)
    assert len(model.requests) == ATTEMPTS


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with serve(lambda _path, _body: "") as model:
        pass
    with pytest.raises(Unavailable, match="the connection broke"):
        chat(model).complete(ASK)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_final_and_says_why(status: int) -> None:
    said = refusal(status, "the context is too long")
    with serve(lambda _path, _body: said) as model, pytest.raises(Refused, match=rf"\({status}\): the context is too"):
        chat(model).complete(ASK)
    assert len(model.requests) == 1


@pytest.mark.parametrize("code", ["insufficient_quota", "budget_exceeded"])
def test_a_budget_that_is_used_up_is_a_refusal_whatever_its_status(code: str) -> None:
    said = refusal(429, "the budget of 1 USD is used up", code)
    with serve(lambda _path, _body: said) as model, pytest.raises(Refused, match="1 USD"):
        chat(model).complete(ASK)
    assert len(model.requests) == 1


def test_a_refusal_in_no_known_form_is_shown_as_it_is() -> None:
    with serve(lambda _path, _body: Raw(400, b"nope")) as model, pytest.raises(Refused, match="nope"):
        chat(model).complete(ASK)


@pytest.mark.parametrize("document", [{}, {"choices": []}, {"choices": [{"message": None}]}, {"choices": "x"}])
def test_an_answer_of_another_shape_is_no_answer(document: dict[str, Any]) -> None:
    with serve(lambda _path, _body: document) as model, pytest.raises(Unavailable, match="no chat completion"):
        chat(model).complete(ASK)


def test_a_missing_content_is_an_empty_text_and_missing_usage_is_zero() -> None:
    document = completion("")
    document["choices"][0]["message"]["content"] = None
    del document["usage"]
    with serve(lambda _path, _body: document) as model:
        answer = chat(model).complete(ASK)
    assert (answer.text, answer.prompt_tokens, answer.cached_tokens) == ("", 0, 0)


def test_a_large_answer_arrives_whole() -> None:
    text = "x" * 5_000_000
    with serve(lambda _path, _body: text) as model:
        assert chat(model).complete(ASK).text == text


def _embed(short: bool = False) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    def respond(path: str, body: dict[str, Any]) -> dict[str, Any]:
        assert path == "/v1/embeddings"
        rows = [{"index": i, "embedding": [len(text), 1]} for i, text in enumerate(body["input"])]
        return {"data": rows[:-1] if short else rows[::-1]}

    return respond


def test_embeddings_come_in_the_order_of_the_texts_and_in_batches() -> None:
    with serve(_embed()) as model:
        assert chat(model).embeddings(["a", "bb", "ccc"], batch=2) == [[1, 1], [2, 1], [3, 1]]
    assert [request["input"] for request in model.requests] == [["a", "bb"], ["ccc"]]


def test_fewer_embeddings_than_texts_are_no_answer() -> None:
    with serve(_embed(short=True)) as model, pytest.raises(Unavailable, match="1 embeddings for 2 texts"):
        chat(model).embeddings(["a", "bb"])


def test_a_harness_without_a_model_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(Unavailable, match="no model was given to this harness: 'OPENAI_BASE_URL' is not set"):
        Chat.from_environment()


def test_an_address_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(Unavailable, match="no http address"):
        Chat("localhost:8484", "k", "m")


def test_a_server_that_stays_silent_is_given_up() -> None:
    over = threading.Event()

    def silent(_path: str, _body: dict[str, Any]) -> str:
        over.wait(60)
        return "too late"

    with serve(silent) as model:
        try:
            with pytest.raises(Unavailable, match="the connection broke"):
                Chat(model.url, "k", "m", timeout_s=0.02, pause_s=0.001).complete(ASK)
        finally:
            over.set()
