"""Options of ``rexlab run`` about agents, read as a user means them or refused in a sentence."""

import pytest

from rexlab.errors import InputError
from rexlab.execution.options import RunOptions
from rexlab.execution.request_agents import agents_of, budget_of, shown_of, trial_budget_of
from rexlab.gateway.contract import Budget
from rexlab.harness.manifest import find_harness
from rexlab.settings import bundled, load_settings
from rexlab.task.variant import Shown


def agents(harness="react", model="scripted", params=(), model_params=(), strategy=None, command=None):
    return agents_of(harness, command, model, params, model_params, strategy, load_settings())


def test_every_harness_that_asks_a_model_gets_every_model():
    found = agents("oracle,react,agentless", "scripted,openai/gpt-4o")
    assert [(a.harness.name, a.model.name if a.model else None) for a in found] == [
        ("oracle", None),
        ("react", "scripted"),
        ("react", "openai/gpt-4o"),
        ("agentless", "scripted"),
        ("agentless", "openai/gpt-4o"),
    ]


def test_parameters_of_the_model_are_typed():
    (agent,) = agents(model_params=("temperature=0.2", "reasoning_effort=high", "stop=[1]", "seed=3", "stream=true"))
    assert agent.model is not None
    assert agent.model.params == {
        "temperature": 0.2,
        "reasoning_effort": "high",
        "stop": [1],
        "seed": 3,
        "stream": True,
    }


def test_a_program_of_the_users_may_have_a_model_and_may_do_without():
    assert [a.model for a in agents("", None, command="true")] == [None]
    assert [a.model.name for a in agents("", "scripted", command="true") if a.model] == ["scripted"]


def test_a_strategy_is_put_over_agents_and_not_over_reference_harnesses():
    reference, agent = agents("oracle,react", strategy="best-of-n:n=4")
    assert reference.strategy is None
    assert agent.strategy is not None
    assert (agent.strategy.n, agent.strategy.verifier) == (4, "visible")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"harness": "react", "model": None}, "harness react asks a model: give --model"),
        ({"model": " , "}, "--model is empty"),
        ({"model": None, "harness": "noop", "model_params": ["temperature=1"]}, "--model-param needs a --model"),
        ({"model_params": ["temperature"]}, "--model-param temperature: write NAME=VALUE"),
        ({"params": ["react.memory=all"]}, "must be one of full, window, summary"),
    ],
)
def test_what_cannot_be_used_is_told(given, words):
    with pytest.raises(InputError, match=words):
        agents(**given)


def test_a_budget_names_its_limits():
    assert budget_of("usd=1.5, calls=50", "--budget") == Budget(usd=1.5, calls=50)
    assert budget_of(None, "--budget") == Budget()
    for text in ("usd", "euro=1", "usd=1,usd=2"):
        with pytest.raises(InputError, match=r"--run-budget .*: write usd=1"):
            budget_of(text, "--run-budget")
    for text in ("calls=1.5", "usd=-1", "usd=nan", "tokens=0"):
        with pytest.raises(InputError, match=r"--budget (calls|usd|tokens)="):
            budget_of(text, "--budget")


def test_a_runs_budget_goes_before_the_harnesss_own_and_can_lift_it():
    react = find_harness("react", [bundled("harnesses")])
    assert RunOptions().budget_of(react) == Budget(usd=1)
    assert RunOptions(budget=Budget(usd=3, calls=9)).budget_of(react) == Budget(usd=3, calls=9)
    budget, lifted = trial_budget_of("usd=none,calls=7")
    assert RunOptions(budget=budget, lifted=lifted).budget_of(react) == Budget(calls=7)
    with pytest.raises(InputError, match="--budget euro=none"):
        trial_budget_of("euro=none")


def test_a_setting_or_its_pieces_say_what_is_shown():
    assert shown_of(None, None, None, None) == [Shown()]
    assert shown_of("pc+refsol", None, None, None) == [Shown()]
    assert shown_of("pc", None, None, None) == [Shown(commands=False)]
    assert shown_of("fc", None, None, None) == [Shown(commands=False)]
    assert shown_of(None, "default,hints", False, None) == [Shown(paper=False), Shown(paper=False, hints="hints")]
    for given, words in [
        (("all", None, None, None), "--setting all: choose from fc, pc, pc\\+refsol"),
        (("pc", None, True, None), "leave --paper and --commands out"),
        ((None, "some", None, None), "--hints some: choose from default"),
        ((None, "", None, None), "--hints is empty"),
    ]:
        with pytest.raises(InputError, match=words):
            shown_of(*given)
