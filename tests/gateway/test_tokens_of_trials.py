"""Who may ask: a trial's token at the trial's socket, until the trial ends."""

import stat
from pathlib import Path

import httpx
import pytest
from tests.gateway.conftest import PATHS, body, model_for
from tests.gateway.test_calls import PROTOCOLS
from tests.gateway.test_failures import message_of

from rexlab.errors import InputError


@PROTOCOLS
def test_the_token_is_taken_as_bearer_or_as_api_key(open_trial, protocol):
    trial = open_trial(model_for(protocol))
    request = body("say hi", protocol)
    del trial.http.headers["authorization"]
    for headers in ({"authorization": f"Bearer {trial.token}"}, {"x-api-key": trial.token}):
        assert trial.http.post(PATHS[protocol], json=request, headers=headers).status_code == 200


@PROTOCOLS
def test_a_wrong_or_missing_token_is_refused_in_the_clients_format(open_trial, provider, protocol):
    trial, other = open_trial(model_for(protocol)), open_trial(model_for(protocol))
    del trial.http.headers["authorization"]
    wrong = ["", "Bearer", f"Bearer {trial.token}x", f"Bearer {other.token}", f"Basic {trial.token}", "Bearer \xe9"]
    for value in wrong:
        headers = {"authorization": value.encode("latin-1")}
        response = trial.http.post(PATHS[protocol], json=body("say hi", protocol), headers=headers)
        assert response.status_code == 401
        assert "token" in message_of(response, protocol)
    for path in ("/v1/models", "/models"):
        assert trial.http.get(path).status_code == 401
    assert trial.http.post("/v1/messages/count_tokens", json=body("say hi", "messages")).status_code == 401
    assert not provider.requests
    assert trial.close().calls == 0


def test_a_finished_trials_token_is_refused_everywhere(open_trial):
    done, other = open_trial(), open_trial()
    done.close()
    with pytest.raises(httpx.ConnectError):
        done.ask("say hi")
    response = other.http.post(PATHS["chat"], json=body("say hi"), headers={"authorization": f"Bearer {done.token}"})
    assert response.status_code == 401


def test_the_socket_is_open_to_the_sandboxs_id_and_goes_with_the_trial(open_trial):
    trial = open_trial()
    socket = Path(trial.registration.socket)
    assert stat.S_IMODE(socket.stat().st_mode) == 0o666
    trial.close()
    assert not socket.exists()


def test_a_socket_that_a_killed_gateway_left_is_replaced_and_a_file_is_not(open_trial, tmp_path):
    import socket

    folder = tmp_path / "left"
    folder.mkdir()
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(folder / "gateway.sock"))
    left.close()
    assert open_trial(socket=str(folder / "gateway.sock")).ask("say hi").status_code == 200
    (tmp_path / "file").write_text("precious")
    with pytest.raises(InputError, match="cannot be listened"):
        open_trial(socket=str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "precious"


def test_a_socket_may_lie_deeper_than_an_address_has_room_for(open_trial, tmp_path, monkeypatch):
    folder = tmp_path / ("deep" * 20) / ("deeper" * 10)
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    trial = open_trial(socket=str(folder / "gateway.sock"))
    transport = httpx.HTTPTransport(uds="gateway.sock")
    with httpx.Client(transport=transport, headers=trial.http.headers) as http:
        assert http.post(f"http://gateway{PATHS['chat']}", json=body("say hi")).status_code == 200
    trial.close()
    assert not (folder / "gateway.sock").exists()


def test_a_claim_is_open_once_at_a_time_and_another_claim_beside_it(open_trial, tmp_path):
    trial = open_trial()
    with pytest.raises(InputError, match="open already"):
        open_trial(trial_id=trial.registration.trial_id)
    again = open_trial(trial_id=trial.registration.trial_id, epoch=2)
    assert again.ask("say hi").status_code == 200
    assert (trial.usage().calls, again.usage().calls) == (0, 1)
    trial.close()
    reopened = open_trial(trial_id=trial.registration.trial_id)
    assert reopened.token != trial.token


def test_closing_what_is_not_open_is_a_mistake_of_the_caller(gateway):
    with pytest.raises(InputError, match="nobody is not open"):
        gateway.close_trial("nobody", 1)
    with pytest.raises(InputError, match="no trial of run nothing"):
        gateway.run_usage("nothing")
