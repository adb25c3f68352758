"""Keys and tokens: looked for, as a planted key, in everything the gateway says and writes."""

import base64
from pathlib import Path

import pytest
from tests.gateway.conftest import KEY, PATHS, body, model_for
from tests.gateway.test_calls import BOTH, PROTOCOLS

from rexlab.gateway.scrub import Scrubber


def written_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@BOTH
@PROTOCOLS
@pytest.mark.parametrize("mode", ["live", "recording"])
def test_a_key_that_the_provider_repeats_gets_nowhere(request, open_trial, provider, protocol, stream, mode):
    gateway = request.getfixturevalue(mode)
    trial = open_trial(model_for(protocol), at=gateway.client, cassette=f"secrets-{protocol}-{stream}.jsonl")
    heard = []
    for status in (400, 401, 404, 429, 500):
        response = trial.ask(f"echo-key {status}", protocol, stream)
        heard.append(f"{response.headers} {response.text}")
        assert response.status_code >= 400
        assert "what is wrong with" in response.text or status == 401
    heard.append(trial.ask(f"say {KEY} {trial.token}", protocol, False).text)
    assert "[secret]" in heard[-1]
    heard.append(trial.usage().model_dump_json())
    heard.append(trial.close().model_dump_json())
    assert any(KEY in str(headers) for headers in provider.headers)
    everything = "".join(heard).encode() + written_below(gateway.home)
    assert KEY.encode() not in everything
    assert trial.token.encode() not in everything
    if mode == "recording":
        assert b"what is wrong with" in written_below(gateway.home / "cassettes")


def test_a_mistake_of_ours_does_not_show_the_request(live, open_trial):
    trial = open_trial("anthropic/claude-sonnet-4-5")
    odd = body("say hi") | {"messages": 17}
    response = trial.http.post(PATHS["messages"], json=odd)
    assert response.status_code >= 400
    assert KEY.encode() not in written_below(live.home)


def test_secrets_are_found_quoted_and_encoded_too():
    scrubber = Scrubber({"MY_API_KEY": "se+cret/key", "HOME": "/root/home", "ANTHROPIC_AUTH_TOKEN": "tok-123456"})
    encoded = base64.b64encode(b"se+cret/key").decode()
    text = f"se+cret/key se%2Bcret%2Fkey {encoded} tok-123456 /root/home"
    assert scrubber.text(text).split() == ["[secret]"] * 2 + ["[secret]=", "[secret]", "/root/home"]
    assert scrubber.data(b'{"k":"tok-123456"}') == b'{"k":"[secret]"}'


def test_short_values_are_no_secrets():
    assert Scrubber({"OPENAI_API_KEY": "none"}).text("none") == "none"
