"""A step is shown as texts to read: commands as shell, files as code, nothing as escaped JSON."""

from typing import Any

import pytest

from rexlab.dashboard.trajectory_parts import Part, content, entries, parts, written


def called(name: Any, arguments: Any) -> list[Part]:
    return parts({"source": "agent", "tool_calls": [{"function_name": name, "arguments": arguments}]})


def test_everything_that_a_step_says_is_shown_in_order() -> None:
    step = {
        "step_id": 3,
        "timestamp": "2026-01-01",
        "source": "agent",
        "model_name": "m",
        "message": "I run it.",
        "reasoning_content": "It must run.",
        "tool_calls": [{"tool_call_id": "c", "function_name": "bash", "arguments": {"command": "make\nmake test"}}],
        "observation": {"results": [{"source_call_id": "c", "content": "ok\n"}, {"content": ""}]},
        "metrics": {"prompt_tokens": 1200, "completion_tokens": 7, "cached_tokens": None, "cost_usd": 0.25, "odd": [1]},
        "extra": {"temperature": 0},
        "empty": [],
    }
    assert parts(step) == [
        Part("reasoning", "It must run."),
        Part("message", "I run it."),
        Part("tool call: bash, command", "make\nmake test", "bash"),
        Part("observation", "ok\n"),
        Part("observation", "(nothing)"),
        Part("metrics", "tokens in: 1,200\ntokens out: 7\ncost in USD: 0.25\nodd: [\n  1\n]"),
        Part("further fields", '{\n  "extra": {\n    "temperature": 0\n  }\n}', "json"),
    ]


def test_the_text_of_an_edit_is_code_in_its_language() -> None:
    assert called("edit", {"path": "a/b.py", "old_str": "x = 1\n", "new_str": 'x = "é"\n', "replace_all": True}) == [
        Part("tool call: edit", "path: a/b.py\nreplace_all: true"),
        Part("tool call: edit, old_str", "x = 1\n", "python"),
        Part("tool call: edit, new_str", 'x = "é"\n', "python"),
    ]
    assert called("write", {"file_path": "notes", "content": "a\nb"})[1] == Part("tool call: write, content", "a\nb")
    assert called("patch", {"diff": "-a\n+b"}) == [Part("tool call: patch, diff", "-a\n+b", "diff")]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("bash", "ls", [Part("tool call: bash", "ls", "bash")]),
        ("finish", {}, [Part("tool call: finish", "(no arguments)")]),
        ("todo", {"list": ["a"]}, [Part("tool call: todo, list", '[\n  "a"\n]', "json")]),
        ("bash", {"cmd": "ls", "timeout": 3}, [
            Part("tool call: bash", "timeout: 3"),
            Part("tool call: bash, cmd", "ls", "bash"),
        ]),
        ("", {"a": 1}, [Part("tool call", '{\n  "function_name": "",\n  "arguments": {\n    "a": 1\n  }\n}', "json")]),
    ],
)  # fmt: skip
def test_calls_of_any_shape(name: Any, arguments: Any, expected: list[Part]) -> None:
    assert called(name, arguments) == expected


def test_what_is_no_step_is_shown() -> None:
    assert parts([1]) == [Part("not a step", "[\n  1\n]")]
    assert parts({}) == []


def test_messages_in_parts_are_joined() -> None:
    assert content(["a", {"type": "text", "text": "b"}, {"type": "image"}]) == 'a\nb\n{\n  "type": "image"\n}'
    assert [content(value) for value in (None, [], "")] == ["", "[]", ""]


def test_one_thing_is_a_list_of_it() -> None:
    assert [entries(value) for value in (None, {}, [1], 7, {"a": 1})] == [[], [], [1], [7], [{"a": 1}]]


def test_what_is_nested_too_deeply_is_told() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    assert written(deep) == "(nested too deeply to be shown)"
