"""The gateway as a process: it starts, ends with its parent, and its death is an infrastructure error."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from rexlab.errors import GatewayError, InputError
from rexlab.gateway.client import GatewayClient
from rexlab.gateway.contract import ModelSpec, Registration
from rexlab.gateway.process import start_gateway
from rexlab.settings import Settings


def children() -> list[psutil.Process]:
    return [c for c in psutil.Process().children() if "rexlab.gateway" in c.cmdline()]


def test_it_answers_while_the_context_lasts_and_ends_with_it(tmp_path):
    before = children()
    with start_gateway(Settings(home=tmp_path), keep=False) as client:
        client.check()
        (process,) = [c for c in children() if c not in before]
    assert not process.is_running()
    with pytest.raises(GatewayError, match="there is no gateway at"):
        GatewayClient(client._control).check()


def test_the_control_socket_is_the_users_alone(gateway):
    assert stat.S_IMODE(Path(gateway._control).stat().st_mode) == 0o600


def test_what_is_in_the_environment_besides_providers_stays_out_of_it(tmp_path):
    before = children()
    given = {**os.environ, "GITHUB_TOKEN": "not-for-a-gateway", "GROQ_API_KEY": "gsk-for-it", "SOME_PASSWORD": "no"}
    with start_gateway(Settings(home=tmp_path), keep=False, environment=given):
        (process,) = [c for c in children() if c not in before]
        has = process.environ()
        assert has["GROQ_API_KEY"] == "gsk-for-it"
        assert not {"GITHUB_TOKEN", "SOME_PASSWORD"} & set(has)
        assert "gsk-for-it" not in " ".join(process.cmdline())


def test_a_gateway_that_dies_in_a_run_is_an_infrastructure_error(tmp_path, open_trial, start):
    before = children()
    trial = open_trial(at=start())
    (process,) = [c for c in children() if c not in before]
    process.kill()
    process.wait(20)
    with pytest.raises(GatewayError, match="does not answer"):
        trial.usage()
    with pytest.raises(GatewayError, match="does not answer"):
        trial.close()


def test_a_gateway_that_cannot_start_says_why(tmp_path):
    with pytest.raises(GatewayError, match="mode replay needs a folder of cassettes"):
        start_gateway(Settings(home=tmp_path), mode="replay", keep=False).__enter__()
    (tmp_path / "prices.toml").write_text('["openai/gpt-4o"]\ninput = "much"\n')
    with pytest.raises(GatewayError, match=r"prices.toml, openai/gpt-4o.input: .* write sections such as"):
        start_gateway(Settings(home=tmp_path), keep=False).__enter__()


def test_it_ends_when_its_parent_is_killed(tmp_path):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from rexlab.gateway.process import start_gateway\n"
        "from rexlab.settings import Settings\n"
        f"with start_gateway(Settings(home=Path({str(tmp_path)!r})), keep=False) as client:\n"
        "    print('up', flush=True)\n"
        "    time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"
    (child,) = psutil.Process(parent.pid).children()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    child.wait(30)


def test_a_registration_that_is_none_is_refused_with_its_key(gateway):
    with pytest.raises(InputError, match="/open: epoch: Field required"):
        gateway._ask("/open", {"trial_id": "t", "run_id": "r", "socket": "/x", "model": {"name": "openai/m"}})


def test_prices_of_the_home_go_before_the_list(tmp_path, provider, open_trial):
    from tests.gateway.conftest import environment

    (tmp_path / "prices.toml").write_text('["openai/gpt-4o"]\ninput = 10\ncached = 1\noutput = 100\n')
    with start_gateway(Settings(home=tmp_path), keep=False, environment=environment(provider)) as client:
        trial = open_trial(at=client)
        trial.ask("say hi")
        assert trial.close().cost_usd == pytest.approx((60 * 10 + 40 * 1 + 20 * 100) / 1e6)


def test_served_by_hand_it_prints_what_a_client_needs(tmp_path, provider):
    import httpx
    from tests.gateway.conftest import environment

    variables = {**os.environ, **environment(provider), "REXLAB_HOME": str(tmp_path / "home")}
    rexlab = Path(sys.executable).with_name("rexlab")
    control = tmp_path / "control.sock"
    process = subprocess.Popen(
        [rexlab, "gateway", "serve", "--model", "openai/gpt-4o", "--control", control],
        env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        words = process.stdout.readline().split() + process.stdout.readline().split()
        given = dict(word.split("=", 1) for word in words if "=" in word)
        headers = {"authorization": f"Bearer {given['OPENAI_API_KEY']}"}
        asked = {"messages": [{"role": "user", "content": "say by hand"}]}
        answer = httpx.post(f"{given['OPENAI_BASE_URL']}/chat/completions", json=asked, headers=headers)
        assert answer.json()["choices"][0]["message"]["content"] == "by hand"
        assert given["ANTHROPIC_BASE_URL"] + "/v1" == given["OPENAI_BASE_URL"]
        with GatewayClient(control) as client:
            assert client.usage("by-hand", 1).output_tokens == 20
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert not control.exists()


def test_serving_by_hand_needs_a_key_first(tmp_path):
    variables = {k: v for k, v in os.environ.items() if not k.endswith(("_API_KEY", "_BASE_URL"))}
    rexlab = Path(sys.executable).with_name("rexlab")
    done = subprocess.run(
        [rexlab, "gateway", "serve", "--model", "openai/gpt-4o"],
        env={**variables, "REXLAB_HOME": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "error: model openai/gpt-4o needs a key: set OPENAI_API_KEY in the environment\n"


def test_calls_that_the_store_refuses_are_said_loudly_when_the_trial_closes(start, open_trial):
    gateway = start(keep=True)
    trial, other = open_trial(at=gateway, trial_id="in-no-store"), open_trial(at=gateway, trial_id="asks-nothing")
    assert trial.ask("say hi").status_code == 200
    with pytest.raises(GatewayError, match="the gateway failed: "):
        trial.close()
    assert other.close().calls == 0


def test_the_client_is_shared_by_threads(gateway, tmp_path):
    import threading

    problems: list[Exception] = []

    def open_and_close(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            for epoch in range(5):
                registration = Registration(
                    trial_id=f"threads-{number}", epoch=epoch, run_id="threads", socket=str(folder / "s"),
                    model=ModelSpec(name="scripted"),
                )  # fmt: skip
                gateway.open_trial(registration)
                gateway.close_trial(f"threads-{number}", epoch)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=open_and_close, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
