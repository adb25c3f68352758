"""Trials as columns say what the trials say one by one."""

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError

from rexlab.errors import StoreError
from rexlab.store.columns import OUTCOMES, TrialColumns, _query, read_trials
from rexlab.store.database import writing
from rexlab.store.models import AgentRow, GradeRow, Outcome, RunRow, State, TrialRow, VariantRow
from rexlab.store.queries import TrialRecord, list_trials, summarize
from rexlab.store.records import spent_on

Fill = Callable[..., None]
NULLABLE = {
    "trial": ("started_at", "mutations", "usage", "selection", "file_recall", "tokens", "cost_usd", "solve_s"),
    "grade": ("functions", "visible_passed", "claim_passed"),
}
NAN = float("nan")
ATTEMPT = {"said": "words", "detail": "", "patch_sha256": "0f" * 32}


def maybe(chance: random.Random, value: Any) -> Any:
    return value if chance.random() < 0.7 else None


def some_usage(chance: random.Random) -> dict[str, Any]:
    return {
        "calls": chance.randrange(9),
        "input_tokens": chance.randrange(2**33),
        "output_tokens": chance.randrange(500),
        "cost_usd": maybe(chance, chance.random()),
        "outage": 'a "quoted" {sentence}',
    }


def some_selection(chance: random.Random) -> dict[str, Any]:
    attempts = [
        {"attempt": n, "score": chance.randrange(3) / 2, "agent_outcome": maybe(chance, "agent_timeout"), **ATTEMPT}
        for n in range(1, chance.randrange(2, 4))
    ]
    return {"kind": "iterate", "n": 3, "verifier": "claim", "attempts": attempts, "chosen": 1, "stopped": "why"}


def some_trial(chance: random.Random, run: str, position: int, replaces: str | None) -> TrialRow:
    state = chance.choices(list(State), (1, 1, 8))[0]
    finished = state is State.FINISHED
    ended = 1e9 + chance.random()
    usage = maybe(chance, some_usage(chance))
    calls, tokens, cost = spent_on(usage)
    return TrialRow(
        id=f"{run}-{position:05d}",
        run_id=run,
        position=position,
        variant_id=f"v{chance.randrange(4)}",
        agent_id=f"a{chance.randrange(3)}",
        attempt=chance.randrange(1, 4),
        seed=0,
        replaces_id=replaces,
        state=state,
        started_at=ended - chance.random(),
        finished_at=ended if finished else None,
        outcome=chance.choice(list(Outcome)) if finished else None,
        flags=chance.choice([[], ["tampered"], ["false_claim", "dropped_files"]]),
        calls=calls,
        tokens=tokens,
        cost_usd=cost,
        solve_s=maybe(chance, chance.random()),
        mutations=maybe(chance, {"a.py:f": chance.choice(["line 1", "line 2 \N{MULTIPLICATION SIGN}"])}),
        usage=usage,
        selection=maybe(chance, some_selection(chance)),
        file_recall=maybe(chance, chance.random()),
    )


def some_grade(chance: random.Random, trial: str) -> GradeRow:
    return GradeRow(
        trial_id=trial,
        created_at=0.0,
        reason="trial",
        outcome=chance.choice([o for o in Outcome if o is not Outcome.CANCELLED]),
        credit=chance.random(),
        flags=chance.choice([[], ["bad_claims"]]),
        functions=maybe(chance, {"a.py:f": chance.random() < 0.5, "b.py:G.g": True}),
        visible_passed=maybe(chance, chance.random() < 0.5),
        claim_passed=maybe(chance, chance.random() < 0.5),
        claims_made=chance.randrange(3),
        claims_held=chance.randrange(3),
        seconds=0.0,
        sandbox="",
        platform_version="",
        task_digest="",
    )


@pytest.fixture
def fill(engine: Engine) -> Fill:
    """Writes runs of random trials: of every state, with no grade or several, replaced once or twice, with holes."""

    def write(seed: int, runs: int = 3, trials: int = 40) -> None:
        chance = random.Random(seed)
        with writing(engine) as session:
            for n in range(4):
                session.add(
                    VariantRow(id=f"v{n}", task=f"s/t{n % 2}", task_digest="", task_folder="", kind="masking",
                               functions=[], masks=n, shown={})
                )  # fmt: skip
            for n in range(3):
                session.add(AgentRow(id=f"a{n}", harness="react", harness_digest="", params={}, reference=n == 0))
            rows: list[TrialRow] = []
            for run in (f"r{n}" for n in range(runs)):
                session.add(
                    RunRow(id=run, created_at=-chance.random(), name="", spec={}, digest="", platform_version="")
                )
                own: list[TrialRow] = []
                open_to_retry: list[str] = []
                for position in chance.sample(range(1, trials + 1), trials):
                    replaces = open_to_retry.pop() if open_to_retry and chance.random() < 0.3 else None
                    own.append(some_trial(chance, run, position, replaces))
                    if own[-1].state is State.FINISHED:
                        open_to_retry.append(own[-1].id)
                rows += own
            session.flush()
            for row in rows:
                session.add(row)
                session.flush()
            for _ in range(3):
                for row in chance.sample(rows, len(rows) // 2):
                    if row.state is State.FINISHED:
                        session.add(some_grade(chance, row.id))
                        session.flush()
        with engine.begin() as connection:  # a None that is written through the models is JSON's null, not SQL's
            for table, columns in NULLABLE.items():
                ids = [row[0] for row in connection.execute(text(f"SELECT id FROM {table}"))]
                for column in columns:
                    some = [{"id": one} for one in ids if chance.random() < 0.25]
                    connection.execute(text(f"UPDATE {table} SET {column} = NULL WHERE id = :id"), some)

    return write


def number(value: float | None, otherwise: float = NAN) -> float:
    return otherwise if value is None else float(value)


def of_record(record: TrialRecord) -> dict[str, Any]:
    """What the columns must say of a trial."""
    trial, grade = record.trial, record.grade
    selection = trial.selection and {
        **trial.selection,
        "attempts": [
            {name: tried[name] for name in ("attempt", "score", "agent_outcome")}
            for tried in trial.selection["attempts"]
        ],
    }
    assert trial.finished_at is not None
    return {
        "run": trial.run_id,
        "agent": record.agent.id,
        "variant": record.variant.id,
        "attempt": trial.attempt,
        "outcome": record.outcome,
        "grade": grade.id if grade else -1,
        "credit": number(grade.credit if grade else None),
        "flags": grade.flags if grade else trial.flags,
        "functions": grade.functions if grade else None,
        "mutated": trial.mutations,
        "selection": selection,
        "visible": number(grade.visible_passed if grade else None, -1),
        "claim": number(grade.claim_passed if grade else None, -1),
        "claims_made": grade.claims_made if grade else 0,
        "claims_held": grade.claims_held if grade else 0,
        "file_recall": number(trial.file_recall),
        "asked": trial.calls is not None,
        "calls": trial.calls or 0,
        "tokens": trial.tokens or 0,
        "cost": number(trial.cost_usd) if trial.calls is not None else 0.0,
        "solving": number(trial.solve_s),
        "wall": trial.finished_at - trial.started_at if trial.started_at is not None else NAN,
        "ended": trial.finished_at,
    }


def of_columns(trials: TrialColumns, i: int) -> dict[str, Any]:
    """What the columns say of a trial."""
    named = {"run": trials.runs, "agent": trials.agents, "variant": trials.variants}
    coded = ("flags", "functions", "mutated", "selection")
    plain = (
        "attempt grade credit visible claim claims_made claims_held file_recall asked calls tokens cost solving "
        "wall ended"
    ).split()
    return {
        **{name: rows[getattr(trials, name)[i]].id for name, rows in named.items()},
        **{name: getattr(trials, name).values[getattr(trials, name).codes[i]] for name in coded},
        **{name: getattr(trials, name)[i].item() for name in plain},
        "outcome": OUTCOMES[trials.outcome[i]],
    }


def assert_same(trials: TrialColumns, records: list[TrialRecord]) -> int:
    """Every finished trial that nobody cancelled, in order; returns how many those are."""
    counted = [r for r in records if r.trial.state is State.FINISHED and r.outcome is not Outcome.CANCELLED]
    assert (len(trials), trials.planned) == (len(counted), len(records))
    for i, record in enumerate(counted):
        found, wanted = of_columns(trials, i), of_record(record)
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            assert found[name] == value or (value != value and found[name] != found[name]), (name, record.trial.id)
    return len(counted)


@pytest.mark.parametrize("seed", range(6))
def test_columns_hold_what_the_records_hold(engine: Engine, fill: Fill, seed: int) -> None:
    fill(seed)
    assert assert_same(read_trials(engine, ["r2", "r0"]), list_trials(engine, ["r0", "r2"])) > 20
    assert_same(read_trials(engine, ["r1"]), list_trials(engine, ["r1"]))
    everything = read_trials(engine)
    assert_same(everything, list_trials(engine, ["r0", "r1", "r2"]))
    assert [r.created_at for r in everything.runs] == sorted(r.created_at for r in everything.runs)
    assert everything.passed.sum() == sum(summarize(engine, r).outcomes[Outcome.PASSED] for r in everything.runs)
    assert everything.infra.sum() == sum(summarize(engine, r).outcomes[Outcome.INFRA_ERROR] for r in everything.runs)


def test_many_batches_hold_what_one_holds(engine: Engine, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(7, runs=2, trials=300)
    records = list_trials(engine, ["r0", "r1"])
    assert assert_same(read_trials(engine), records) > 256
    monkeypatch.setattr("rexlab.store.columns._BATCH", 7)
    monkeypatch.setattr("rexlab.store.columns._IDS", 2)  # agents and variants are asked for in parts too
    assert_same(read_trials(engine), records)


def test_columns_have_the_types_that_they_promise_also_when_empty(engine: Engine, fill: Fill) -> None:
    fill(1, runs=1)
    full, empty = read_trials(engine), read_trials(engine, [])
    assert (len(empty), empty.planned) == (0, 0)
    assert (empty.runs, empty.agents, empty.variants) == ([], [], [])
    for name, column in vars(full).items():
        if isinstance(column, np.ndarray):
            assert (getattr(empty, name).dtype, column.shape) == (column.dtype, (len(full),)), name
    assert {full.run.dtype, full.outcome.dtype, full.visible.dtype, full.flags.codes.dtype} == {np.dtype(np.int64)}
    assert {full.credit.dtype, full.cost.dtype, full.calls.dtype} == {np.dtype(np.float64)}


def test_a_run_that_has_not_begun_is_there_with_what_it_plans(engine: Engine, plan: Callable[..., list[str]]) -> None:
    plan(3, "r1")
    trials = read_trials(engine, ["r1"])
    assert ([r.id for r in trials.runs], len(trials), trials.planned) == (["r1"], 0, 3)
    assert (trials.agents, trials.variants) == ([], [])


def test_agents_and_variants_are_those_of_the_trials(engine: Engine, fill: Fill) -> None:
    fill(2)
    with engine.begin() as connection:
        connection.execute(text("UPDATE trial SET variant_id = 'v1', agent_id = 'a2' WHERE run_id = 'r1'"))
    trials = read_trials(engine, ["r1"])
    assert ([a.id for a in trials.agents], [v.id for v in trials.variants]) == (["a2"], ["v1"])
    assert [a.id for a in read_trials(engine).agents] == ["a0", "a1", "a2"]


def test_selections_that_differ_in_words_alone_are_one_value(engine: Engine, fill: Fill) -> None:
    fill(3, runs=1)
    tried = {"attempt": 1, "score": 0.5, "agent_outcome": None}
    with engine.begin() as connection:
        for (trial,) in connection.execute(text("SELECT id FROM trial")).all():
            made = {"kind": "best-of-n", "n": 2, "attempts": [{**tried, "patch_sha256": trial, "said": trial}]}
            connection.execute(
                text("UPDATE trial SET selection = :s WHERE id = :t"), {"s": json.dumps(made), "t": trial}
            )
    assert read_trials(engine).selection.values == [{"kind": "best-of-n", "n": 2, "attempts": [tried]}]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE trial SET outcome = 'exploded', state = 'finished' WHERE id = 'r0-00001'",
            "the store has trials that ended as 'exploded'; this rexlab does not know it: upgrade",
        ),
        (
            "UPDATE trial SET outcome = NULL, state = 'finished' WHERE id = 'r0-00001'",
            "the store has trials that ended as 'nothing'; this rexlab does not know it: upgrade",
        ),
        ("UPDATE trial SET flags = '[' WHERE id = 'r0-00001'", r"the column flags of a stored trial is not JSON: .*"),
        (
            "UPDATE trial SET mutations = '[1]' WHERE id = 'r0-00001'",
            r"the column mutated of a stored trial is \[1\]; this rexlab cannot read it: upgrade",
        ),
        (
            "UPDATE trial SET selection = 'x' WHERE id = 'r0-00001'",
            r"the column selection of a stored trial is not JSON: .*",
        ),
    ],
)
def test_what_this_version_does_not_know_is_told(engine: Engine, fill: Fill, change: str, sentence: str) -> None:
    fill(4, runs=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE trial SET replaces_id = NULL, state = 'finished', outcome = 'passed'"))
        connection.execute(text("DELETE FROM grade"))
    if "not JSON" in sentence and engine.dialect.name == "postgresql":
        with pytest.raises(DataError, match="invalid input syntax for type json"), engine.begin() as connection:
            connection.execute(text(change))
        return
    with engine.begin() as connection:
        connection.execute(text(change))
    with pytest.raises(StoreError, match=rf"^{sentence}$"):
        read_trials(engine)


def test_a_run_is_read_without_a_look_at_the_trials_of_others(engine: Engine) -> None:
    query = str(_query(["r0"]).compile(engine, compile_kwargs={"literal_binds": True}))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":  # with so few rows it would read them all if it were let
            connection.exec_driver_sql("SET enable_seqscan = off")
            steps = [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {query}")]
            assert [step for step in steps if "ix_trial_run_state" in step or "uq_trial_run_id" in step]
            assert not [step for step in steps if "Seq Scan" in step]
            return
        steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert [step for step in steps if step.startswith("SEARCH")]
    assert not [step for step in steps if step.startswith(("SCAN", "MATERIALIZE", "USE TEMP B-TREE"))]
