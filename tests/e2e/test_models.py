"""Agents that ask a model, from the command line to the grade; the provider is a stand-in with OpenAI's format."""

import json
import os
import socket
import threading

import pytest
from tests.gateway.provider import run_provider

KEY = "sk-planted-0123456789abcdef"
AGENT = """
import json, os, pathlib, sys, urllib.request

def ask(words):
    request = urllib.request.Request(
        os.environ["OPENAI_BASE_URL"] + "/chat/completions",
        json.dumps({"model": "any", "messages": [{"role": "user", "content": words}]}).encode(),
        {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())

print(sorted(os.environ.items()))
for words in sys.argv[1:-1]:
    print(ask(words))
core = pathlib.Path("moments/core.py")
core.write_text(core.read_text().replace('raise NotImplementedError("masked: mean")', ask(sys.argv[-1])))
"""
RIGHT = "say return sum(numbers) / len(numbers)"


@pytest.fixture(scope="module")
def provider():
    with run_provider() as running:
        yield running


@pytest.fixture
def run(shell, require, provider):
    """Runs an agent that says these words to its model and puts its last answer in place of the mean."""
    require("bubblewrap")
    (shell.folder / "agent.py").write_text(AGENT)
    shell.variables |= {"REXLAB_SANDBOX": "bubblewrap", "OPENAI_API_KEY": KEY, **provider.environment}

    def start(*words, options=(), code=0, variants="1"):
        command = f"python ./agent.py {' '.join(repr(w) for w in words)}"
        done = shell(
            *("run", "moments", "--command", command, "--model", "openai/gpt-4o", "--masks", "1"),
            *("--limit", variants, "--workers", "1", *options),
            code=code,
        )
        return done, shell.json("trials", "list", "latest")

    return start


def everything_written(shell):
    return b"\n".join(path.read_bytes() for path in shell.folder.rglob("*") if path.is_file())


def test_a_model_is_asked_through_the_gateway_metered_and_no_key_is_ever_written(shell, run, provider):
    refused, (trial,) = run("echo-key 401", RIGHT, code=1)
    assert trial["outcome"] == "infra_error"
    assert "the provider refused the gateway's key" in trial["detail"]
    done, (trial,) = run("say hello", RIGHT, options=("--model-param", "temperature=0.3"))
    assert trial["outcome"] == "passed", trial["detail"]
    usage = trial["usage"]
    assert (usage["calls"], usage["input_tokens"], usage["cached_tokens"], usage["output_tokens"]) == (2, 200, 80, 40)
    assert 0 < usage["cost_usd"] < 0.01
    assert (provider.requests[-1]["model"], provider.requests[-1]["temperature"]) == ("gpt-4o", 0.3)
    assert not trial["simulated"]
    log = shell("trials", "show", trial["id"], "--log").stdout
    assert "hello" in log
    assert "http://127.0.0.1:8484/v1" in log
    shown = shell("trials", "show", trial["id"]).stdout
    assert "200 tokens in (80 cached), 40 out" in shown
    printed = [text for d in (refused, done) for text in (d.stdout, d.stderr)]
    written = everything_written(shell) + "".join([log, shown, *printed]).encode()
    assert b"moments/core.py" in written
    assert KEY.encode() not in written


def test_what_was_recorded_is_replayed_without_a_provider_and_a_divergence_is_told(shell, run, tmp_path):
    cassettes = tmp_path / "cassettes"
    _, (recorded,) = run(RIGHT, options=("--record", str(cassettes)))
    assert recorded["outcome"] == "passed", recorded["detail"]
    assert KEY not in "".join(path.read_text() for path in cassettes.iterdir())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        shell.variables |= {"OPENAI_BASE_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/v1"}
        del shell.variables["OPENAI_API_KEY"]
        _, (replayed,) = run(RIGHT, options=("--replay", str(cassettes)))
        assert replayed["outcome"] == "passed", replayed["detail"]
        (cassette,) = cassettes.iterdir()
        cassette.write_text(cassette.read_text().replace("say return", "say  return"))
        _, (other,) = run(RIGHT, options=("--replay", str(cassettes)), code=1)
        assert other["outcome"] == "infra_error"
        assert "call 1 is not what was recorded" in other["detail"]
        assert 'was "say  return sum' in other["detail"]


def test_the_call_after_a_budget_is_refused(run):
    _, (trial,) = run("say one", "say two", RIGHT, options=("--budget", "calls=2"))
    assert trial["outcome"] == "budget_exceeded"
    assert "2 calls" in trial["detail"]
    assert trial["usage"]["calls"] == 2


def test_a_runs_budget_holds_across_its_trials(run):
    _, trials = run(RIGHT, options=("--run-budget", "calls=2", "--trials", "3"))
    assert sorted(t["outcome"] for t in trials) == ["budget_exceeded", "passed", "passed"]


def test_the_door_opens_in_docker_too(shell, run, require):
    require("docker")
    _, (trial,) = run(RIGHT, options=("--sandbox", "docker"))
    assert trial["outcome"] == "passed", trial["detail"]


def test_a_run_without_a_model_is_told_what_is_missing_before_it_starts(shell, run):
    del shell.variables["OPENAI_API_KEY"]
    del shell.variables["OPENAI_BASE_URL"]
    for arguments, words in [
        (("--model", "openai/gpt-4o"), "model openai/gpt-4o needs a key: set OPENAI_API_KEY"),
        (("--model", "gpt-4o"), "names no provider"),
        (("--model", "scripted/nonsense"), "there is no scripted model 'scripted/nonsense'"),
        (("--model", "scripted", "--sandbox", "process", "--unsafe"), "command asks a model, and the process sandbox"),
        (("--model", "openai/gpt-4o", "--replay", "nowhere"), "--replay nowhere: there is no such folder"),
    ]:
        done = shell("run", "moments", "--command", "true", *arguments, code=2)
        assert words in " ".join(done.stderr.split())
    assert shell.json("runs", "list") == []


def test_a_budget_in_usd_needs_a_price(shell, run):
    arguments = ("run", "moments", "--command", "true", "--model", "openai/my-own", "--budget", "usd=1", "--limit", "1")
    assert "needs the price of openai/my-own" in " ".join(shell(*arguments, code=2).stderr.split())
    shell.home.mkdir(exist_ok=True)
    (shell.home / "prices.toml").write_text('["openai/my-own"]\ninput = 1.0\noutput = 2.0\n')
    shell(*arguments)


def test_a_gateway_that_runs_already_is_used(shell, run, tmp_path):
    control = tmp_path / "g.sock"
    serving = shell.start("gateway", "serve", "--control", str(control))
    try:
        lines = threading.Thread(target=lambda: serving.stderr.read(), daemon=True)
        lines.start()
        while not control.exists():
            assert serving.poll() is None
            os.sched_yield()
        shell.variables["REXLAB_GATEWAY_SOCKET"] = str(control)
        _, (trial,) = run(RIGHT)
    finally:
        serving.terminate()
        serving.communicate(timeout=30)
    assert trial["outcome"] == "passed", trial["detail"]
    assert json.dumps(trial["usage"]["calls"]) == "1"
