"""Every agent on real tasks, from the command line: right answers pass, wrong ones fail, what goes wrong has a name."""

import pytest
from tests.agents.sandboxed import prepare

pytestmark = pytest.mark.agents

AGENTS = ("agentless", "aider", "claude-code", "mini-swe-agent", "openhands", "react")
FAILURES = {"wrong_result", "missing_result", "experiment_crashed", "experiment_timeout"}
ENDLESS = {"agentless": ("--param", "agentless.samples=50"), "aider": ("--model", "scripted/malformed")}
"""For harnesses that have no loop and give up on useless answers: more samples, and edits that aider asks for again."""


def trials(shell, *arguments):
    shell("run", *arguments, "--workers", "1")
    return shell.json("trials", "list", "latest")


@pytest.mark.parametrize("task", ["deis", "purification"])
@pytest.mark.parametrize("harness", AGENTS)
def test_right_answers_pass_and_wrong_ones_fail(shell, harness, task):
    prepare(shell, harness)
    models = ("scripted", "scripted/wrong")
    found = trials(shell, task, "--harness", harness, "--model", ",".join(models), "--masks", "1,2", "--sample", "1")
    assert len(found) == 4
    for trial in found:
        assert trial["simulated"]
        assert "[sim]" in trial["agent"]
        if "scripted/wrong" in trial["agent"]:
            assert trial["outcome"] in FAILURES, trial["detail"]
        else:
            assert trial["outcome"] == "passed", trial["detail"]
        assert trial["usage"]["calls"] > 0
        assert trial["usage"]["cost_usd"] == 0


@pytest.mark.parametrize("harness", AGENTS)
def test_an_endless_model_ends_at_the_budget(shell, harness):
    prepare(shell, harness)
    (trial,) = trials(
        shell,
        *("deis", "--harness", harness, "--model", "scripted/loop", "--limit", "1", "--budget", "calls=3"),
        *ENDLESS.get(harness, ()),
    )
    assert trial["outcome"] == "budget_exceeded", trial["detail"]
    assert "3 calls" in trial["detail"]
    assert trial["usage"]["calls"] == 3


@pytest.mark.parametrize("harness", AGENTS)
def test_an_agent_that_cannot_use_its_model_has_crashed(shell, harness):
    prepare(shell, harness)
    (trial,) = trials(shell, "deis", "--harness", harness, "--model", "scripted/reject", "--limit", "1")
    assert trial["outcome"] == "agent_crashed", trial["detail"]


def test_an_endless_agent_without_a_budget_ends_at_its_time_limit(shell):
    prepare(shell, "mini-swe-agent")
    (trial,) = trials(
        shell,
        *("deis", "--harness", "mini-swe-agent", "--model", "scripted/loop", "--limit", "1"),
        *("--agent-timeout", "25", "--param", "mini-swe-agent.step_limit=0"),
    )
    assert trial["outcome"] == "agent_timeout"
    assert trial["usage"]["calls"] > 0
    assert not trial["usage"]["budget_exceeded"]
