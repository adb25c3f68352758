"""Search finds what a reader sees, and not the names of fields."""

import json
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.support.trajectories import large, small

from rexlab.dashboard import trajectory_search
from rexlab.dashboard.trajectory import index
from rexlab.dashboard.trajectory_search import Hit, search


def found(steps: list[Any], text: str, ascii_only: bool = True) -> list[int]:
    file = BytesIO(json.dumps({"steps": steps}, ensure_ascii=ascii_only).encode())
    return [hit.number for hit in search(file, index(file).steps, text)]


def say(*texts: str) -> list[Any]:
    return [{"source": "agent", "message": text} for text in texts]


def test_a_hit_tells_what_stands_around_it(tmp_path: Path) -> None:
    file = BytesIO(small(tmp_path))
    assert list(search(file, index(file).steps, " NEEDLE ")) == [
        Hit(4, "Traceback (most recent call last): ValueError: ", "needle", " 漢字")
    ]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(
    "text", ['a "quoted" word', "back\\slash", "two\nlines", "a/b", "<b>&", "ÉTÉ", "漢字", "🙂", "ß"]
)
def test_what_json_writes_in_another_way_is_found(text: str, ascii_only: bool) -> None:
    steps = say("nothing", f"before {text} after", text.lower())
    assert found(steps, text, ascii_only) == [2, 3]


@pytest.mark.parametrize("written", [r"a\/b", r"\u003cb\u003e\u0026"])
def test_other_writers_escape_more(written: str) -> None:
    file = BytesIO(b'{"steps": [{"message": "%s"}]}' % written.encode())
    assert [hit.number for hit in search(file, index(file).steps, json.loads(f'"{written}"'))] == [1]


@pytest.mark.parametrize("name", ["message", "source", "step_id", "agent", "arguments"])
def test_names_of_fields_are_no_hits(name: str) -> None:
    assert found([{"step_id": 1, "source": "agent", "message": "words"}], name) == []
    assert found([{"step_id": 1, "source": "agent", "message": f"the {name} here"}], name) == [1]


def test_nothing_is_found_for_nothing() -> None:
    assert found(say("a b"), "  ") == []


def test_tool_calls_and_observations_are_searched() -> None:
    steps = [
        {"tool_calls": [{"function_name": "bash", "arguments": {"command": "grep pattern"}}]},
        {"observation": {"results": [{"content": "a pattern"}]}},
        {"reasoning_content": "no"},
    ]
    assert found(steps, "pattern") == [1, 2]


def test_a_text_across_two_windows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectory_search, "_WINDOW", 64)
    for shift in range(70):
        assert found(say("." * shift + "needle" + "." * 300, "." * 500), "needle") == [1]


def test_a_step_that_cannot_be_read_is_searched_as_it_stands() -> None:
    file = BytesIO(b'{"steps": [{"a": ' + b"[" * 9_000 + b'"needle"' + b"]" * 9_000 + b'}, {"message": "x"}]}')
    assert list(search(file, index(file).steps, "needle")) == [Hit(1, "", "needle", "")]


def test_fifty_megabytes_are_searched_quickly(tmp_path: Path) -> None:
    place = tmp_path / "trajectory.json"
    large(place, 50_000_000)
    with place.open("rb") as file:
        steps = index(file).steps
        begin = time.process_time()
        assert [hit.number for hit in search(file, steps, "the last step")] == [len(steps)]
        assert list(search(file, steps, "nowhere at all")) == []
        assert time.process_time() - begin < 3, "some 0.5 s on a free machine"
