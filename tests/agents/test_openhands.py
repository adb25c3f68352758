"""OpenHands for real: its program in bubblewrap, its edits to the letter, its limits, its failures."""

import pytest
from tests.agents.launched import Launch, check_atif, expected_files, files_before
from tests.gateway.scripted.nasty import PAIRS, UNEASY, script

pytestmark = [pytest.mark.agents, pytest.mark.bubblewrap]
SMALL = script({"quotes": PAIRS["quotes"]})


def test_it_leaves_the_script_s_files_to_the_letter_and_nothing_else(launch: Launch) -> None:
    wanted = script(PAIRS | UNEASY, "pkg/deep/new.py")
    ran = launch("openhands", wanted)
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(wanted)
    check_atif(ran.trajectory)
    assert "notes" not in ran.trajectory


def test_its_terminal_speaks_utf_8_and_finds_the_task_s_python(launch: Launch) -> None:
    ran = launch("openhands", SMALL)
    assert ran.ended.ok, ran.ended.stderr
    assert any("['héllo', '3'] seen" in text and "exit code 0" in text for text in ran.shown)
    assert ran.trajectory["agent"]["extra"]["tools"] == ["terminal", "file_editor", "task_tracker", "finish", "think"]


def test_every_answer_s_tokens_are_in_the_trajectory(launch: Launch) -> None:
    ran = launch("openhands", SMALL)
    answers = [step for step in ran.trajectory["steps"] if step["source"] == "agent"]
    assert len(answers) == ran.usage.calls
    assert ran.trajectory["final_metrics"]["total_prompt_tokens"] == ran.usage.input_tokens
    assert ran.trajectory["final_metrics"]["total_completion_tokens"] == ran.usage.output_tokens > 0


def test_without_execution_it_is_offered_no_terminal(launch: Launch) -> None:
    ran = launch("openhands", SMALL, execute="false")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(SMALL)
    assert ran.trajectory["agent"]["extra"]["tools"] == ["file_editor", "task_tracker", "finish", "think"]


def test_an_agent_that_declines_has_ended_by_itself(launch: Launch) -> None:
    ran = launch("openhands", SMALL, "scripted/refuse")
    assert ran.ended.exit_code == 0
    assert ran.files == files_before(SMALL)


def test_its_own_limit_of_iterations_is_no_crash(launch: Launch) -> None:
    ran = launch("openhands", SMALL, "scripted/loop", max_iterations="3")
    assert ran.ended.exit_code == 0
    assert ran.usage.calls == 3
    assert ran.trajectory["notes"] == "Stopped at the limit of 3 iterations."


def test_a_rejected_request_is_a_crash_that_says_why(launch: Launch) -> None:
    ran = launch("openhands", SMALL, "scripted/reject")
    assert ran.ended.exit_code == 1
    assert ran.ended.stderr.strip().splitlines()[-1].startswith("the conversation is too long for the model")
    assert ran.trajectory["notes"].startswith("Ended by an error: the conversation is too long")
    check_atif(ran.trajectory)


def test_a_refused_budget_ends_it(launch: Launch) -> None:
    ran = launch("openhands", SMALL, "scripted/loop", calls=4)
    assert ran.ended.exit_code == 1
    assert ran.usage.calls == 4
    assert "budget" in ran.trajectory["notes"]


def test_it_asks_newer_openai_models_for_responses(launch: Launch) -> None:
    ran = launch("openhands", SMALL, named="gpt-5.5")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(SMALL)
    check_atif(ran.trajectory)
    assert ran.trajectory["final_metrics"]["total_prompt_tokens"] == ran.usage.input_tokens
