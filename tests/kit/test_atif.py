"""Trajectories in Harbor's interchange format."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from rexlab_kit.atif import MAX_CHARS, Metrics, Observation, ToolCall, Trajectory, cut_middle


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


def example() -> Trajectory:
    trajectory = Trajectory("react", "1", "gpt-4o", extra={"steps": 50})
    trajectory.system("be brief")
    trajectory.user("do it")
    trajectory.agent(
        "so be it",
        reasoning="hm",
        tool_calls=[ToolCall("call_1", "view", {"path": "a.py"})],
        observations=[Observation("call_1", "1\tx"), Observation(None, "[step 1]")],
        metrics=Metrics(100, 10, 40, 0.25),
    )
    trajectory.agent("done", metrics=Metrics(200, 20, cost_usd=0.5))
    return trajectory


def test_a_trajectory_holds_what_the_format_asks_for(tmp_path: Path) -> None:
    example().write(tmp_path / "trajectory.json")
    document = read(tmp_path / "trajectory.json")
    assert document["schema_version"] == "ATIF-v1.4"
    assert document["session_id"]
    assert document["agent"] == {"name": "react", "version": "1", "model_name": "gpt-4o", "extra": {"steps": 50}}
    assert [step["step_id"] for step in document["steps"]] == [1, 2, 3, 4]
    assert [step["source"] for step in document["steps"]] == ["system", "user", "agent", "agent"]
    assert all(datetime.fromisoformat(step["timestamp"]).tzinfo for step in document["steps"])
    first = document["steps"][2]
    assert first["tool_calls"] == [{"tool_call_id": "call_1", "function_name": "view", "arguments": {"path": "a.py"}}]
    assert first["observation"]["results"] == [
        {"source_call_id": "call_1", "content": "1\tx"},
        {"source_call_id": None, "content": "[step 1]"},
    ]
    assert first["metrics"] == {"prompt_tokens": 100, "completion_tokens": 10, "cached_tokens": 40, "cost_usd": 0.25}
    assert document["final_metrics"] == {
        "total_prompt_tokens": 300,
        "total_completion_tokens": 30,
        "total_cached_tokens": 40,
        "total_cost_usd": 0.75,
        "total_steps": 4,
    }


def test_fields_only_agents_may_have_stay_off_other_steps() -> None:
    system, user, *_ = example().document()["steps"]
    assert set(system) == set(user) == {"step_id", "timestamp", "source", "message"}


def test_one_unknown_cost_makes_the_sum_unknown() -> None:
    trajectory = example()
    trajectory.agent("free?", metrics=Metrics(1, 1))
    assert trajectory.document()["final_metrics"]["total_cost_usd"] is None


def test_long_texts_lose_their_middle_wherever_they_stand() -> None:
    long = "a" * MAX_CHARS + "END"
    trajectory = Trajectory("x", "1", "m")
    trajectory.agent(long, long, [ToolCall("1", "write", {"files": [{"content": long}]})], [Observation("1", long)])
    step = trajectory.document()["steps"][0]
    texts = [
        step["message"],
        step["reasoning_content"],
        step["tool_calls"][0]["arguments"]["files"][0]["content"],
        step["observation"]["results"][0]["content"],
    ]
    for text in texts:
        assert len(text) < MAX_CHARS + 100
        assert text.endswith("END")
        assert "\n[... 3 characters left out ...]\n" in text


@pytest.mark.parametrize(
    ("text", "limit", "result"), [("abc", 3, "abc"), ("", 3, ""), ("abcd", 2, "a\n[... 2 characters left out ...]\nd")]
)
def test_cutting_keeps_both_ends(text: str, limit: int, result: str) -> None:
    assert cut_middle(text, limit) == result


def test_a_text_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    trajectory = Trajectory("x", "1", "m")
    trajectory.agent("\udcff")
    trajectory.write(tmp_path / "trajectory.json")
    assert read(tmp_path / "trajectory.json")["steps"][0]["message"]


def test_writing_again_replaces_the_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    trajectory = example()
    trajectory.write(tmp_path / "trajectory.json")
    trajectory.notes = "stopped"
    trajectory.write(tmp_path / "trajectory.json")
    assert read(tmp_path / "trajectory.json")["notes"] == "stopped"
    assert [path.name for path in tmp_path.iterdir()] == ["trajectory.json"]
