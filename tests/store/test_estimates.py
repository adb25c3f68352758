"""Sums of finished trials say what the trials say one by one."""

import random

import pytest
from sqlalchemy import Engine

from rexlab.store.database import writing
from rexlab.store.estimates import Past, models_seen, past_trials
from rexlab.store.models import AgentRow, Outcome, RunRow, State, TrialRow, VariantRow

AGENTS = {"a1": ("react", "openai/one"), "a2": ("react", "openai/two"), "a3": ("noop", None)}


@pytest.fixture
def trials(engine: Engine) -> list[TrialRow]:
    """Trials in every state and with every outcome, some without times or costs."""
    chance = random.Random(7)
    rows = []
    for position in range(1, 301):
        began = chance.choice([None, 100.0])
        rows.append(
            TrialRow(
                id=f"r1-{position:05d}",
                run_id="r1",
                position=position,
                variant_id=chance.choice(["v1", "v2", "v3"]),
                agent_id=chance.choice(list(AGENTS)),
                attempt=1,
                seed=0,
                state=chance.choices(list(State), (1, 1, 8))[0],
                started_at=began,
                finished_at=100.0 + chance.random(),
                outcome=chance.choice(list(Outcome)),
                cost_usd=chance.choice([None, chance.random()]),
            )
        )
    with writing(engine) as session:
        session.add(RunRow(id="r1", created_at=1.0, name="n", spec={}, digest="d", platform_version="0"))
        for name, (harness, model) in AGENTS.items():
            session.add(AgentRow(id=name, harness=harness, harness_digest="d", model=model, params={}, reference=False))
        for name, task in {"v1": "s/one", "v2": "s/one", "v3": "s/two"}.items():
            session.add(
                VariantRow(
                    id=name,
                    task=task,
                    task_digest="d",
                    task_folder="f",
                    kind="masking",
                    functions=[],
                    masks=0,
                    shown={},
                )
            )
        session.flush()
        session.add_all(TrialRow(**row.model_dump()) for row in rows)
    return rows


def test_the_sums_are_those_of_the_trials(engine: Engine, trials: list[TrialRow]) -> None:
    tasks = {"v1": "s/one", "v2": "s/one", "v3": "s/two"}
    expected = []
    for agent, task in [("a1", "s/one"), ("a1", "s/two"), ("a2", "s/one"), ("a2", "s/two")]:
        mine = [
            t
            for t in trials
            if (t.agent_id, tasks[t.variant_id]) == (agent, task)
            and t.state is State.FINISHED
            and t.outcome not in (Outcome.CANCELLED, Outcome.INFRA_ERROR)
        ]
        took = [t.finished_at - t.started_at for t in mine if t.started_at and t.finished_at]
        cost = [t.cost_usd for t in mine if t.cost_usd is not None]
        harness, model = AGENTS[agent]
        expected.append(
            Past(
                *(agent, harness, model, False, task),
                *(len(took), pytest.approx(sum(took)), pytest.approx(sum(x * x for x in took))),
                *(len(cost), pytest.approx(sum(cost)), pytest.approx(sum(x * x for x in cost))),
            )
        )
    assert past_trials(engine, ["react"]) == expected
    assert {p.harness for p in past_trials(engine, ["react", "noop"])} == {"react", "noop"}
    assert past_trials(engine, []) == []


@pytest.mark.usefixtures("trials")
def test_models_are_listed_once(engine: Engine) -> None:
    assert models_seen(engine) == ["openai/one", "openai/two"]
