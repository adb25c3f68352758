"""What docs/cheating.md says of the bundled tasks: their numbers cannot be passed by inventing some."""

from pathlib import Path

import pytest

from rexlab.grading.grade import relevant_experiments
from rexlab.settings import bundled
from rexlab.task.load import Task, load_task

BUNDLED = sorted(p.parent for p in bundled("tasks").glob("*/*/task.toml"))
NARROW = {"exact", "absolute", "relative", "sigma"}
"""Checks that a made-up number does not pass; one that only asks for more or less than a bound lets many through."""


def masks(task: Task) -> list[tuple[str, ...]]:
    return [(f.id,) for f in task.functions] or [()]


@pytest.mark.parametrize("folder", BUNDLED, ids=lambda p: p.name)
def test_whatever_is_masked_a_hidden_experiment_with_a_narrow_check_measures_it(folder: Path) -> None:
    task = load_task(folder)
    for functions in masks(task):
        hidden = [e for e in relevant_experiments(task, functions) if e.hidden]
        assert NARROW & {m.check.kind for e in hidden for m in e.metric}, functions
