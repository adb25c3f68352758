"""Claude Code for real: its program in bubblewrap, its edits to the letter, its limits, its failures."""

import pytest
from tests.agents.launched import Launch, check_atif, expected_files, files_before
from tests.gateway.scripted.nasty import PAIRS, UNEASY, script

pytestmark = [pytest.mark.agents, pytest.mark.bubblewrap]
SMALL = script({"quotes": PAIRS["quotes"]})


def test_it_leaves_the_script_s_files_to_the_letter_and_nothing_else(launch: Launch) -> None:
    wanted = script(PAIRS | UNEASY, "pkg/deep/new.py")
    ran = launch("claude-code", wanted)
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(wanted)
    check_atif(ran.trajectory)
    assert "notes" not in ran.trajectory


def test_its_shell_speaks_utf_8_and_it_has_no_tools_for_another_place_or_day(launch: Launch) -> None:
    ran = launch("claude-code", SMALL)
    assert ran.ended.ok, ran.ended.stderr
    assert "['héllo', '3'] seen" in ran.shown
    tools = set(ran.trajectory["agent"]["extra"]["tools"])
    assert {"Bash", "Edit", "Read", "Write"} <= tools
    assert not {"WebFetch", "WebSearch", "EnterWorktree", "ScheduleWakeup", "CronCreate", "Workflow"} & tools


def test_every_answer_s_tokens_are_in_the_trajectory(launch: Launch) -> None:
    ran = launch("claude-code", SMALL)
    answers = [step for step in ran.trajectory["steps"] if step["source"] == "agent"]
    assert len(answers) == ran.usage.calls
    assert ran.trajectory["final_metrics"]["total_prompt_tokens"] == ran.usage.input_tokens
    assert ran.trajectory["final_metrics"]["total_completion_tokens"] == ran.usage.output_tokens > 0


def test_an_agent_that_declines_has_ended_by_itself(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/refuse")
    assert ran.ended.exit_code == 0
    assert ran.files == files_before(SMALL)


def test_its_own_limit_of_turns_is_no_crash(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/loop", max_turns="3")
    assert ran.ended.exit_code == 0
    assert ran.usage.calls == 3
    assert ran.trajectory["notes"] == "Stopped at the limit of 3 turns."


def test_a_rejected_request_is_a_crash_that_says_why(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/reject")
    assert ran.ended.exit_code == 1
    assert ran.ended.stderr.strip().splitlines()[-1].startswith("Prompt is too long")
    assert ran.trajectory["notes"].startswith("Ended by an error: Prompt is too long")
    check_atif(ran.trajectory)


def test_a_refused_budget_ends_it(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/loop", calls=4)
    assert ran.ended.exit_code == 1
    assert ran.usage.calls == 4
    assert "budget" in ran.trajectory["notes"]


def test_a_connection_that_breaks_is_tried_again(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/cut")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.usage.failures > 0
    assert ran.files == expected_files(SMALL)


def test_a_conversation_that_it_shortens_goes_on_and_is_told_in_order(launch: Launch) -> None:
    ran = launch("claude-code", SMALL, "scripted/huge")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(SMALL)
    check_atif(ran.trajectory)
    sources = [step["source"] for step in ran.trajectory["steps"]]
    assert sources[:4] == ["user", "agent", "user", "agent"]
    assert "This session is being continued" in ran.trajectory["steps"][2]["message"]
