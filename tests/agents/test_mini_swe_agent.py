"""mini-swe-agent for real: its program and its bash in bubblewrap, behind the gateway."""

import pytest
from tests.agents.launched import Launch, expected_files, files_before
from tests.agents.sandboxed import outcomes, prepare
from tests.gateway.scripted.nasty import PAIRS, script
from tests.support.atif import Trajectory, stored_trajectories
from tests.support.shell import Shell

pytestmark = [pytest.mark.agents, pytest.mark.bubblewrap]
SMALL = script({"quotes": PAIRS["quotes"]})
TASK = ("moments", "--harness", "mini-swe-agent", "--masks", "2", "--limit", "1")


def test_a_model_that_declines_or_answers_nonsense_leaves_no_patch_and_a_trajectory(shell: Shell) -> None:
    prepare(shell, "mini-swe-agent")
    assert outcomes(shell, *TASK, "--model", "scripted/refuse,scripted/malformed") == ["no_patch", "no_patch"]
    assert [t.agent.name for t in stored_trajectories(shell.home)] == ["mini-swe-agent"] * 2


def test_an_endless_loop_ends_with_the_budget(shell: Shell) -> None:
    prepare(shell, "mini-swe-agent")
    assert outcomes(shell, *TASK, "--model", "scripted/loop", "--budget", "calls=4") == ["budget_exceeded"]


def test_it_leaves_the_script_s_files_to_the_letter_and_nothing_else(launch: Launch) -> None:
    wanted = script(PAIRS, "pkg/deep/new.py")
    ran = launch("mini-swe-agent", wanted)
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(wanted)
    trajectory = Trajectory.model_validate(ran.trajectory)
    assert trajectory.notes == "mini-swe-agent ended: Submitted"
    answers = [step for step in trajectory.steps if step.source == "agent"]
    assert len(answers) == ran.usage.calls
    assert trajectory.final_metrics.total_prompt_tokens == ran.usage.input_tokens
    assert trajectory.final_metrics.total_completion_tokens == ran.usage.output_tokens > 0


def test_its_bash_speaks_utf_8_and_its_output_is_kept(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL)
    assert any(r"h\u00e9llo" in text and "seen" in text for text in ran.shown), ran.shown  # as JSON


def test_its_own_limit_of_steps_is_no_crash(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL, "scripted/loop", step_limit="3")
    assert ran.ended.exit_code == 0
    assert ran.usage.calls == 3
    assert "limit of steps" in ran.ended.stderr
    assert Trajectory.model_validate(ran.trajectory).notes == "mini-swe-agent ended: LimitsExceeded"


def test_an_agent_that_declines_has_ended_by_itself(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL, "scripted/refuse")
    assert ran.ended.exit_code == 0
    assert ran.files == files_before(SMALL)


def test_answers_it_cannot_read_are_kept_beside_its_complaints(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL, "scripted/malformed")
    trajectory = Trajectory.model_validate(ran.trajectory)
    assert ran.ended.exit_code == 0
    assert len([step for step in trajectory.steps if step.source == "agent"]) == ran.usage.calls
    assert any("Tool call error" in step.message for step in trajectory.steps if step.source == "user")


def test_a_rejected_request_is_a_crash_that_says_why(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL, "scripted/reject")
    assert ran.ended.exit_code == 1
    last = ran.ended.stderr.strip().splitlines()[-1]
    assert last.startswith("mini-swe-agent could not go on: ContextWindowExceededError")
    assert Trajectory.model_validate(ran.trajectory).notes is not None


def test_a_connection_that_breaks_is_no_end(launch: Launch) -> None:
    ran = launch("mini-swe-agent", SMALL, "scripted/cut")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(SMALL)
