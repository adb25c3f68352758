"""Logs and trajectories of a trial are named in words, and their absence has a reason."""

import pytest

from rexlab.dashboard.trajectory_files import (
    kept_logs,
    kept_trajectories,
    size_in_words,
    why_no_log,
    why_no_trajectory,
)
from rexlab.store.models import AgentRow, ArtifactRow, State, TrialRow, VariantRow
from rexlab.store.queries import TrialRecord


def row(kind: str, name: str) -> ArtifactRow:
    return ArtifactRow(trial_id="r1-1", kind=kind, path=f"r1/r1-1/1-{name}", size=1, sha256="")


def record(state: State, *, model: str | None = None, solved_at: float | None = None) -> TrialRecord:
    trial = TrialRow(
        id="r1-1",
        run_id="r1",
        position=1,
        variant_id="v",
        agent_id="a",
        attempt=1,
        seed=1,
        state=state,
        solved_at=solved_at,
    )
    variant = VariantRow(
        id="v", task="s/t", task_digest="", task_folder="", kind="masking", functions=[], masks=0, shown={}
    )
    agent = AgentRow(id="a", harness="react", harness_digest="", model=model, params={}, reference=False)
    return TrialRecord(trial, variant, agent, None)


def test_files_have_names_that_differ() -> None:
    rows = [
        row("prompt", "prompt.md"),
        row("attempt_agent_stdout", "attempt-1-agent-stdout.txt"),
        row("experiment_log", "experiments.log"),
        row("agent_stdout", "agent-stdout.txt"),
        row("experiment_log", "experiments-9.log"),
        row("attempt_agent_stdout", "attempt-12-agent-stdout.txt"),
        row("attempt_agent_stderr", "odd"),
    ]
    assert [kept.name for kept in kept_logs(rows)] == [
        "Agent's output",
        "Experiments, 1 of 2",
        "Experiments, 2 of 2",
        "Agent's output of attempt 1",
        "Agent's output of attempt 12",
        "Agent's errors of an attempt",
    ]
    assert kept_trajectories(rows) == []


def test_the_chosen_attempt_comes_first() -> None:
    rows = [row("attempt_trajectory", "attempt-2-trajectory.json"), row("trajectory", "trajectory.json")]
    assert [kept.name for kept in kept_trajectories(rows)] == ["Trajectory", "Trajectory of attempt 2"]


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (record(State.QUEUED, model="m"), "The trajectory comes when the agent has ended."),
        (record(State.RUNNING, model="m"), "The trajectory comes when the agent has ended."),
        (record(State.FINISHED), "The harness react asks no model here, and wrote no trajectory."),
        (record(State.RUNNING, solved_at=1.0), "The harness react asks no model here, and wrote no trajectory."),
        (record(State.FINISHED, model="m"), "The agent left no trajectory:"),
    ],
)
def test_why_there_is_no_trajectory(of: TrialRecord, why: str) -> None:
    assert why_no_trajectory(of).startswith(why)


def test_why_there_is_no_log() -> None:
    assert why_no_log(record(State.RUNNING)).startswith("Logs come when the agent has ended")
    assert why_no_log(record(State.FINISHED)).startswith("Nothing was printed")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (3_449, "3.4 kB"), (50_100_000, "50.1 MB")],
)
def test_sizes_in_words(count: int, words: str) -> None:
    assert size_in_words(count) == words
