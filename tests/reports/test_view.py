"""Trials by their keys are what a dictionary of them would hold, and agents have names that tell them apart."""

import random
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.trials import Made, columns

from rexlab.errors import InputError
from rexlab.reports.view import KEYS, View, agent_name, shown_name
from rexlab.store.columns import OUTCOMES, TrialColumns
from rexlab.store.models import AgentRow, VariantRow

made = st.builds(
    Made,
    outcome=st.sampled_from(["passed", "wrong_result", "infra_error"]),
    agent=st.sampled_from(["react", "react gpt", "react claude", "oracle", "noop"]),
    task=st.sampled_from(["classic/deis", "classic/lion", "rexbench/cogs", "alone"]),
    functions=st.sampled_from([(), ("a.py:f",), ("a.py:f", "b.py:g"), ("b.py:g",)]),
    hint=st.sampled_from(["default", "none", "detailed"]),
    attempt=st.integers(1, 3),
    run=st.sampled_from(["r1", "r2"]),
)


def expected(row: Made, key: str) -> Any:
    """A trial's value of a key, said once more."""
    harness, _, model = row.agent.partition(" ")
    return {
        "agent": row.agent + (" [ref]" if harness == "oracle" else ""),
        "harness": harness,
        "model": model or "-",
        "shown": row.hint if row.hint != "default" else "all",
        "hint": row.hint,
        "suite": row.task.rpartition("/")[0],
        "paper": row.task,
        "task": row.task,
        "masks": len(row.functions),
        "run": row.run,
    }[key]


@settings(max_examples=200, deadline=None)
@given(st.lists(made, max_size=30), st.lists(st.sampled_from(KEYS), max_size=4, unique=True))
def test_groups_are_those_of_a_dictionary(rows: list[Made], by: list[str]) -> None:
    wanted: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        wanted[tuple(expected(row, key) for key in by)].append(i)
    groups = View(columns(rows)).groups(by)
    assert groups.by == tuple(by)
    assert groups.values == sorted(wanted)
    assert groups.index.shape == (len(rows),)
    found = {value: np.flatnonzero(groups.members(g)).tolist() for g, value in enumerate(groups.values)}
    assert found == dict(wanted)


def test_every_key_is_there_and_no_other() -> None:
    view = View(columns([Made()]))
    for key in KEYS:
        assert len(view.groups([key]).values) == 1
    with pytest.raises(InputError) as error:
        view.groups(["agent", "colour"])
    assert str(error.value) == f"--by colour: trials are grouped by any of {', '.join(KEYS)}"
    with pytest.raises(InputError):
        View(columns([])).groups(["colour"])


def test_numbers_are_ordered_as_numbers() -> None:
    rows = [Made(functions=tuple(f"a.py:f{i}" for i in range(n))) for n in (10, 2, 1, 10)]
    groups = View(columns(rows)).groups(["masks"])
    assert groups.values == [(1,), (2,), (10,)]
    assert groups.index.tolist() == [2, 1, 0, 2]


@settings(max_examples=100, deadline=None)
@given(st.lists(made, max_size=20), st.randoms(use_true_random=False))
def test_a_part_of_a_view_is_the_view_of_that_part(rows: list[Made], chance: random.Random) -> None:
    kept = [chance.random() < 0.5 for _ in rows]
    whole = columns(rows, planned=99)
    part = View(whole).pick(np.array(kept, dtype=bool))
    assert len(part) == sum(kept)
    assert part.trials.planned == 99
    for i, j in enumerate(np.flatnonzero(kept)):
        assert told(part.trials, i) == told(whole, int(j))


def told(trials: TrialColumns, i: int) -> dict[str, Any]:
    """All of a trial, by name; NaN as text, for it equals nothing."""
    found: dict[str, Any] = {}
    for name, column in vars(trials).items():
        if isinstance(column, np.ndarray):
            found[name] = str(column[i])
        elif hasattr(column, "codes"):
            found[name] = column.values[column.codes[i]]
    rows = (trials.runs[trials.run[i]], trials.agents[trials.agent[i]], trials.variants[trials.variant[i]])
    return {**found, "outcome": OUTCOMES[trials.outcome[i]], "rows": [row.id for row in rows]}


def test_a_paper_is_the_cluster_of_all_its_tasks() -> None:
    rows = [Made(task="s/a", paper="p"), Made(task="s/b", paper="q"), Made(task="s/c", paper="p"), Made(task="s/d")]
    view = View(columns(rows))
    assert view.papers == ["p", "q", "p", "s/d"]
    assert view.cluster.tolist() == [0, 1, 0, 2]


def test_a_variant_from_before_papers_were_kept_has_its_tasks() -> None:
    trials = columns([Made(task="s/a", paper="p"), Made(task="s/a", paper="p", hint="none"), Made(task="s/b")])
    trials.variants[1].paper = None
    trials.variants[2].paper = None
    assert View(trials).papers == ["p", "p", "s/b"]


def test_what_holds_of_a_trial_by_its_agent_and_variant() -> None:
    rows = [Made(functions=()), Made(agent="oracle", functions=("a.py:f", "a.py:g")), Made(agent="react gpt")]
    view = View(columns(rows))
    assert view.extension.tolist() == [True, False, False]
    assert view.reference.tolist() == [False, True, False]
    assert view.masks.tolist() == [0, 2, 1]
    assert len(view) == 3


def agent(id: str = "a1", **changed: Any) -> AgentRow:
    row: dict[str, Any] = {"harness": "react", "harness_digest": "h", "params": {}, "reference": False}
    return AgentRow(id=id, **{**row, **changed})


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"label": "react gpt steps=5"}, "react gpt steps=5"),
        ({"label": "oracle", "reference": True}, "oracle [ref]"),
        ({"label": "react scripted", "simulated": True}, "react scripted [sim]"),
        ({"model": "gpt", "params": {"steps": 5}}, "react gpt steps=5"),  # from before labels were kept
        ({}, "react"),
    ],
)
def test_an_agent_has_a_name(changed: dict[str, Any], name: str) -> None:
    assert agent_name(agent(**changed)) == name


def test_agents_of_one_name_are_told_apart() -> None:
    trials = columns([Made(agent="react gpt"), Made(agent="noop")])
    trials.agents[:] = [agent("abcdef", label="react gpt"), agent("012345", label="react gpt")]
    assert View(trials).agent_names == ["react gpt #abcd", "react gpt #0123"]
    assert View(trials).groups(["agent"]).values == [("react gpt #0123",), ("react gpt #abcd",)]


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ({}, ""),
        ({"paper": True, "commands": True, "hints": "default"}, ""),
        ({"paper": False, "commands": False, "hints": "none"}, "no paper, no commands, none"),
        ({"hints": "detailed"}, "detailed"),
    ],
)
def test_what_was_shown_is_named_where_it_is_not_everything(shown: dict[str, Any], name: str) -> None:
    variant = VariantRow(
        id="v", task="s/t", task_digest="", task_folder="", kind="masking", functions=[], masks=0, shown=shown
    )
    assert shown_name(variant) == name
