"""A plan is a frozen matrix: what goes in decides its digests and seeds, and nothing else does."""

import shutil

import pytest
from tests.support.shell import TASKS

from rexlab.errors import InputError
from rexlab.execution.plan import AgentSpec, RunSpec, plan_run
from rexlab.harness.manifest import find_harness
from rexlab.settings import bundled
from rexlab.task.load import load_task

TASK = load_task(TASKS / "tiny" / "moments")


def agent(name, **params):
    harness = find_harness(name, [bundled("harnesses")])
    return AgentSpec(harness, None, harness.resolve_params(params))


def plan(**changes):
    spec = {
        "name": "test",
        "tasks": [TASK],
        "agents": [agent("noop"), agent("mutant")],
        "masks": [1, 2],
        "attempts": 2,
        "sample": None,
        "chains": None,
        "limit": None,
        "seed": 0,
        "sandbox": "process",
    }
    return plan_run(RunSpec(**{**spec, **changes}))


def test_the_matrix_is_complete_and_numbered_in_order():
    made = plan()
    assert len(made.variants) == 6
    assert len(made.trials) == 6 * 2 * 2
    cells = {(t.variant_id, t.agent_id, t.attempt) for t in made.trials}
    assert len(cells) == len(made.trials)
    assert [t.position for t in made.trials] == list(range(1, 25))
    assert [t.attempt for t in made.trials] == [1] * 12 + [2] * 12


def test_seeds_belong_to_the_cell_not_to_the_run():
    def seeds(made):
        return {(t.variant_id, t.agent_id, t.attempt): t.seed for t in made.trials}

    whole, part = seeds(plan()), seeds(plan(masks=[2], agents=[agent("mutant")]))
    assert part.items() <= whole.items()
    assert len(set(whole.values())) == len(whole)
    assert seeds(plan(seed=1)) != whole


def test_the_digest_changes_with_everything_that_goes_in():
    digests = [
        plan().run.digest,
        plan(masks=[1]).run.digest,
        plan(attempts=3).run.digest,
        plan(seed=1).run.digest,
        plan(agents=[agent("noop")]).run.digest,
        plan(agents=[agent("noop"), agent("mutant", p="0.5")]).run.digest,
    ]
    assert len(set(digests)) == len(digests)
    assert plan().run.digest == digests[0]


def test_a_changed_task_is_another_variant(tmp_path):
    copy = tmp_path / "tiny" / "moments"
    shutil.copytree(TASK.folder, copy)
    (copy / "paper.md").write_text("Another paper.\n")
    other = plan(tasks=[load_task(copy)])
    assert not {v.id for v in other.variants} & {v.id for v in plan().variants}


def test_a_changed_program_of_the_users_is_another_agent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "agent.py"
    ids = []
    for text in ("print(1)", "print(2)"):
        program.write_text(text)
        ids.append(plan(agents=[agent("command", program="python ./agent.py")]).agents[0].id)
    assert ids[0] != ids[1]


def test_a_limit_counts_variants_per_task():
    assert len(plan(limit=4).variants) == 4


def test_nothing_to_run_is_told_with_what_there_is():
    with pytest.raises(InputError, match=r"no variant has 7 masked functions; the tasks have: moments 3"):
        plan(masks=[7])
