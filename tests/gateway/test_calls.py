"""Calls of the three protocols, whole and streamed, as raw HTTP."""

import json

import pytest
from tests.gateway.conftest import PATHS, model_for

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
    for line in response.text.splitlines():
        if line.startswith("data: {"):
            event = json.loads(line[6:])
            if protocol == "chat":
                pieces += [c["delta"].get("content") or "" for c in event["choices"]]
            elif event["type"] in ("content_block_delta", "response.output_text.delta"):
                pieces.append(event["delta"] if protocol == "responses" else event["delta"]["text"])
    return "".join(pieces)


@BOTH
@PROTOCOLS
def test_a_call_is_answered_and_metered(open_trial, provider, protocol, stream):
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
