"""A store of synthetic trials, for benchmarks of whatever reads many of them.

They are drawn by chance and were never run: their numbers mean nothing, only their amount and form count. They look
like those of a run of 8 agents on 24 tasks of 20 papers: 60 variants a task with 1 to 5 masked functions, as many
attempts as it takes, some infrastructure errors with retries, some trials graded twice.
"""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rexlab.store.database import open_engine, writing
from rexlab.store.models import AgentRow, RunRow, VariantRow
from rexlab.store.records import spent_on

Row = tuple[object, ...]
RUN = "synthetic"
TASKS, PAPERS, MASKS, PER_TASK = 24, 20, 5, 60
AGENTS = ("mutant", "react gpt", "react claude", "react local", "aider gpt", "openhands claude", "best-of", "noop")
"""The first is a reference, the last asks no model, the one before it is a strategy."""
ACCURACY = (0.8, 0.75, 0.85, 0.5, 0.65, 0.8, 0.9, 0.0)
BATCH = 20_000
PACKAGES = {name: f"{i}.4.2" for i, name in enumerate(("numpy", "scipy", "torch", "pandas", "scikit-learn", "tqdm"))}
ENVIRONMENT = json.dumps({"python": "3.11", "packages": PACKAGES, "image": None, "hardware": {"cpu": "synthetic"}})
GRADED = ("passed", "wrong_result", "experiment_crashed", "missing_result", "experiment_timeout")
FLAGS = ("[]", '["false_claim"]', '["edited_elsewhere"]', '["dropped_files", "false_claim"]', '["hardcoded_numbers"]')
TRIAL = (
    "id run_id position variant_id agent_id attempt seed replaces_id state lease_epoch started_at solved_at "
    "finished_at outcome detail flags timings claims claims_problem mutations usage selection sandbox "
    "calls tokens cost_usd solve_s"
).split()
GRADE = (
    "trial_id created_at reason outcome detail credit flags functions visible_passed claim_passed claims_made "
    "claims_held dropped elsewhere notes seconds sandbox environment platform_version task_digest"
).split()


def make_store(path: Path, count: int) -> float:
    """Make a store of so many finished trials, and of some that a retry replaced, and return the seconds it took.

    One that is there already is left as it is, and takes none.
    """
    if path.is_file():
        return 0.0
    began = time.monotonic()
    engine = open_engine(f"sqlite:///{path}")
    variants = [row for task in range(TASKS) for row in task_variants(task)]
    agents = [agent_row(number) for number in range(len(AGENTS))]
    run = RunRow(id=RUN, created_at=0.0, name=RUN, spec={}, digest="0" * 64, platform_version="0")
    with writing(engine) as session:
        session.add_all([run, *variants, *agents])
    connection = engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("BEGIN")
    for trials, grades in batches(count, variants, agents):
        cursor.executemany(statement("trial", TRIAL), trials)
        cursor.executemany(statement("grade", GRADE), grades)
    connection.commit()
    connection.close()
    engine.dispose()
    return time.monotonic() - began


def statement(table: str, names: list[str]) -> str:
    """An insert of rows in the order of these columns."""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def task_variants(task: int) -> list[VariantRow]:
    """The variants of a task: as many for each number of masked functions."""
    return [
        VariantRow(
            id=f"{task:04x}{number:012x}",
            task=f"synthetic/task{task:02d}",
            task_digest=f"{task:064x}",
            task_folder="",
            kind="masking",
            functions=[f"model/layers.py:Net.step{(number + i) % 12}" for i in range(1 + number % MASKS)],
            masks=1 + number % MASKS,
            shown={"paper": True, "commands": True, "hints": "default"},
            paper=f"https://example.org/{task % PAPERS}",
            gpus=task % 2,
        )
        for number in range(PER_TASK)
    ]


def agent_row(number: int) -> AgentRow:
    """An agent."""
    words = AGENTS[number].split()
    model = f"provider/{words[1]}" if 0 < number < len(AGENTS) - 1 and len(words) > 1 else None
    return AgentRow(
        id=f"{number:016x}",
        harness=words[0],
        harness_digest=f"{number:064x}",
        model=model,
        params={},
        reference=number == 0,
        label=AGENTS[number],
        strategy={"kind": "best-of-n", "n": 3, "verifier": "visible"} if AGENTS[number] == "best-of" else None,
    )


def batches(count: int, variants: list[VariantRow], agents: list[AgentRow]) -> Iterator[tuple[list[Row], list[Row]]]:
    """Trials with their grades, attempt after attempt; at the end the retries of half of the infrastructure errors."""
    chance = random.Random(0)
    retried: list[int] = []
    trials: list[Row] = []
    grades: list[Row] = []
    for position in range(1, count + 1):
        outcome = add_trial(trials, grades, chance, position, position, variants, agents)
        if outcome == "infra_error" and chance.random() < 0.5:
            retried.append(position)
        if len(trials) == BATCH:
            yield trials, grades
            trials, grades = [], []
    for number, replaced in enumerate(retried, start=1):
        add_trial(trials, grades, chance, count + number, replaced, variants, agents)
    yield trials, grades


def add_trial(
    trials: list[Row],
    grades: list[Row],
    chance: random.Random,
    position: int,
    place: int,
    variants: list[VariantRow],
    agents: list[AgentRow],
) -> str:
    """Add the trial at ``position`` of what the run's matrix has at ``place``, and its grades; returns its outcome."""
    rest, number = divmod(place - 1, len(agents))
    attempt, which = divmod(rest, len(variants))
    variant = variants[which]
    right = ACCURACY[number] ** variant.masks * (0.7 + 0.15 * (int(variant.task[-2:]) % 3))
    outcome = draw_outcome(chance, right, asked=AGENTS[number] != "noop")
    identity = f"{RUN}-{position:05d}"
    started = 1.7e9 + position
    solving, grading = chance.lognormvariate(6, 1), chance.lognormvariate(2, 0.5)
    judged = outcome in GRADED
    values = [chance.random(), chance.random()]
    spent = usage(chance) if agents[number].model or agents[number].strategy else None
    trials.append(
        (
            identity,
            RUN,
            position,
            variant.id,
            agents[number].id,
            attempt + 1,
            chance.getrandbits(32),
            f"{RUN}-{place:05d}" if position != place else None,
            "finished",
            1,
            started,
            started + solving,
            started + solving + grading,
            outcome,
            f"{outcome} of a synthetic trial",
            "[]",
            f'{{"prepare": {0.1 * values[0]}, "solve": {solving}, "capture": {0.1 * values[1]}, "grade": {grading}}}',
            f'{{"main": {{"accuracy": [{values[0]}], "loss": [{values[1]}]}}}}' if judged else "null",
            "",
            mutations(chance, variant) if number == 0 else "null",
            json.dumps(spent),
            selection(chance, outcome == "passed") if agents[number].strategy else "null",
            "bubblewrap",
            *spent_on(spent),
            solving,
        )
    )
    if judged:
        for again in range(1 + (chance.random() < 0.03) + (chance.random() < 0.01)):
            grades.append(grade(chance, identity, started, variant, outcome if not again else "wrong_result", again))
    return outcome


def draw_outcome(chance: random.Random, right: float, *, asked: bool) -> str:
    """How a trial ends that is right with this probability."""
    draw = chance.random()
    if draw < 0.02:
        return "infra_error"
    if not asked:
        return "no_patch"
    if draw < 0.05:
        return "agent_timeout"
    if draw < 0.06:
        return "budget_exceeded"
    if chance.random() < right:
        return "passed"
    return chance.choices(GRADED[1:], (70, 15, 10, 5))[0]


def grade(chance: random.Random, trial: str, started: float, variant: VariantRow, outcome: str, again: int) -> Row:
    """One grade of a trial."""
    passed = outcome == "passed"
    verdicts = {name: passed or chance.random() < 0.6 for name in variant.functions}
    return (
        trial,
        started + 1e4 * again,
        "regrade" if again else "trial",
        outcome,
        f"{outcome}: of a synthetic grade",
        1.0 if passed else chance.randrange(10) / 10,
        chance.choices(FLAGS, (80, 10, 5, 4, 1))[0],
        json.dumps(verdicts),
        passed or chance.random() < 0.1,
        chance.random() < 0.6,
        4,
        4 if passed else chance.randrange(5),
        "[]",
        "[]",
        "[]",
        chance.lognormvariate(2, 0.5),
        "bubblewrap",
        ENVIRONMENT,
        "0",
        variant.task_digest,
    )


def mutations(chance: random.Random, variant: VariantRow) -> str:
    """What the mutant harness says it changed: each function with probability 0.3."""
    lines = {name: chance.randrange(12) for name in variant.functions if chance.random() < 0.3}
    return json.dumps(
        {name: f"constant, line {line}: {line} becomes {line + 1}" for name, line in lines.items()} or None
    )


def usage(chance: random.Random) -> dict[str, Any]:
    """What a trial asked of its model."""
    calls, tokens = chance.randint(5, 60), chance.randint(10_000, 500_000)
    return {
        "calls": calls,
        "failures": 0,
        "retries": 0,
        "input_tokens": tokens,
        "cached_tokens": tokens // 2,
        "output_tokens": tokens // 20,
        "cost_usd": tokens * 3e-6,
        "unmetered_calls": 0,
        "seconds": calls * chance.uniform(1, 5),
        "budget_exceeded": "",
        "outage": "",
    }


def selection(chance: random.Random, passed: bool) -> str:
    """What a strategy tried and chose: best of three by the visible experiments."""
    scores = [chance.randrange(10) / 10 for _ in range(2)] + [1.0 if passed else chance.randrange(11) / 10]
    attempts = [
        {
            "attempt": number,
            "score": score,
            "said": f"{10 * score:.0f} of 10 visible values are right",
            "agent_outcome": None,
            "detail": "",
            "patch_sha256": f"{chance.getrandbits(256):064x}",
        }
        for number, score in enumerate(scores, start=1)
    ]
    chosen = 1 + scores.index(max(scores))
    strategy = {"kind": "best-of-n", "n": 3, "verifier": "visible"}
    return json.dumps({**strategy, "attempts": attempts, "chosen": chosen, "stopped": ""})
