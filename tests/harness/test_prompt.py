"""What an agent is told, and what it is not."""

import pytest
from tests.support.shell import TASKS

from rexlab.harness.prompt import VERSION, prompts_digest, render_prompt
from rexlab.task.load import load_task
from rexlab.task.variant import Shown

TASK = load_task(TASKS / "tiny" / "moments")
IDS = [f.id for f in TASK.functions]


def test_it_names_every_masked_function_with_its_description_and_no_other():
    prompt = render_prompt(TASK, IDS[:2], Shown())
    for function in TASK.functions[:2]:
        assert f"`{function.qualname}` in `{function.path}`" in prompt
        assert function.description in prompt
    assert "Welford" not in prompt
    assert "The bodies of 2 of its functions were removed" in prompt


def test_it_shows_visible_experiments_with_their_commands_and_seeds():
    prompt = render_prompt(TASK, IDS[:1], Shown())
    assert "`python -m experiments.batch --seed {seed} --out results/batch.json`, with {seed} = 1, 2." in prompt
    assert "It measures: mean, variance." in prompt


def test_it_never_shows_hidden_experiments_targets_or_tolerances():
    prompt = render_prompt(TASK, IDS, Shown(hints="detailed_hints"))
    assert "batch-long" not in prompt
    for experiment in TASK.experiments:
        for metric in experiment.metric:
            for target in metric.check.targets(metric.count * len(experiment.seeds)):
                assert f"{target:.4g}" not in prompt


@pytest.mark.parametrize(
    ("shown", "gone"), [(Shown(paper=False), "paper.md"), (Shown(commands=False), "experiments.batch")]
)
def test_what_is_not_shown_is_not_mentioned(shown, gone):
    assert gone in render_prompt(TASK, IDS, Shown())
    assert gone not in render_prompt(TASK, IDS, shown)


def test_with_nothing_masked_it_asks_for_a_reproduction():
    prompt = render_prompt(TASK, [], Shown())
    assert "The code is complete." in prompt
    assert "Functions to write" not in prompt


def test_a_changed_template_is_a_new_version():
    known = {"2": "b56bd5f8a63eabbadaf3046d06db31ba08c2d7d6f792ecad2f56da0cde9cdfae"}
    assert prompts_digest() == known[VERSION], "raise VERSION, and note the new version's digest here"


def test_feedback_on_an_earlier_attempt_stands_at_the_end():
    prompt = render_prompt(TASK, IDS[:1], Shown())
    assert (
        render_prompt(TASK, IDS[:1], Shown(), feedback="\n## An earlier attempt\n")
        == f"{prompt}\n## An earlier attempt\n"
    )
