"""Grades older than the columns that reports read get what grading would have written, from their stored values."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, insert, text
from sqlmodel import create_engine

from rexlab.grading.claims import claim_passes
from rexlab.grading.records import Flag, GradeResult, MetricValue, with_claims
from rexlab.store.database import alembic_config, open_engine
from rexlab.store.models import MetricRow, Outcome
from rexlab.task.manifest import ExperimentSection

Kept = tuple[bool | None, bool | None, int, int]
"""visible_passed, claim_passed, claims_made, claims_held"""
CHECKS: dict[str, dict[str, Any]] = {
    "exact": {"kind": "exact", "target": 2},
    "absolute": {"kind": "absolute", "target": [1.0, 2.0], "tolerance": 0.25},
    "relative": {"kind": "relative", "target": 2.0, "tolerance": 0.125},
    "sigma": {"kind": "sigma", "mean": 2.0, "sd": 0.125, "k": 2.0},
    "interval": {"kind": "interval", "low": 1.5, "high": 2.5},
    "greater": {"kind": "greater", "bound": 1.5},
    "less": {"kind": "less", "bound": 2.5},
}
ONE_SIDED = ("greater", "less")
NEAR = (1.0, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)
"""Exact in binary: at an edge, the sum in SQL and the one in Python are the same."""


@pytest.fixture
def old(new_url: str) -> Iterator[Engine]:
    """A store as it was before the columns."""
    engine = create_engine(new_url)
    config = alembic_config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.execute(text("INSERT INTO run VALUES ('r', 0, '', '{}', '', '', false)"))
        connection.execute(
            text(
                "INSERT INTO variant (id, task, task_digest, task_folder, kind, functions, masks, shown) "
                "VALUES ('v', 's/t', '', '', 'masking', '[]', 1, '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO agent (id, harness, harness_digest, params, reference) "
                "VALUES ('a', 'react', '', '{}', false)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO trial (id, run_id, position, variant_id, agent_id, attempt, seed, state, lease_epoch, "
                "detail, flags, timings, claims_problem, sandbox) "
                "VALUES ('t', 'r', 1, 'v', 'a', 1, 0, 'finished', 1, '', '[]', '{}', '', '')"
            )
        )
    yield engine
    engine.dispose()


def experiment(name: str, checks: list[str], *, hidden: bool = False) -> ExperimentSection:
    return ExperimentSection.model_validate(
        {
            "name": name,
            "command": "true",
            "hidden": hidden,
            "metric": [
                {"name": f"m{i}", "source": {"file": "o.json", "pointer": "/x"}, "count": 2, "check": CHECKS[check]}
                for i, check in enumerate(checks)
            ],
        }
    )


def measured(experiments: list[ExperimentSection], chance: random.Random, right: float) -> list[MetricValue]:
    """Every value, some of them missing or off."""
    values = []
    for part in experiments:
        for metric in part.metric:
            for position, target in enumerate(metric.check.targets(metric.count)):
                common = (part.name, metric.name, position, part.hidden, target, metric.check.tolerance_at(target))
                draw = chance.random()
                if draw < 0.3 * (1 - right):
                    values.append(MetricValue(*common, problem="it crashed"))
                    continue
                got = 2.0 if draw < right and metric.check.passes(2.0, target) else chance.choice(NEAR)
                got = target if draw < right and not metric.check.passes(got, target) else got
                passed = metric.check.passes(got, target)
                values.append(MetricValue(*common, got, metric.check.margin(got, target), passed))
    return values


def claimed(experiments: list[ExperimentSection], chance: random.Random, right: float) -> dict[str, Any]:
    """What an agent claims: values near and far, too few of them, of metrics there are and are not."""
    claims: dict[str, Any] = {}
    for part in experiments:
        for metric in part.metric:
            targets = metric.check.targets(metric.count)
            stated = [t if chance.random() < right else chance.choice(NEAR) for t in targets]
            if chance.random() < right or chance.random() < 0.5:
                claims.setdefault(part.name, {})[metric.name] = stated[: 2 if chance.random() < right else 1]
    return {**claims, "none": {"m0": [2.0]}}


def store(connection: Connection, number: int, result: GradeResult) -> None:
    """Write a grade and its values as an older version did."""
    connection.execute(
        text(
            "INSERT INTO grade (id, trial_id, created_at, reason, outcome, detail, credit, flags, dropped, seconds, "
            "sandbox, environment, platform_version, task_digest) VALUES "
            "(:id, 't', 0, 'trial', :outcome, '', 0, '[]', '[]', 0, '', '{}', '', '')"
        ),
        {"id": number, "outcome": str(result.outcome)},
    )
    if result.values:
        connection.execute(insert(MetricRow), [{"grade_id": number, **vars(value)} for value in result.values])


def test_what_a_trial_cost_and_took_is_read_from_its_records(old: Engine) -> None:
    """Sums read plain columns; JSON's null, SQL's NULL and a missing key are all unknown."""
    usage = '{"calls": 3, "input_tokens": 40, "output_tokens": 2, "cost_usd": %s}'
    rows = {
        "known": (usage % "0.25", '{"solve": 1.5}'),
        "unpriced": (usage % "null", "{}"),
        "unasked": ("null", '{"solve": 2, "grade": 9}'),
        "older": (None, "{}"),
    }
    with old.begin() as connection:
        for position, (name, (used, took)) in enumerate(rows.items(), 2):
            connection.execute(
                text(
                    "INSERT INTO trial (id, run_id, position, variant_id, agent_id, attempt, seed, state, lease_epoch, "
                    "detail, flags, timings, claims_problem, sandbox, usage) "
                    "VALUES (:id, 'r', :position, 'v', 'a', 1, 0, 'finished', 1, '', '[]', :took, '', '', :used)"
                ),
                {"id": name, "position": position, "took": took, "used": used},
            )
    new = open_engine(old.url.render_as_string(hide_password=False))
    with new.connect() as connection:
        found = connection.execute(text("SELECT id, calls, tokens, cost_usd, solve_s FROM trial")).all()
    new.dispose()
    assert {row[0]: tuple(row[1:]) for row in found if row[0] in rows} == {
        "known": (3, 42, 0.25, 1.5),
        "unpriced": (3, 42, None, None),
        "unasked": (None, None, None, 2.0),
        "older": (None, None, None, None),
    }


def upgraded(old: Engine) -> dict[int, Kept]:
    """What the migration wrote, by grade."""
    new = open_engine(old.url.render_as_string(hide_password=False))
    query = "SELECT id, visible_passed, claim_passed, claims_made, claims_held FROM grade"
    with new.connect() as connection:
        found = {
            row.id: (
                None if row.visible_passed is None else bool(row.visible_passed),
                None if row.claim_passed is None else bool(row.claim_passed),
                row.claims_made,
                row.claims_held,
            )
            for row in connection.execute(text(query))
        }
    new.dispose()
    return found


def graded(
    experiments: list[ExperimentSection], values: list[MetricValue], claims: dict[str, Any], *, tampered: bool = False
) -> GradeResult:
    """As the grader concludes: it passes when every value does, and its masked functions alone do."""
    passes = bool(values) and all(v.passed for v in values)
    outcome = Outcome.PASSED if passes and not tampered else Outcome.WRONG_RESULT
    flags = [Flag.TAMPERED] if tampered else []
    return GradeResult(outcome, "", flags=flags, values=with_claims(values, claims))


def kept(experiments: list[ExperimentSection], result: GradeResult, claims: dict[str, Any]) -> Kept:
    """What grading writes beside a grade now."""
    return (
        result.visible_passed,
        claim_passes(experiments, claims),
        sum(v.claimed is not None for v in result.values),
        sum(v.claim is True for v in result.values),
    )


def test_older_grades_get_what_grading_writes(old: Engine) -> None:
    chance = random.Random(0)
    two_sided = [name for name in CHECKS if name not in ONE_SIDED and name != "exact"]
    wanted: dict[int, Kept] = {}
    with old.begin() as connection:
        for number in range(1, 301):
            right = chance.choice((0.5, 0.9, 1.0))
            experiments = [
                experiment(f"e{i}", chance.choices(two_sided, k=chance.randrange(1, 3)), hidden=chance.random() < 0.4)
                for i in range(chance.randrange(1, 4))
            ]
            claims = chance.choice([{}, claimed(experiments, chance, right)])
            values = measured(experiments, chance, right)
            result = graded(experiments, values, claims, tampered=chance.random() < 0.3)
            store(connection, number, result)
            wanted[number] = kept(experiments, result, claims)
    assert upgraded(old) == wanted
    for column in (0, 1):  # the draws above leave no case out
        assert {row[column] for row in wanted.values()} == {True, False, None}
    assert max(row[3] for row in wanted.values()) > 2


@pytest.mark.parametrize("check", [*ONE_SIDED, "exact"])
def test_a_claim_that_the_values_alone_cannot_judge_stays_unknown(old: Engine, check: str) -> None:
    experiments = [experiment("main", [check, "absolute"])]
    claims = {"main": {"m0": [2.0, 2.0], "m1": [1.0, 2.0]}}
    values = measured(experiments, random.Random(0), 1.0)
    result = graded(experiments, values, claims)
    assert kept(experiments, result, claims) == (True, True, 4, 4)
    with old.begin() as connection:
        store(connection, 1, result)
    assert upgraded(old) == {1: (True, None, 4, 4)}


def test_a_hidden_check_of_that_kind_leaves_the_claim_judged(old: Engine) -> None:
    experiments = [experiment("shown", ["absolute"]), experiment("kept", ["greater"], hidden=True)]
    claims = {"shown": {"m0": [1.0, 2.25]}}
    result = graded(experiments, measured(experiments, random.Random(0), 1.0), claims)
    with old.begin() as connection:
        store(connection, 1, result)
    assert upgraded(old) == {1: kept(experiments, result, claims)} == {1: (True, True, 2, 2)}


def test_a_tampered_grade_passes_no_verifier_and_an_accepted_one_does(old: Engine) -> None:
    experiments = [experiment("main", ["absolute"])]
    values = measured(experiments, random.Random(0), 1.0)
    tampered = graded(experiments, values, {}, tampered=True)
    accepted = GradeResult(Outcome.PASSED, "", flags=[Flag.TAMPERED, Flag.ACCEPTED], values=values)
    with old.begin() as connection:
        store(connection, 1, tampered)
        store(connection, 2, accepted)
    assert upgraded(old) == {1: (False, False, 0, 0), 2: (True, False, 0, 0)}
    assert (tampered.visible_passed, accepted.visible_passed) == (False, True)


def test_a_grade_without_values_says_nothing(old: Engine) -> None:
    with old.begin() as connection:
        store(connection, 1, GradeResult(Outcome.PATCH_REJECTED, ""))
    assert upgraded(old) == {1: (None, None, 0, 0)}


def test_rows_older_than_their_columns_have_none(old: Engine) -> None:
    new = open_engine(old.url.render_as_string(hide_password=False))
    with new.connect() as connection:
        assert connection.execute(text("SELECT paper, gpus FROM variant")).one() == (None, 0)
        assert connection.execute(text("SELECT file_recall FROM trial")).one() == (None,)
    new.dispose()
