"""aider for real: its program in bubblewrap, behind the gateway; both edit formats, both ways to pick files."""

import pytest
from tests.agents.launched import Launch, expected_files, files_before
from tests.agents.sandboxed import outcomes, prepare
from tests.gateway.scripted.nasty import PAIRS, script
from tests.support.atif import Trajectory, stored_trajectories
from tests.support.shell import Shell

pytestmark = [pytest.mark.agents, pytest.mark.bubblewrap]
SMALL = script({"quotes": PAIRS["quotes"]})
TASK = ("moments", "--harness", "aider", "--masks", "2", "--limit", "1")


def test_a_model_that_declines_or_answers_nonsense_leaves_no_patch_and_a_trajectory(shell: Shell) -> None:
    prepare(shell, "aider")
    assert outcomes(shell, *TASK, "--model", "scripted/refuse,scripted/malformed") == ["no_patch", "no_patch"]
    assert [t.agent.name for t in stored_trajectories(shell.home)] == ["aider"] * 2


@pytest.mark.parametrize(
    ("edit_format", "files", "stream"), [("whole", "given", "true"), ("whole", "own", "false"), ("diff", "own", "true")]
)
def test_each_format_and_way_to_pick_files_gets_there(shell: Shell, edit_format: str, files: str, stream: str) -> None:
    prepare(shell, "aider")
    params: list[str] = []
    for setting in (f"edit_format={edit_format}", f"files={files}", f"stream={stream}"):
        params += ["--param", f"aider.{setting}"]
    assert outcomes(shell, *TASK, "--model", "scripted", *params) == ["passed"]
    (trajectory,) = stored_trajectories(shell.home)
    assert trajectory.agent.extra == {"edit_format": edit_format, "files": files, "stream": stream == "true"}


@pytest.mark.parametrize("edit_format", ["diff", "whole"])
def test_files_that_it_was_not_given_are_asked_for_and_edited_to_the_letter(launch: Launch, edit_format: str) -> None:
    wanted = script(PAIRS, "pkg/deep/new.py")
    ran = launch("aider", wanted, files="own", edit_format=edit_format)
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(wanted)
    trajectory = Trajectory.model_validate(ran.trajectory)
    answers = [step for step in trajectory.steps if step.source == "agent"]
    assert "please add them to the chat" in answers[0].message
    assert any("edited pkg/deep/new.py" in text for text in ran.shown)


def test_the_trajectory_holds_the_prompt_the_files_and_every_answer(launch: Launch) -> None:
    ran = launch("aider", SMALL)
    trajectory = Trajectory.model_validate(ran.trajectory)
    said = [step.message for step in trajectory.steps if step.source == "user"]
    assert any("Write what is missing." in text for text in said)
    assert trajectory.steps[0].source == "system"
    answers = [step for step in trajectory.steps if step.source == "agent"]
    assert len(answers) == ran.usage.calls
    assert all(step.metrics and step.metrics.completion_tokens > 0 for step in answers)


def test_an_agent_that_declines_has_ended_by_itself(launch: Launch) -> None:
    ran = launch("aider", SMALL, "scripted/refuse")
    assert ran.ended.exit_code == 0
    assert ran.files == files_before(SMALL)


@pytest.mark.parametrize("stream", ["true", "false"])
def test_a_rejected_request_is_a_crash_that_says_why(launch: Launch, stream: str) -> None:
    ran = launch("aider", SMALL, "scripted/reject", stream=stream)
    assert ran.ended.exit_code == 1
    last = ran.ended.stderr.strip().splitlines()[-1]
    assert last.startswith("aider got no answer to its last request: ContextWindowExceededError")
    assert ran.files == files_before(SMALL)


def test_edits_that_never_apply_are_answered_with_complaints_and_then_it_ends(launch: Launch) -> None:
    ran = launch("aider", SMALL, "scripted/malformed")
    assert ran.ended.exit_code == 0
    assert ran.files == files_before(SMALL)
    assert any("SEARCH" in text for text in ran.shown), ran.shown


def test_a_connection_that_breaks_is_no_end(launch: Launch) -> None:
    ran = launch("aider", SMALL, "scripted/cut")
    assert ran.ended.ok, ran.ended.stderr
    assert ran.files == expected_files(SMALL)


def test_a_budget_that_is_used_up_ends_it(launch: Launch) -> None:
    ran = launch("aider", SMALL, "scripted/malformed", calls=1)
    assert ran.ended.exit_code == 1
    assert ran.usage.budget_exceeded
    assert "budget" in ran.ended.stderr


def test_nothing_is_looked_up_outside(launch: Launch) -> None:
    """Without a network every look-up fails at once, and leaves a complaint."""
    ran = launch("aider", SMALL)
    said = (ran.ended.stdout + ran.ended.stderr).lower()
    for complaint in ("name resolution", "max retries", "failed to resolve", "connection error", "unreachable"):
        assert complaint not in said
