"""A trajectory's index: right for what the harnesses write, and bearable for whatever an agent writes."""

import json
import time
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.trajectories import large, small

from rexlab.dashboard import trajectory
from rexlab.dashboard.trajectory import MAX_STEPS, Trajectory, index, read_step


def indexed(document: Any) -> Trajectory:
    return index(BytesIO(document if isinstance(document, bytes) else json.dumps(document).encode()))


def test_what_the_harnesses_write_is_read(tmp_path: Path) -> None:
    found = index(BytesIO(small(tmp_path)))
    assert (found.problem, found.is_one) == ("", True)
    assert found.made_by == "ATIF-v1.4 · react · 1.0 · openai/gpt-4o"
    assert found.notes == "ended by itself"
    assert [(step.number, step.source, step.words) for step in found.steps] == [
        (1, "system", "You write code."),
        (2, "user", "Make the experiment run."),
        (3, "agent", "I look around. All of it."),
        (4, "agent", "cat > model.py"),
        (5, "agent", "Done."),
    ]
    assert [step.tools for step in found.steps] == [(), (), ("bash",), ("bash", "edit"), ()]
    assert [step.error for step in found.steps] == [False, False, False, True, False]
    assert (found.calls, found.tokens, found.cost_usd) == (3, 2_430, pytest.approx(0.03))
    assert found.sources() == {"system": 1, "user": 1, "agent": 3}


def test_each_step_is_read_from_its_place(tmp_path: Path) -> None:
    file = BytesIO(small(tmp_path))
    found = index(file)
    assert [part.text for part in read_step(file, found.steps[4])] == ["Done."]
    assert [part.title for part in read_step(file, found.steps[3])] == [
        "tool call: bash, command",
        "tool call: edit",
        "tool call: edit, new_str",
        "observation",
        "metrics",
    ]


def test_a_cost_that_one_step_does_not_know_is_unknown() -> None:
    steps = [{"source": "agent", "metrics": {"prompt_tokens": 5, "cost_usd": cost}} for cost in (0.1, None)]
    assert indexed({"steps": steps}).cost_usd is None
    assert indexed({"steps": steps[:1]}).cost_usd == 0.1


def test_totals_of_the_document_stand_in_for_those_of_steps() -> None:
    final = {"total_prompt_tokens": 7, "total_completion_tokens": 3, "total_cost_usd": 0.5}
    found = indexed({"steps": [{"source": "agent"}], "final_metrics": final})
    assert (found.tokens, found.cost_usd) == (10, 0.5)
    none = indexed({"steps": [{"source": "agent"}]})
    assert (none.tokens, none.cost_usd) == (None, None)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"hello", "The file is no ATIF trajectory: it is not a JSON object."),
        ([], "The file is no ATIF trajectory: it is not a JSON object."),
        (b"\0\xff\xfe", "The file is no ATIF trajectory: it is not a JSON object."),
        ({}, "The file is no ATIF trajectory: it has no list of steps."),
        ({"messages": [{"role": "user"}]}, "The file is no ATIF trajectory: it has no list of steps."),
        ({"steps": {"a": 1}}, "The file is no ATIF trajectory: it has no list of steps."),
        ({"steps": "many"}, "The file is no ATIF trajectory: it has no list of steps."),
        (b"{", "The file is not whole JSON: a value is missing."),
        (b'{"a" 1}', "The file is not whole JSON: a field has no value."),
        (b'{"a": 1 "b": 2}', "The file is not whole JSON: a comma is missing."),
        (b"{" + b'"a":[' * 10_000, "The file is not whole JSON: it ends inside of a value."),
        (b"[" * 1_000_000, "The file is no ATIF trajectory: it is not a JSON object."),
    ],
)
def test_what_is_no_trajectory_is_told(document: Any, problem: str) -> None:
    found = indexed(document)
    assert (found.problem, found.is_one, found.steps) == (problem, False, ())


def test_no_steps_are_told() -> None:
    found = indexed({"steps": []})
    assert (found.problem, found.is_one) == ("The trajectory has no steps.", True)


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (b"", "it ends after a step"),
        (b", {", "it ends inside of a value"),
        (b', {"message": "x', "it ends inside of a string"),
        (b" {}]}", "a comma is missing"),
    ],
)
def test_the_steps_before_a_break_are_kept(end: bytes, why: str) -> None:
    found = indexed(b'{"steps": [{"source": "user", "message": "one"}, {"source": "agent"}' + end)
    assert [step.source for step in found.steps] == ["user", "agent"]
    assert found.problem == f"The file is not whole JSON: {why}. These are the 2 steps before that."


@pytest.mark.parametrize(
    "step",
    [
        None,
        7,
        "text",
        [],
        {},
        {"source": 7, "message": 8, "tool_calls": 9, "observation": 10, "metrics": 11},
        {"source": ["a"], "message": {"a": 1}, "tool_calls": {"b": 2}, "observation": {"results": {"c": 3}}},
        {"source": "agent", "tool_calls": [None, 7, "x", [], {"function_name": 7, "arguments": "ls"}]},
        {"source": "x" * 1_000_000, "message": ["a", {"type": "text", "text": "b"}, {"type": "image"}]},
        {"metrics": {"prompt_tokens": "many", "completion_tokens": -1, "cost_usd": True}},
        {"metrics": {"prompt_tokens": 1e400, "cost_usd": float("nan")}},
        {"observation": {"results": [{"content": [1, 2]}, {"content": None}, "plain"]}},
        {"message": "\ud800 lone", "reasoning_content": ["x"]},
    ],
)
def test_steps_of_any_shape_are_shown(step: Any) -> None:
    file = BytesIO(json.dumps({"steps": [step, {"source": "user", "message": "after"}]}).encode())
    found = index(file)
    assert (len(found.steps), found.problem) == (2, "")
    assert found.steps[1].words == "after"
    assert len(found.steps[0].source) <= 20
    assert all(isinstance(part.text, str) for part in read_step(file, found.steps[0]))
    assert found.tokens is None
    assert found.cost_usd is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["source", "message", "tool_calls", "arguments", "observation", "results", "content", "metrics"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["steps", "agent", "notes", "final_metrics", "schema_version"]), JSON))
def test_no_document_breaks_it(document: dict[str, Any]) -> None:
    file = BytesIO(json.dumps(document).encode())
    found = index(file)
    assert [isinstance(found.made_by, str), isinstance(found.notes, str), found.calls >= 0] == [True] * 3
    assert found.tokens is None or found.tokens >= 0
    for step in found.steps:
        read_step(file, step)


@given(st.binary(max_size=200))
def test_no_bytes_break_it(data: bytes) -> None:
    for beginning in (b"", b'{"steps": [', b'{"steps": [{"message": "'):
        file = BytesIO(beginning + data)
        found = index(file)
        assert found.problem or found.steps
        for step in found.steps:
            read_step(file, step)


def test_a_step_too_deep_is_shown_as_it_stands() -> None:
    file = BytesIO(
        b'{"steps": [{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b'}, {"source": "user", "message": "after"}]}'
    )
    found = index(file)
    assert [step.words for step in found.steps] == ["(too large, too deep, or no JSON)", "after"]
    (part,) = read_step(file, found.steps[0])
    assert part.text.startswith('{"a": [[[[')


def test_more_steps_than_can_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_STEPS == 20_000
    monkeypatch.setattr(trajectory, "MAX_STEPS", 3)
    found = indexed({"steps": [{}] * 5})
    assert len(found.steps) == 3
    assert found.problem == "It has more steps than can be listed; these are the first 3."


def test_fifty_megabytes_are_indexed_quickly_and_not_held(tmp_path: Path) -> None:
    place = tmp_path / "trajectory.json"
    large(place, 50_000_000)
    with place.open("rb") as file:
        begin = time.process_time()
        found = index(file)
        seconds = time.process_time() - begin
    assert len(found.steps) > 3_000
    assert seconds < 3, "some 0.5 s on a free machine"
    tracemalloc.start()
    with place.open("rb") as file:
        kept = index(file)
        read_step(file, kept.steps[-1])
    now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (now, most) < (10_000_000, 30_000_000)


def test_a_string_of_ninety_megabytes_is_cut(tmp_path: Path) -> None:
    place = tmp_path / "trajectory.json"
    with place.open("wb") as out:
        out.write(b'{"steps": [{"source": "agent", "message": "')
        for _ in range(90):
            out.write(b"words and\\n" * 100_000)
        out.write(b'"}, {"source": "user", "message": "after"}]}')
    tracemalloc.start()
    with place.open("rb") as file:
        found = index(file)
        (part,) = read_step(file, found.steps[0])
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
    assert [step.source for step in found.steps] == ["agent", "user"]
    assert found.steps[0].words.startswith("words and words and")
    assert part.text.endswith("more characters)")
    assert len(part.text) < 250_000
