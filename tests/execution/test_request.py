"""A request becomes a spec, or a sentence on what is wrong with it; and the command line that asks for the same."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from rexlab.cli.app import app
from rexlab.errors import InputError, NotFoundError
from rexlab.execution import request as module
from rexlab.execution.request import RunRequest, spec_of
from rexlab.execution.request_command import number_text, shell_line
from rexlab.gateway.contract import Budget
from rexlab.settings import Settings
from rexlab.task.variant import Shown

TASKS = Path(__file__).parents[1] / "data" / "tasks"
SETTINGS = Settings(tasks_path=str(TASKS), sandbox="process")
PLAIN = RunRequest(("tiny",), harness="noop")


def test_defaults_are_those_of_the_command() -> None:
    spec = spec_of(PLAIN, SETTINGS)
    assert [task.id for task in spec.tasks] == ["tiny/moments"]
    assert [agent.harness.name for agent in spec.agents] == ["noop"]
    assert (spec.name, spec.masks, spec.attempts, spec.seed, spec.sandbox) == ("tiny", [1], 1, 0, "process")
    assert list(spec.shown) == [Shown()]
    assert spec.options.mode == "live"


def test_everything_that_is_asked_for_arrives(tmp_path: Path) -> None:
    asked = replace(
        PLAIN,
        suites=("tiny", "moments"),
        harness="mutant",
        params=("mutant.p=0.25",),
        budget="usd=2,calls=none",
        run_budget="usd=9",
        agent_timeout=7.0,
        setting="pc",
        masks="1..3",
        trials=4,
        progressive=2,
        limit=5,
        seed=11,
        sandbox="docker",
        attribute=True,
        name="mine",
        record=tmp_path,
    )
    spec = spec_of(asked, SETTINGS)
    assert [task.id for task in spec.tasks] == ["tiny/moments"]  # named twice, run once
    assert spec.agents[0].params["p"] == 0.25
    assert (spec.name, spec.masks, spec.attempts, spec.chains, spec.limit) == ("mine", [1, 2, 3], 4, 2, 5)
    assert (spec.seed, spec.sandbox) == (11, "docker")
    assert list(spec.shown) == [Shown(commands=False)]
    options = spec.options
    assert (options.budget, options.lifted, options.run_budget) == (Budget(usd=2), ("calls",), Budget(usd=9))
    assert (options.agent_timeout, options.attribute) == (7.0, True)
    assert (options.mode, options.cassettes) == ("record", str(tmp_path))


def test_full_code_masks_nothing_and_names_take_the_place_of_numbers() -> None:
    assert spec_of(replace(PLAIN, setting="fc"), SETTINGS).masks == [0]
    spec = spec_of(replace(PLAIN, variants="n1-*, n2-0"), SETTINGS)
    assert (spec.masks, spec.variants) == ([], ["n1-*", "n2-0"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sample": 1, "progressive": 1}, "--sample and --progressive are two ways"),
        ({"variants": " , "}, "--variants is empty"),
        ({"variants": "a", "masks": "1"}, "--variants names what is masked"),
        ({"record": Path("a"), "replay": Path("b")}, "--record asks models and --replay does not"),
        ({"replay": Path("nowhere")}, "--replay nowhere: there is no such folder"),
        ({"setting": "fc", "masks": "1"}, "--setting fc masks nothing"),
        ({"masks": "many"}, "--masks many: give numbers"),
        ({"harness": ""}, "no harness was named"),
        ({"suites": ()}, "no task was named"),
        ({"run_budget": "usd=all"}, "--run-budget usd=all"),
    ],
)
def test_what_contradicts_itself_is_refused_with_the_options_name(changed: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        spec_of(replace(PLAIN, **changed), SETTINGS)  # type: ignore[arg-type]


def test_a_task_that_does_not_exist_is_named() -> None:
    with pytest.raises(NotFoundError, match="'nothing-like-it'"):
        spec_of(replace(PLAIN, suites=("nothing-like-it",)), SETTINGS)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
OPTIONAL = st.none() | WORDS
COUNTS = st.none() | st.integers(1, 999)
REQUESTS = st.builds(
    RunRequest,
    suites=st.lists(WORDS.filter(lambda word: not word.startswith("-")), min_size=1, max_size=3).map(tuple),
    harness=WORDS,
    command=OPTIONAL,
    model=OPTIONAL,
    params=st.lists(WORDS, max_size=2).map(tuple),
    model_params=st.lists(WORDS, max_size=2).map(tuple),
    budget=OPTIONAL,
    agent_timeout=st.none() | st.floats(1, 1e7),
    paper=st.none() | st.booleans(),
    commands=st.none() | st.booleans(),
    replay=OPTIONAL.map(lambda name: name and Path(name)),
    masks=OPTIONAL,
    trials=st.integers(1, 1000),
    sample=COUNTS,
    seed=st.integers(-999, 999),
    workers=st.none() | st.integers(1, 256),
    sandbox=st.none() | st.sampled_from(["auto", "docker"]),
    attribute=st.booleans(),
    unsafe=st.booleans(),
    name=WORDS,
)


class Understood(Exception):
    """The command line was read as this request."""


@given(REQUESTS)
def test_the_command_line_asks_for_the_same(asked: RunRequest) -> None:
    def understood(request: RunRequest, _settings: Settings) -> None:
        raise Understood(request)

    program, *arguments = shlex.split(shell_line(asked))
    assert program == "rexlab"
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Understood) as found:
        patch.setattr(module, "spec_of", understood)
        typer.main.get_command(app)(arguments, standalone_mode=False)
    assert found.value.args[0] == asked


def test_numbers_are_written_in_full() -> None:
    assert [number_text(n) for n in (2.0, 0.25, 12345678.0, 300)] == ["2", "0.25", "12345678", "300"]
